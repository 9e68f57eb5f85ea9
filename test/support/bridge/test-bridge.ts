/** Starts the complete bridge in this process, with a scripted upstream and clients. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import type { TestContext } from 'node:test';
import { createBridge } from '../../../src/bridge/create-bridge';
import type { Runtime } from '../../../src/bridge/turn-context';
import type { Config } from '../../../src/config/options';
import { resolveConfig } from '../../../src/config/resolve';
import { createLogger, type LogFormat, type LogLevel } from '../../../src/observe/log';
import type { UsageLedger } from '../../../src/observe/usage-ledger';
import { createBridgeServer } from '../../../src/server/create-server';
import {
  startScriptedUpstream,
  type ScriptedUpstream,
  type ScriptedUpstreamOptions,
  type UpstreamDialect,
} from '../upstream/scripted-upstream';
import { postJson, postStream, type JsonReply, type PostOptions, type StreamReply } from '../clients/sse-client';
import { assertGoodStream } from '../stream/stream-grammar';

/** The API key with which the bridge calls its upstream. */
export const KEY = 'sk-test-environment-key';

/** Both dialects of the scripted upstream. */
export const DIALECTS: readonly UpstreamDialect[] = ['dashscope', 'openai'];

/** The provider row for each dialect, and one of its models. */
const DEFAULTS: Readonly<Record<UpstreamDialect, { readonly provider: string; readonly model: string }>> = {
  dashscope: { provider: 'aliyun-coding', model: 'qwen3.7-plus' },
  openai: { provider: 'openai-compatible', model: 'scripted-model' },
};

/** Most tests are about one upstream call, so nothing is retried or cached. */
const ONE_CALL = { upstreamCalls: 1, refusalCacheMs: 0 } as const;

/** Delays between calls are skipped. */
const NO_WAITING: Partial<Runtime> = { sleep: () => Promise.resolve(), random: () => 0.5 };

/** The headers that identify Codex 0.169 (codex-protocol.md, section 1). */
export const CODEX: OutgoingHttpHeaders = {
  originator: 'codex_exec',
  'user-agent': 'codex_exec/0.169.0',
  accept: 'text/event-stream',
};

export interface TestBridgeOptions extends Partial<ScriptedUpstreamOptions> {
  /** The model for bodies without one; required with `provider`. */
  readonly model?: string;
  readonly settings?: Partial<Config>;
  readonly logLevel?: LogLevel;
  readonly logFormat?: LogFormat;
  readonly runtime?: Partial<Runtime>;
  readonly keepUsage?: UsageLedger['add'];
}

export interface TestBridge {
  /** Base URL, without a path. */
  readonly url: string;
  readonly upstream: ScriptedUpstream;
  /** The model for bodies without one. */
  readonly model: string;
  /** Log lines as written. */
  readonly lines: readonly string[];
  /** Resolves with the log lines of turns, parsed, once there are `count`. */
  turns(count: number): Promise<readonly Loose[]>;
  /** Changes settings for later turns, as a changed providers file does. */
  change(settings: Partial<Config>): void;
  /** Shuts the bridge down, as SIGTERM does. */
  close(): Promise<void>;
  /** Posts to /v1/responses with `stream: true`; checks the grammar of every stream. */
  stream(body: object, headers?: OutgoingHttpHeaders, options?: PostOptions): Promise<StreamReply>;
  /** Posts to /v1/responses and reads one JSON answer. */
  json(body: object | string, headers?: OutgoingHttpHeaders): Promise<JsonReply>;
  /** Posts to /v1/chat/completions with `stream: true`. */
  chatStream(body: object, headers?: OutgoingHttpHeaders): Promise<StreamReply>;
  /** Posts to /v1/chat/completions and reads one JSON answer. */
  chatJson(body: object | string, headers?: OutgoingHttpHeaders): Promise<JsonReply>;
}

/** Starts both servers and closes them after the test. The upstream accepts only the keys of the settings. */
export async function startBridge(context: TestContext, options: TestBridgeOptions = {}): Promise<TestBridge> {
  const {
    settings = {},
    logLevel = 'debug',
    logFormat = 'json',
    runtime = {},
    keepUsage,
    dialect = 'dashscope',
    script = [],
    model: defaultModel,
    ...rest
  } = options;
  const { aiApiKey = KEY, apiKeys = [] } = settings;
  const upstream = await startScriptedUpstream({ dialect, script, apiKey: [aiApiKey, ...apiKeys], ...rest });
  context.after(() => upstream.close());
  const { provider, model } =
    options.provider === undefined ? DEFAULTS[dialect] : { provider: options.provider, model: defaultModel ?? '' };
  const config = {
    ...defaultConfig(),
    ...ONE_CALL,
    aiBaseUrl: upstream.url,
    provider,
    aiApiKey: KEY,
    port: 0,
    drainTimeoutMs: 0,
    ...settings,
  };
  let latest: Config = config;
  const lines: string[] = [];
  const written = new EventEmitter();
  const write = (line: string): void => {
    lines.push(line);
    written.emit('line');
  };
  const log = createLogger({ level: logLevel, format: logFormat, write, secrets: [KEY] });
  const bridge = createBridge(config, log, { ...NO_WAITING, ...runtime }, () => latest);
  const server = createBridgeServer({
    config,
    version: '1.2.3',
    log,
    bridge: () => bridge,
    ...(keepUsage && { ledger: () => ({ add: keepUsage }) }),
  });
  context.after(() => server.closeNow());
  const { port } = await server.listen();
  const url = `http://127.0.0.1:${port}`;
  const withModel = (body: object | string): object | string => (typeof body === 'string' ? body : { model, ...body });
  return {
    url,
    upstream,
    model,
    lines,
    async turns(count) {
      for (;;) {
        const turns = lines.map((line): Loose => JSON.parse(line)).filter(({ message }) => message === 'turn');
        if (turns.length >= count) return turns;
        await once(written, 'line');
      }
    },
    change: (changed) => void (latest = { ...latest, ...changed }),
    close: () => server.close(),
    async stream(body, headers = {}, postOptions = {}) {
      const reply = await postStream(`${url}/v1/responses`, withModel({ stream: true, ...body }), headers, postOptions);
      if (reply.status === 200 && reply.ending === 'complete') assertResponsesStream(reply, headers);
      return reply;
    },
    json: (body, headers) => postJson(`${url}/v1/responses`, withModel(body), headers),
    chatStream: (body, headers) =>
      postStream(`${url}/v1/chat/completions`, withModel({ stream: true, ...body }), headers),
    chatJson: (body, headers) => postJson(`${url}/v1/chat/completions`, withModel(body), headers),
  };
}

/** Checks the grammar of a stream: SDK clients get complete Response objects, Codex only what it reads. */
export function assertResponsesStream(reply: StreamReply, headers: OutgoingHttpHeaders): void {
  assertGoodStream(reply.text, { fullResponse: headers['originator'] === undefined, warnings: false });
}

function defaultConfig(): Config {
  const resolved = resolveConfig({}, {});
  assert.ok(resolved.ok);
  return resolved.config;
}

/** Untyped JSON. */
export type Loose = any;

/** The `json` of every event that has one. */
export const eventsOf = (reply: StreamReply): readonly Loose[] =>
  reply.events.flatMap(({ json }) => (json === undefined ? [] : [json]));

/** The types of all events, in order. */
export const typesOf = (reply: StreamReply): readonly string[] => eventsOf(reply).map(({ type }) => String(type));

/** The Response of the last event: completed, incomplete or failed. */
export const finalResponse = (reply: StreamReply): Loose => eventsOf(reply).at(-1)?.response;

/** The completed items, in order: what Codex keeps. */
export const doneItems = (reply: StreamReply): readonly Loose[] =>
  eventsOf(reply).filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);

/** All deltas of one event type, joined. */
export const deltasOf = (reply: StreamReply, type: string): string =>
  eventsOf(reply).filter((event) => event.type === type).map(({ delta }) => delta).join('');

/** Input of one user message. */
export const ask = (text = 'Hello') =>
  [{ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }] as const;

/** A function tool as Responses clients declare it. */
export const tool = (name: string, fields: object = {}): object => ({
  type: 'function',
  name,
  description: `Does ${name}.`,
  parameters: { type: 'object', properties: { path: { type: 'string' } } },
  ...fields,
});
