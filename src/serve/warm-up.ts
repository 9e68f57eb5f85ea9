/**
 * Prepares a listening bridge for its first turn: loads what turns use, and runs a practice turn in memory, which uses
 * neither the network nor the log nor the ledger.
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Duplex } from 'node:stream';
import { compact } from '../base/json';
import { attempt } from '../base/thrown';
import { renderCodeCache } from '../command/bundles';
import type { Config } from '../config/options';
import type { Logger } from '../observe/log';
import type { BridgeServer } from '../server/create-server';
import type { ConnectInMemory } from '../upstream/connect';
import type { Transport } from '../upstream/transport';

export interface WarmUp {
  readonly config: Config;
  /** Creates the bridge that answers requests. */
  readonly openBridge: () => void;
  /** Returns the number of running turns. If there are any, the practice turn is skipped. */
  readonly openTurns: () => number;
}

/** Long enough that the first request after the start, the health check, is answered first. */
const DELAY_MS = 20;

/** Starts warming up; a request that arrives meanwhile waits for at most one step. @returns a function that stops it */
export function warmUp({ config, openBridge, openTurns }: WarmUp): () => void {
  let isStopped = false;
  const steps = [
    ...MODULES,
    openBridge,
    () => config.aiBaseUrl.startsWith('https:') && prepareTls(),
    async () => {
      if (openTurns() === 0) await runPracticeTurn(config);
      if (!isStopped) saveCodeCache();
    },
  ].values();
  const runNext = (): void => {
    const { value: step } = steps.next();
    if (isStopped || step === undefined) return;
    step();
    setImmediate(runNext);
  };
  const timer = setTimeout(runNext, DELAY_MS);
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

/** Steps of a few milliseconds that load the modules of common turns. The last one loads fetch, which takes longest. */
const MODULES: readonly (() => unknown)[] = [
  (): typeof import('../server/handle-request') => require('../server/handle-request'),
  (): typeof import('../providers/catalog') => require('../providers/catalog'),
  (): typeof import('../wire/read-responses') => require('../wire/read-responses'),
  (): typeof import('../translate/request') => require('../translate/request'),
  (): typeof import('../stream/answer-stream') => require('../stream/answer-stream'),
  (): typeof import('node:crypto') => require('node:crypto'),
  (): typeof import('../upstream/transport') => require('../upstream/transport'),
  (): typeof import('../bridge/stream-turn') => require('../bridge/stream-turn'),
  (): typeof import('../bridge/create-bridge') => require('../bridge/create-bridge'),
  () => preloadHandlers(),
  (): typeof import('../bridge/other-turns') => require('../bridge/other-turns'),
  (): typeof import('../server/history-parser') => require('../server/history-parser'),
  (): typeof import('../server/inflate-body') => require('../server/inflate-body'),
  () => globalThis.Headers,
];

function preloadHandlers(): void {
  const { preloadHandlers: preload }: typeof import('../server/handle-request') = require('../server/handle-request');
  preload();
}

/** Makes Node parse its certificate authorities, once per process: 10 to 17 ms on Node 22 and 24. */
function prepareTls(): void {
  const { createSecureContext }: typeof import('node:tls') = require('node:tls');
  createSecureContext();
}

/** Saves V8's compiled code for the next start, unless the folder cannot be created or other users can write to it. */
function saveCodeCache(): void {
  const files = renderCodeCache();
  const [first] = files;
  if (first === undefined) return;
  const { prepareStateFolder }: typeof import('../instance/bridge-record') = require('../instance/bridge-record');
  const { replaceFile }: typeof import('../state/replace-file') = require('../state/replace-file');
  const folder = dirname(first.path);
  if ([dirname(folder), folder].some((each) => prepareStateFolder(each) !== undefined)) return;
  for (const { path, content } of files) attempt(() => replaceFile(path, content, 0o600));
  attempt(() => removeOldCaches(folder));
}

/** An older cache belongs to another Node version and is removed; if that version is still used, it saves a new one. */
const MAX_CACHE_AGE_MS = 30 * 24 * 60 * 60_000;

/** The names of caches, and of drafts that a killed process left behind. */
const CACHE_NAME = /^(start|turn)-v[\d.]+-\w+(\.[\d.]+tmp)?$/;

function removeOldCaches(folder: string): void {
  for (const name of readdirSync(folder).filter((each) => CACHE_NAME.test(each))) {
    const path = join(folder, name);
    if (Date.now() - statSync(path).mtimeMs > MAX_CACHE_AGE_MS) rmSync(path);
  }
}

/** Runs one Codex turn with a server and a provider that exist only in this process. @returns the HTTP response */
export function runPracticeTurn(config: Config): Promise<string> {
  const server = createPracticeServer(config);
  return new Promise((resolve) => {
    let response = '';
    const end = (): void => {
      server.closeNow();
      resolve(response);
    };
    const connection = createEnd((text) => (response += text), end);
    server.serve(connection);
    connection.push(REQUEST);
  });
}

function createPracticeServer({ aiBaseUrl, provider, catalog }: Config): BridgeServer {
  const { createBridge }: typeof import('../bridge/create-bridge') = require('../bridge/create-bridge');
  const { createBridgeServer }: typeof import('../server/create-server') = require('../server/create-server');
  const { createFetchTransport }: typeof import('../upstream/transport') = require('../upstream/transport');
  const { resolveConfig }: typeof import('../config/resolve') = require('../config/resolve');
  const resolved = resolveConfig({}, PRACTICE_OPTIONS);
  if (!resolved.ok) throw new TypeError(resolved.errors.join(' '));
  const rows = catalog?.map((row) => ({ ...row, wire: 'chat' as const }));
  const config = { ...resolved.config, aiBaseUrl, ...compact({ provider, catalog: rows }) };
  const send = createFetchTransport({ connectMs: 0, firstByteMs: 0, idleMs: 0 });
  const transport: Transport = ({ headers, body, abort }) =>
    send({ url: 'http://practice.invalid/', headers, body, abort, connection: { connect: connectToProvider } });
  const bridge = createBridge(config, SILENT, { transport });
  return createBridgeServer({ config, version: '', log: SILENT, bridge: () => bridge });
}

/** Replaces the user's options except the provider, whose dialect is used. With one call, nothing waits for a retry. */
const PRACTICE_OPTIONS = { AI_API_KEY: 'practice', UPSTREAM_WIRE: 'chat', UPSTREAM_CALLS: '1' };

const connectToProvider: ConnectInMemory = (_target, done) => {
  const unsent = [ANSWER];
  const socket = createEnd(() => unsent.splice(0).forEach((text) => socket.push(text)), ignore);
  process.nextTick(done, null, Object.assign(socket, { ref: ignore, unref: ignore }));
};

/** Creates one end of a connection: `onText` gets what is written to it, and `push` delivers the other end's text. */
function createEnd(onText: (text: string) => void, onEnd: () => void): Duplex {
  return new Duplex({
    read: ignore,
    write(bytes: Buffer, _encoding, done) {
      onText(String(bytes));
      done();
    },
    final(done) {
      onEnd();
      done();
    },
  });
}

const ignore = (): void => undefined;

const SILENT: Logger = {
  debug: ignore, info: ignore, warn: ignore, error: ignore, write: ignore, enabled: () => false,
};

const CALL = { name: 'exec_command', arguments: '{"cmd":"ls"}', call_id: 'call_1' };

const BODY = JSON.stringify({
  model: 'practice',
  instructions: 'Practice.',
  input: [
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'List the files.' }] },
    { type: 'function_call', ...CALL },
    { type: 'function_call_output', call_id: CALL.call_id, output: 'README.md' },
  ],
  tools: [
    { type: 'function', name: CALL.name, parameters: { type: 'object', properties: { cmd: { type: 'string' } } } },
    { type: 'custom', name: 'apply_patch', description: 'Edits files.', format: { type: 'text' } },
  ],
  tool_choice: 'auto',
  store: false,
  stream: true,
});

const REQUEST = [
  'POST /v1/responses HTTP/1.1',
  'host: 127.0.0.1',
  'originator: codex_exec',
  'accept: text/event-stream',
  'content-type: application/json',
  `content-length: ${BODY.length}`,
  'connection: close',
  '',
  BODY,
].join('\r\n');

const renderChunk = (delta: object, finish?: string): string =>
  `data: ${JSON.stringify({ id: 'p', choices: [{ index: 0, delta, finish_reason: finish ?? null }] })}\n\n`;

const toCall = (part: object): object => ({ tool_calls: [{ index: 0, ...part }] });

const EVENTS = [
  renderChunk({ role: 'assistant', reasoning_content: 'I list the files.' }),
  renderChunk({ content: 'The files:' }),
  renderChunk(toCall({ id: CALL.call_id, type: 'function', function: { name: CALL.name, arguments: '{"cmd":' } })),
  renderChunk(toCall({ function: { arguments: '"ls"}' } })),
  renderChunk({}, 'tool_calls'),
  `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 } })}\n\n`,
  'data: [DONE]\n\n',
].join('');

const ANSWER = [
  'HTTP/1.1 200 OK',
  'content-type: text/event-stream',
  `content-length: ${EVENTS.length}`,
  'connection: close',
  '',
  EVENTS,
].join('\r\n');
