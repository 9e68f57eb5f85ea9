/** The baseline of start-up: a bare node:http server in CommonJS. Run as: node listener.cjs PORT. */
'use strict';
const http = require('node:http');

http
  .createServer((request, response) => {
    response.writeHead(request.url === '/health' ? 200 : 404, { 'content-type': 'text/plain' });
    response.end('ok\n');
  })
  .listen(Number(process.argv[2]), '127.0.0.1');
