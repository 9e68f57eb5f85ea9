/** The one turn that costs a request: the bridge's own way to the provider, with a question that a tool answers. */
import { isRecord, parseJsonObject, type UnknownRecord } from '../base/json';
import { asArray, asNumber, asRecord, asText } from '../base/narrow';
import { messageOf } from '../base/thrown';
import type { Caller } from '../bridge/bridge';
import { createBridge } from '../bridge/create-bridge';
import { BridgeError } from '../errors/bridge-error';
import { createLogger } from '../observe/log';
import { PROVIDERS } from '../providers/catalog';
import { describeForCodex } from '../providers/codex-models';
import { collectKeys } from '../providers/keys';
import { listEntries } from '../providers/model-list';
import { createFetchTransport } from '../upstream/transport';
import type { Examination, Setup } from './examination';
import { createHeard, listenTo, type Heard } from './listener';

/** How the turn went. */
export interface Trial {
  /** The model that was asked for; empty when none is known. */
  readonly model: string;
  /** What Codex may expect of it: whether its row says that it can think. */
  readonly canThink: boolean;
  /** As which program the bridge asked. */
  readonly userAgent: string;
  readonly heard: Heard;
  /** The Response, or why there is none. */
  readonly outcome: { readonly response: UnknownRecord } | { readonly error: BridgeError };
}

/** Longer than a model thinks about one word. */
export const TRIAL_MS = 90_000;

/** Asks the provider once. Rejects only when there is no configuration. */
export async function runTrial(examination: Examination, sent: () => void): Promise<Trial> {
  const { setup } = examination;
  if (!setup) throw new Error('there is no configuration');
  const { model, effort, canThink } = await chooseModel(setup, examination);
  const heard = createHeard();
  // Doctor is no coding agent, and does not say that it is one.
  const userAgent = setup.config.userAgent ?? `aliyun-codex-bridge/${examination.version}`;
  const limit = new AbortController();
  const { host } = new URL(setup.config.aiBaseUrl);
  const late = new BridgeError('timeout', `${host} gave no whole answer within ${TRIAL_MS / 1_000} s.`);
  const timer = setTimeout(() => limit.abort(late), TRIAL_MS);
  const authorization = await findAuthorization(setup, examination);
  const key = authorization === undefined ? {} : { authorization };
  const caller: Caller = { client: 'codex', userAgent, abort: limit.signal, ...key };
  try {
    const bridge = createTrialBridge(setup, examination, heard, sent);
    const turn = await bridge.start('responses', renderQuestion(model, effort), caller);
    const { body } = await turn.collect();
    return { model, canThink, userAgent, heard, outcome: { response: parseJsonObject(body) ?? {} } };
  } catch (error) {
    return { model, canThink, userAgent, heard, outcome: { error: toBridgeError(error) } };
  } finally {
    clearTimeout(timer);
  }
}

/** What Codex would send, where the bridge passes that on; undefined when there is no such key here. */
export async function findAuthorization(
  { config }: Setup, { processEnv, readCodexConfig }: Examination,
): Promise<string | undefined> {
  if (config.forceEnvAuth) return undefined;
  const codex = await readCodexConfig();
  const variable = codex.kind === 'read' && codex.usesBridge ? asText(codex.provider?.['env_key']) : undefined;
  const key = variable === undefined ? undefined : processEnv[variable]?.trim();
  return key ? `Bearer ${key}` : undefined;
}

const toBridgeError = (error: unknown): BridgeError =>
  (error instanceof BridgeError ? error : new BridgeError('internal', messageOf(error)));

/** The bridge as it runs, but for what would ask the provider a second time, or write files. */
function createTrialBridge({ config }: Setup, { env }: Examination, heard: Heard, sent: () => void) {
  const transport = createFetchTransport({
    connectMs: config.upstreamConnectTimeoutMs,
    firstByteMs: config.upstreamFirstByteTimeoutMs,
    idleMs: config.upstreamIdleTimeoutMs,
  });
  const providerKeys = collectKeys(PROVIDERS, env);
  const settings = { ...config, upstreamCalls: 1, refusalCacheMs: 0, store: undefined, providerKeys };
  const log = createLogger({ level: 'error', format: 'text', write: () => undefined });
  return createBridge(settings, log, { transport: listenTo(transport, heard, sent) });
}

/** The model of Codex's configuration where that uses the bridge, else the default one; and Codex's effort for it. */
async function chooseModel({ config, provider }: Setup, { readCodexConfig }: Examination) {
  const entries = listEntries(provider, { preferred: config.defaultModel, aliases: config.modelMap });
  const codex = await readCodexConfig();
  const configured = codex.kind === 'read' && codex.usesBridge ? asText(codex.root['model']) : undefined;
  const model = configured ?? entries.find(({ isDefault }) => isDefault)?.model.id ?? entries[0]?.model.id ?? '';
  const entry = entries.find(({ model: { id } }) => id.toLowerCase() === model.toLowerCase());
  const effort = entry && describeForCodex([entry])[0]?.default_reasoning_level;
  return { model, effort, canThink: effort !== undefined && effort !== 'none' };
}

/** The tool of the question. */
export const TOOL_NAME = 'report_word';

const WORD = 'bridge';

function renderQuestion(model: string, effort: string | undefined): UnknownRecord {
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
        'You test a connection. Answer by calling the function that is offered, and with no other words.',
      ),
      say('user', `Call ${TOOL_NAME} once, with the word "${WORD}".`),
    ],
    tools: [
      {
        type: 'function',
        name: TOOL_NAME,
        description: 'Takes the word of the test.',
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

/** The arguments of the call, as the client gets them; undefined when the model did not call. */
export function findCall(response: UnknownRecord): string | undefined {
  const call = itemsOf(response).find((item) => item['type'] === 'function_call' && item['name'] === TOOL_NAME);
  return call && (asText(call['arguments']) ?? '');
}

/** Whether the arguments are those that were asked for. */
export const isRightCall = (text: string): boolean =>
  asText(parseJsonObject(text)?.['word'])?.toLowerCase().includes(WORD) ?? false;

/** Whether the client gets reasoning. */
export const hasReasoning = (response: UnknownRecord): boolean =>
  itemsOf(response).some((item) => item['type'] === 'reasoning');

/** Token counts in words; undefined when the Response has none. */
export function describeUsage(response: UnknownRecord): string | undefined {
  const usage = asRecord(response['usage']);
  const [input, output] = [asNumber(usage?.['input_tokens']), asNumber(usage?.['output_tokens'])];
  if (input === undefined || output === undefined) return undefined;
  const reasoning = asNumber(asRecord(usage?.['output_tokens_details'])?.['reasoning_tokens']) ?? 0;
  return `${input} tokens in, ${output} out${reasoning > 0 ? `, ${reasoning} of them reasoning` : ''}`;
}
