/** Runs one turn, which costs a request: the bridge's own code sends a prompt that requires a tool call. */
import { renderDuration } from '../base/quantities';
import {
  asArray, asNumber, asRecord, asText, isRecord, parseJson, parseJsonObject, type UnknownRecord,
} from '../base/json';
import type { Caller } from '../bridge/bridge';
import { createBridge } from '../bridge/create-bridge';
import type { Config } from '../config/options';
import type { Environment, Logins } from '../config/resolve';
import { BridgeError, toBridgeError } from '../errors/bridge-error';
import { createLogger } from '../observe/log';
import { PROVIDERS } from '../providers/catalog';
import { describeForCodex } from '../providers/codex-models';
import { collectKeys } from '../providers/keys';
import { listEntries } from '../providers/model-list';
import type { Provider } from '../providers/provider';
import { SseDecoder } from '../stream/sse';
import { createFetchTransport, type Transport, type UpstreamAnswer } from '../upstream/transport';
import { REASONING_KEYS } from '../wire/read-chat';

export interface TrialOptions {
  readonly config: Config;
  readonly provider: Provider;
  readonly logins?: Logins;
  /** The version of this program. */
  readonly version: string;
  /** The environment as the bridge sees it. */
  readonly env: Environment;
  /** The environment as Codex sees it. */
  readonly processEnv: Environment;
  /** The settings in config.toml, if it uses the bridge. */
  readonly codex: { readonly model?: string | undefined; readonly envKey?: string | undefined };
}

/** A turn that has ended. */
export interface Trial {
  /** The requested model; empty if none is known. */
  readonly model: string;
  /** Whether the model is known to reason at the effort that was requested. */
  readonly canThink: boolean;
  /** The User-Agent that was sent. */
  readonly userAgent: string;
  readonly traffic: TrialTraffic;
  /** The Response, or why there is none. */
  readonly outcome: { readonly response: UnknownRecord } | { readonly error: BridgeError };
  /** Changes that the bridge made for a retry after the model rejected the request. */
  readonly repairs: readonly string[];
}

/** Longer than any model needs for one word. */
export const TRIAL_MS = 90_000;

/** Sends one request to the provider; if that is rejected, more with other keys or in other forms. Never rejects. */
export async function runTrial(options: TrialOptions, onRequest: () => void): Promise<Trial> {
  const { config, version } = options;
  const { model, effort, canThink } = chooseTrialModel(options);
  const traffic = createTrialTraffic();
  // Doctor is not a coding agent and does not claim to be one.
  const userAgent = config.userAgent ?? `aliyun-codex-bridge/${version}`;
  const limit = new AbortController();
  const { host } = new URL(config.aiBaseUrl);
  const late = new BridgeError('timeout', `${host} did not finish its response within ${renderDuration(TRIAL_MS)}.`);
  const timer = setTimeout(() => limit.abort(late), TRIAL_MS);
  const authorization = findAuthorization(options);
  const key = authorization === undefined ? {} : { authorization };
  const caller: Caller = { client: 'codex', userAgent, abort: limit.signal, ...key };
  try {
    const bridge = createTrialBridge(options, traffic, onRequest);
    const turn = await bridge.start('responses', renderRequest(model, effort), caller);
    const { body } = await turn.collect();
    const repairs = turn.notes.filter((note) => note.startsWith('sent again'));
    return { model, canThink, userAgent, traffic, repairs, outcome: { response: parseJsonObject(body) ?? {} } };
  } catch (error) {
    return { model, canThink, userAgent, traffic, repairs: [], outcome: { error: toBridgeError(error) } };
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the Authorization header that Codex would send; undefined if it has no key or the bridge ignores it. */
export function findAuthorization(
  { config, processEnv, codex }: Pick<TrialOptions, 'config' | 'processEnv' | 'codex'>,
): string | undefined {
  if (config.forceEnvAuth) return undefined;
  const key = codex.envKey === undefined ? undefined : processEnv[codex.envKey]?.trim();
  return key ? `Bearer ${key}` : undefined;
}

/** Creates a bridge with the user's settings that neither retries after an overload nor writes files. */
function createTrialBridge({ config, env, logins }: TrialOptions, traffic: TrialTraffic, onRequest: () => void) {
  const transport = createFetchTransport({
    connectMs: config.upstreamConnectTimeoutMs,
    firstByteMs: config.upstreamFirstByteTimeoutMs,
    idleMs: config.upstreamIdleTimeoutMs,
  });
  const providerKeys = collectKeys(config.catalog ?? PROVIDERS, env);
  const keys = { providerKeys, loadSavedKey: logins?.loadKey };
  const settings = { ...config, upstreamCalls: 1, refusalCacheMs: 0, store: undefined, ...keys };
  const log = createLogger({ level: 'error', format: 'text', write: () => undefined });
  return createBridge(settings, log, { transport: recordTraffic(transport, traffic, onRequest) });
}

/** Chooses the model in config.toml, if that uses the bridge, or the default model, and Codex's effort for it. */
function chooseTrialModel({ config, provider, codex }: TrialOptions) {
  const entries = listEntries(provider, {
    preferred: config.defaultModel, aliases: config.modelMap, catalog: config.catalog,
  });
  const model = codex.model ?? entries.find(({ isDefault }) => isDefault)?.model.id ?? entries[0]?.model.id ?? '';
  const entry = entries.find(({ model: { id } }) => id.toLowerCase() === model.toLowerCase());
  const effort = entry && describeForCodex([entry])[0]?.default_reasoning_level;
  return { model, effort, canThink: effort !== undefined && effort !== 'none' };
}

/** The name of the tool in the request. */
export const TOOL_NAME = 'report_word';

const WORD = 'bridge';

function renderRequest(model: string, effort: string | undefined): UnknownRecord {
  const say = (role: string, text: string): UnknownRecord =>
    ({ type: 'message', role, content: [{ type: 'input_text', text }] });
  const word = { type: 'string', description: 'The word.' };
  return {
    ...(model !== '' && { model }),
    stream: false,
    store: false,
    input: [
      say(
        'developer',
        'You are testing a connection. Answer only by calling the function that is offered, without any other text.',
      ),
      say('user', `Call ${TOOL_NAME} once, with the word "${WORD}".`),
    ],
    tools: [
      {
        type: 'function',
        name: TOOL_NAME,
        description: 'Reports the word of the test.',
        strict: false,
        parameters: { type: 'object', properties: { word }, required: ['word'], additionalProperties: false },
      },
    ],
    tool_choice: 'auto',
    parallel_tool_calls: true,
    reasoning: { ...(effort !== undefined && { effort }), summary: 'auto' },
    include: ['reasoning.encrypted_content'],
  };
}

const itemsOf = (response: UnknownRecord): readonly UnknownRecord[] =>
  (asArray(response['output']) ?? []).filter(isRecord);

/** Finds the arguments of the call as the client receives them; undefined if the model did not call the tool. */
export function findCallArguments(response: UnknownRecord): string | undefined {
  const call = itemsOf(response).find((item) => item['type'] === 'function_call' && item['name'] === TOOL_NAME);
  return call && (asText(call['arguments']) ?? '');
}

/** Whether the arguments of a call contain the requested word. */
export const hasRequestedWord = (text: string): boolean =>
  asText(parseJsonObject(text)?.['word'])?.toLowerCase().includes(WORD) ?? false;

/** Whether the client receives reasoning. */
export const hasReasoning = (response: UnknownRecord): boolean =>
  itemsOf(response).some((item) => item['type'] === 'reasoning');

/** Describes the token counts; undefined if the Response has none. */
export function describeUsage(response: UnknownRecord): string | undefined {
  const usage = asRecord(response['usage']);
  const [input, output] = [asNumber(usage?.['input_tokens']), asNumber(usage?.['output_tokens'])];
  if (input === undefined || output === undefined) return undefined;
  const reasoning = asNumber(asRecord(usage?.['output_tokens_details'])?.['reasoning_tokens']) ?? 0;
  return `${input} tokens in, ${output} out${reasoning > 0 ? ` (${reasoning} reasoning)` : ''}`;
}

/** Facts about the provider's last response: whether it streams, and where its reasoning and token counts are. */
export interface TrialTraffic {
  /** Number of requests sent. */
  requests: number;
  /** The status of the last response. */
  status: number | undefined;
  /** Milliseconds from the last request to the first byte of its response. */
  firstByteMs: number | undefined;
  /** Milliseconds from the last request to the last byte so far. */
  lastByteMs: number | undefined;
  /** Number of stream events; one for a response that is not a stream. */
  events: number;
  /** Names of the fields that contained reasoning. */
  reasoning: Set<string>;
  hasUsage: boolean;
}

const createTrialTraffic = (): TrialTraffic => ({
  requests: 0, status: undefined, firstByteMs: undefined, lastByteMs: undefined,
  events: 0, reasoning: new Set(), hasUsage: false,
});

/** Wraps `inner` in a transport that records the traffic; `onRequest` is called before every request. */
function recordTraffic(inner: Transport, traffic: TrialTraffic, onRequest: () => void): Transport {
  return async (request) => {
    const start = performance.now();
    Object.assign(traffic, createTrialTraffic(), { requests: traffic.requests + 1 });
    onRequest();
    const answer = await inner(request);
    traffic.status = answer.status;
    const decoder = new SseDecoder();
    return {
      status: answer.status,
      header: (name) => answer.header(name),
      cancel: (complete) => answer.cancel(complete),
      text: (limit) => answer.text(limit),
      read: async () => {
        const bytes = await answer.read();
        traffic.lastByteMs = Math.round(performance.now() - start);
        traffic.firstByteMs ??= traffic.lastByteMs;
        record(bytes === undefined ? decoder.end() : decoder.push(bytes), traffic);
        return bytes;
      },
    } satisfies UpstreamAnswer;
  };
}

function record(events: readonly { readonly data: string }[], traffic: TrialTraffic): void {
  for (const { data } of events) {
    const value = parseJson(data);
    if (!isRecord(value)) continue;
    traffic.events += 1;
    recordChat(value, traffic);
    recordNative(value, traffic);
  }
}

/** Records a chunk of Chat Completions. */
function recordChat(chunk: UnknownRecord, traffic: TrialTraffic): void {
  const choices = (asArray(chunk['choices']) ?? []).filter(isRecord);
  if (isRecord(chunk['usage']) || choices.some((choice) => isRecord(choice['usage']))) traffic.hasUsage = true;
  for (const choice of choices) {
    const delta = asRecord(choice['delta']) ?? asRecord(choice['message']) ?? {};
    for (const key of REASONING_KEYS) if (asText(delta[key]) !== undefined) traffic.reasoning.add(key);
    if ((asArray(delta['reasoning_details']) ?? []).length > 0) traffic.reasoning.add('reasoning_details');
  }
}

/** Records an event of the provider's own Responses endpoint. */
function recordNative(event: UnknownRecord, traffic: TrialTraffic): void {
  const type = asText(event['type']) ?? '';
  if (/^response\.reasoning\w*\.delta$/.test(type)) traffic.reasoning.add(type);
  if (isRecord(asRecord(event['response'])?.['usage'])) traffic.hasUsage = true;
}
