/** The fake upstream, in a separate process: answers Chat Completions at a fixed rate or at full speed. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handleCalls, type UpstreamCalls, type UpstreamMode, type UpstreamStats } from './messages';
import { deltaAt } from './text';

const BATCH_SIZE = 100;
const MODEL = 'glm-4.7';

let mode: UpstreamMode = { deltas: 1, rate: 0 };
let openStreams = 0;
let stats = emptyStats();

function emptyStats(): { -readonly [K in keyof UpstreamStats]: UpstreamStats[K] } {
  return { sent: 0, requests: 0, peakStreams: 0, toolCharacters: 0 };
}

function chunkLine(fields: object): string {
  const head = { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1700000000, model: MODEL };
  return `data: ${JSON.stringify({ ...head, ...fields })}\n\n`;
}

const [DELTA_HEAD, DELTA_TAIL] = chunkLine({
  choices: [{ index: 0, delta: { content: '?' }, finish_reason: null }],
}).split('"?"') as [string, string];
const OPENING = chunkLine({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] });
const CLOSING =
  chunkLine({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }) +
  chunkLine({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 } }) +
  'data: [DONE]\n\n';

/** Writes the delta at `index` as a separate HTTP chunk; returns false on backpressure. */
function writeDelta(response: ServerResponse, index: number): boolean {
  stats.sent += 1;
  return response.write(DELTA_HEAD + JSON.stringify(deltaAt(index)) + DELTA_TAIL);
}

/** Sends deltas as fast as the connection allows. */
function sendAtFullSpeed(response: ServerResponse, deltas: number): void {
  let index = 0;
  const step = (): void => {
    if (response.destroyed) return;
    let canWrite = true;
    for (let count = 0; count < BATCH_SIZE && index < deltas; count++) canWrite = writeDelta(response, index++);
    if (index >= deltas) response.end(CLOSING);
    else if (canWrite) setImmediate(step);
    else response.once('drain', step);
  };
  step();
}

/** Sends `rate` deltas per second. */
function sendPaced(response: ServerResponse, { deltas, rate }: UpstreamMode): void {
  const start = performance.now();
  const dueAt = (index: number): number => start + (index * 1000) / rate;
  let index = 0;
  let timer: NodeJS.Timeout;
  const step = (): void => {
    while (index < deltas && dueAt(index) <= performance.now()) writeDelta(response, index++);
    if (index >= deltas) response.end(CLOSING);
    else timer = setTimeout(step, Math.ceil(dueAt(index) - performance.now()));
  };
  response.on('close', () => clearTimeout(timer));
  step();
}

/** Counts the characters of tool results, whose content is a string or text parts. */
function countToolCharacters(body: Buffer): number {
  const request = JSON.parse(body.toString()) as {
    messages: { role: string; content: string | { text?: string }[] }[];
  };
  let characters = 0;
  for (const { role, content } of request.messages) {
    if (role !== 'tool') continue;
    const parts = typeof content === 'string' ? [{ text: content }] : content;
    for (const part of parts) characters += part.text?.length ?? 0;
  }
  return characters;
}

function answerChat(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
  });
  request.on('end', () => {
    stats.requests += 1;
    if (stats.requests === 1) stats.toolCharacters = countToolCharacters(Buffer.concat(chunks));
    openStreams += 1;
    stats.peakStreams = Math.max(stats.peakStreams, openStreams);
    response.on('close', () => (openStreams -= 1));
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
    response.write(OPENING);
    const { rate, deltas, large } = mode;
    if (large !== undefined && size > large.bytes) sendAtFullSpeed(response, large.deltas);
    else if (rate === 0) sendAtFullSpeed(response, deltas);
    else sendPaced(response, mode);
  });
}

const server = createServer((request, response) => {
  if (request.method === 'POST' && request.url?.endsWith('/chat/completions')) answerChat(request, response);
  else if (request.url === '/health') response.writeHead(200).end('ok\n');
  else response.writeHead(404).end();
});
server.keepAliveTimeout = 60_000;

handleCalls<UpstreamCalls>({
  listen: () =>
    new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))),
  mode: (next) => {
    mode = next;
    stats = emptyStats();
    return null;
  },
  stats: () => stats,
});
