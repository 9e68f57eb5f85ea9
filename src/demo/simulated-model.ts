/** A model that is none: a Chat Completions server on a free loopback port that streams the answers of the script. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parseJsonObject, type JsonObject, type UnknownRecord } from '../base/json';
import { asString } from '../base/narrow';
import { findFault, readMessages } from './judge-request';
import { composeSecondAnswer, DEMO_KEY, DEMO_MODEL, FIRST_ANSWER } from './script';
import type { ScriptedAnswer, ScriptedUsage } from './script';

/** One request the model received. */
export interface ModelExchange {
  readonly body: UnknownRecord;
  /** Why it was refused; absent when it was answered. */
  readonly fault?: string;
  /** When the last piece of the answer was written, on the clock of `performance.now`. */
  lastPieceAt: number;
}

export interface SimulatedModel {
  readonly baseUrl: string;
  /** Every request so far, the refused ones included. */
  readonly exchanges: readonly ModelExchange[];
  /** Closes the port and every connection. */
  close(): Promise<void>;
}

/** @param pauseMs how long the model thinks between two pieces of its answer */
export async function startSimulatedModel(pauseMs: number): Promise<SimulatedModel> {
  const exchanges: ModelExchange[] = [];
  const server = createServer((request, response) => {
    answer({ request, response, exchanges, pauseMs }).catch(() => response.destroy());
  });
  const port = await listen(server);
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    exchanges,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly exchanges: ModelExchange[];
  readonly pauseMs: number;
}

async function answer({ request, response, exchanges, pauseMs }: Visit): Promise<void> {
  const body = parseJsonObject(await readText(request)) ?? {};
  const fault = findHttpFault(request) ?? findFault(body);
  const exchange: ModelExchange = { body, ...(fault !== undefined && { fault }), lastPieceAt: 0 };
  exchanges.push(exchange);
  if (fault !== undefined) return refuse(response, fault);
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  for (const chunk of renderChunks(chooseAnswer(body))) {
    await pause(pauseMs);
    if (response.destroyed) return;
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    exchange.lastPieceAt = performance.now();
  }
  response.end('data: [DONE]\n\n');
}

function findHttpFault({ method, url, headers }: IncomingMessage): string | undefined {
  if (method !== 'POST' || url !== '/v1/chat/completions') return `there is no ${method} ${url}`;
  return headers.authorization === `Bearer ${DEMO_KEY}` ? undefined : 'the API key is wrong';
}

function refuse(response: ServerResponse, fault: string): void {
  const message = `The simulated model refuses the request: ${fault}.`;
  const error = { message, type: 'invalid_request_error', code: 'demo' };
  response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
}

/** After tool results comes the second answer, which repeats them; before, the first one. */
function chooseAnswer(body: UnknownRecord): ScriptedAnswer {
  const results = readMessages(body).filter(({ role }) => role === 'tool');
  if (results.length === 0) return FIRST_ANSWER;
  return composeSecondAnswer(results.map(({ content }) => asString(content) ?? ''));
}

/** As thinking models do: reasoning, text, calls, why it ends, and usage on a last chunk without choices. */
function* renderChunks({ reasoning, text, calls, usage }: ScriptedAnswer): Generator<JsonObject> {
  yield renderChunk({ role: 'assistant', content: null, reasoning_content: '' });
  for (const piece of splitIntoPieces(reasoning)) yield renderChunk({ content: null, reasoning_content: piece });
  for (const piece of splitIntoPieces(text)) yield renderChunk({ content: piece });
  for (const [index, { id, tool, arguments: json }] of calls.entries()) {
    const head = { index, id, type: 'function', function: { name: tool.upstreamName, arguments: '' } };
    yield renderChunk({ tool_calls: [head] });
    for (const piece of json.match(/.{1,5}/gs) ?? []) {
      yield renderChunk({ tool_calls: [{ index, function: { arguments: piece } }] });
    }
  }
  yield renderChunk({}, calls.length > 0 ? 'tool_calls' : 'stop');
  yield { ...CHUNK, choices: [], usage: renderUsage(usage) };
}

const CHUNK = { id: 'chatcmpl-demo', object: 'chat.completion.chunk', created: 0, model: DEMO_MODEL };

function renderChunk(delta: JsonObject, finish: string | null = null): JsonObject {
  return { ...CHUNK, choices: [{ index: 0, delta, finish_reason: finish }], usage: null };
}

function renderUsage({ prompt, cached, completion, reasoning }: ScriptedUsage): JsonObject {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

/** Words with the space before them, as tokens have it. */
const splitIntoPieces = (text: string): readonly string[] => text.match(/\s*\S+/g) ?? [];

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('The simulated model has no port.'));
    });
  });
}
