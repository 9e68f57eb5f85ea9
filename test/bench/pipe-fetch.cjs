/**
 * A baseline: pipes bytes from native fetch to node:http, with one write per read, and parses nothing.
 * Run as: node pipe-fetch.cjs PORT UPSTREAM.
 */
'use strict';
const http = require('node:http');

const origin = new URL(process.argv[3]).origin;
const HOP_BY_HOP = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'expect'];

/** Removes the hop-by-hop headers. */
function endToEnd(entries) {
  return Object.fromEntries([...entries].filter(([name]) => !HOP_BY_HOP.includes(name)));
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function forward(request, response) {
  const abort = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) abort.abort();
  });
  const upstreamResponse = await fetch(origin + request.url, {
    method: request.method,
    headers: endToEnd(Object.entries(request.headers)),
    body: await readBody(request),
    signal: abort.signal,
  });
  response.writeHead(upstreamResponse.status, endToEnd(upstreamResponse.headers));
  const reader = upstreamResponse.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!response.write(value)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}

function fail(response) {
  if (response.headersSent) response.destroy();
  else response.writeHead(502).end();
}

http
  .createServer((request, response) => {
    if (request.url === '/health') response.writeHead(200).end('ok\n');
    else forward(request, response).catch(() => fail(response));
  })
  .listen(Number(process.argv[2]), '127.0.0.1');
