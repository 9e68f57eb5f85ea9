/**
 * A baseline: pipes bytes with node:http in both directions, and parses nothing.
 * Run as: node pipe-http.cjs PORT UPSTREAM.
 */
'use strict';
const http = require('node:http');

const upstream = new URL(process.argv[3]);
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });

function forward(request, response) {
  const { host, connection, ...headers } = request.headers;
  const outgoing = http.request(
    { host: upstream.hostname, port: upstream.port, path: request.url, method: request.method, headers, agent },
    (incoming) => {
      const { connection: hop, 'transfer-encoding': framing, ...kept } = incoming.headers;
      response.writeHead(incoming.statusCode, kept);
      incoming.pipe(response);
      incoming.on('error', () => response.destroy());
    },
  );
  outgoing.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  response.on('close', () => {
    if (!response.writableFinished) outgoing.destroy();
  });
  request.pipe(outgoing);
}

http
  .createServer((request, response) => {
    if (request.url === '/health') response.writeHead(200).end('ok\n');
    else forward(request, response);
  })
  .listen(Number(process.argv[2]), '127.0.0.1');
