/** Runs cases against the real server and bridge in this process, and checks what came back. */
import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { isRecord, parseJson } from '../../../src/base/json';
import type { Bridge } from '../../../src/bridge/bridge';
import { createBridge } from '../../../src/bridge/create-bridge';
import type { Config } from '../../../src/config/options';
import { resolveConfig } from '../../../src/config/resolve';
import { BridgeError } from '../../../src/errors/bridge-error';
import { createLogger } from '../../../src/observe/log';
import { createBridgeServer } from '../../../src/server/create-server';
import type { Transport } from '../../../src/upstream/transport';
import { checkStream, renderViolation } from '../../support/stream/stream-grammar';
import { FUZZ_KEY, type FuzzAnswer, type FuzzCase } from './cases';

/** Longer than any case takes on a busy machine. */
const PATIENCE_MS = 30_000;

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface FuzzWorld {
  /** Runs one case. @returns what is wrong, one sentence each */
  run(fuzzCase: FuzzCase): Promise<readonly string[]>;
  close(): Promise<void>;
}

/**
 * @param wrap changes the bridge, for tests of the checks
 * @param settings override the defaults
 */
export async function createWorld(
  wrap: (bridge: Bridge) => Bridge = (bridge) => bridge, settings: Partial<Config> = {},
): Promise<FuzzWorld> {
  const resolved = resolveConfig({}, {});
  if (!resolved.ok) throw new Error(resolved.errors.join('\n'));
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const log = createLogger({ level: 'warn', format: 'json', write, secrets: [FUZZ_KEY] });
  const crashes: string[] = [];
  const onCrash = (cause: unknown): void =>
    void crashes.push(cause instanceof Error ? String(cause.stack) : String(cause));
  process.on('uncaughtException', onCrash).on('unhandledRejection', onCrash).on('warning', onCrash);
  const config = { ...resolved.config, ...OPTIONS, upstreamCalls: 2, refusalCacheMs: 0, ...settings };
  let current: Bridge | undefined;
  const server = createBridgeServer({ config, version: '0', log, bridge: () => follow(() => current) });
  const { port } = await server.listen();
  let http: Buffer | undefined;
  const upstream = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(http ?? ''));
  });
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
  const realUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    async run(fuzzCase) {
      lines.length = 0;
      const { answer, wire, request } = fuzzCase;
      http = answer.http;
      const own = { ...config, aiBaseUrl: http === undefined ? FAKE_URL : realUrl, wire };
      const transport = http === undefined && { transport: replay(answer) };
      current = wrap(createBridge(own, log, { ...NO_WAITING, ...transport }));
      const reply = await send(agent, port, request).catch((error: unknown) => String(error));
      const seen = crashes.splice(0).map((crash) => `The process reported: ${crash}`);
      if (typeof reply === 'string') return [`There was no response: ${reply}`, ...seen];
      return [...validate(fuzzCase, reply), ...validateLog(lines), ...seen];
    },
    async close() {
      agent.destroy();
      server.closeNow();
      upstream.close();
      process.off('uncaughtException', onCrash).off('unhandledRejection', onCrash).off('warning', onCrash);
    },
  };
}

const FAKE_URL = 'http://upstream.test/v1';
const OPTIONS = { port: 0, aiApiKey: FUZZ_KEY, provider: 'openai-compatible', defaultModel: 'm' } as const;
const NO_WAITING = { sleep: () => Promise.resolve(), random: () => 0.5 };

function follow(find: () => Bridge | undefined): Bridge {
  const bridge = (): Bridge => {
    const found = find();
    if (found === undefined) throw new Error('There is no case.');
    return found;
  };
  return {
    start: (kind, body, caller) => bridge().start(kind, body, caller),
    renderFailedTurn: (error, body) => bridge().renderFailedTurn(error, body),
    models: (version) => bridge().models(version),
    checkStore: () => bridge().checkStore(),
    kept: () => bridge().kept(),
    close: () => undefined,
    search: (body, abort) => bridge().search(body, abort),
  };
}

/** A transport that gives every call the same answer. */
function replay({ status, headers, reads, breaks }: FuzzAnswer): Transport {
  return async ({ onEnd }) => {
    let at = 0;
    let hasEnded = false;
    const end = (): void => {
      if (!hasEnded) onEnd?.();
      hasEnded = true;
    };
    const read = async (): Promise<Uint8Array | undefined> => {
      const bytes = reads[at];
      at += 1;
      if (bytes === undefined) end();
      if (bytes === undefined && breaks) throw new BridgeError('network', 'upstream.test closed the connection.');
      return bytes;
    };
    return {
      status,
      header: (name) => headers[name],
      read,
      cancel: end,
      async text(limit) {
        end();
        if (breaks) throw new BridgeError('network', 'upstream.test closed the connection.');
        return Buffer.concat(reads).toString('utf8').slice(0, limit);
      },
    };
  };
}

function send(agent: Agent, port: number, { path, headers, body }: FuzzCase['request']): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { agent, host: '127.0.0.1', port, path, method: 'POST' };
    const request = httpRequest({ ...options, headers: { ...headers, 'content-length': body.length } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({
        status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8'),
      }));
      response.on('error', reject);
    });
    const timer = setTimeout(() => request.destroy(new Error('timed out')), PATIENCE_MS);
    request.on('error', reject).on('close', () => clearTimeout(timer));
    request.end(body);
  });
}

function* validate({ client, request }: FuzzCase, reply: Reply): Generator<string> {
  const { status, headers, text } = reply;
  if (text.includes(FUZZ_KEY) || JSON.stringify(headers).includes(FUZZ_KEY)) yield 'The response contains the key.';
  const isStream = String(headers['content-type']).startsWith('text/event-stream');
  if (status >= 400) {
    yield* validateError(parseJson(text));
  } else if (!isStream) {
    if (!isRecord(parseJson(text))) yield `The response is not a JSON object: ${text.slice(0, 300)}`;
    yield* validateMessages(text);
  } else if (request.path.endsWith('/chat/completions') || text.includes('"chat.completion.chunk"')) {
    if (!/data: \[DONE\]\n\n$|"error":\{[^\n]*\n\n(?:data: \[DONE\]\n\n)?$/.test(text)) yield 'The stream has no end.';
    yield* validateMessages(text);
  } else {
    const found = checkStream(text, { fullResponse: client === 'sdk' }).filter(({ level }) => level === 'error');
    if (found.length > 0) yield `The stream breaks rules: ${found.slice(0, 3).map(renderViolation).join('; ')}`;
    yield* validateMessages(text);
  }
}

function* validateError(value: unknown): Generator<string> {
  const error = isRecord(value) && isRecord(value['error']) ? value['error'] : {};
  const { message } = error;
  if (typeof message !== 'string' || message.length < 10) yield `An error without a sentence: ${JSON.stringify(value)}`;
  yield* validateMessages(JSON.stringify(error));
}

/** Messages of V8, which mean that something unexpected was thrown. */
const DEFECTS = [
  /Cannot (?:read|set) propert/, /is not a function/, /is not iterable/, /Maximum call stack/, /is not defined/,
  /Invalid (?:array|string) length/, /Internal error/, /Cannot convert/, /is not valid JSON/, /circular structure/,
];

function* validateMessages(text: string): Generator<string> {
  for (const pattern of DEFECTS) {
    const at = text.search(pattern);
    if (at >= 0) yield `A defect shows in the response: ${text.slice(Math.max(0, at - 200), at + 200)}`;
  }
}

function* validateLog(lines: readonly string[]): Generator<string> {
  for (const line of lines) {
    if (line.includes(FUZZ_KEY)) yield 'The log contains the key.';
    const entry = parseJson(line);
    if (isRecord(entry) && (entry['level'] === 'error' || 'stack' in entry)) yield `The log has an error: ${line}`;
  }
}
