/** Starts a bridge with two providers, several keys, a clock that the test controls, and Codex threads. */
import type { TestContext } from 'node:test';
import { readUserProviders } from '../../../src/providers/user-providers';
import type { StreamReply } from '../clients/sse-client';
import {
  answer, reply, startScriptedUpstream, type CapturedRequest, type ScriptedUpstreamOptions, type Step,
} from '../upstream/scripted-upstream';
import type { AnswerOptions } from '../upstream/steps';
import { ask, CODEX, eventsOf, startBridge, type TestBridge, type TestBridgeOptions } from './test-bridge';

/** Overrides for a bridge with the providers `acme` (model `acme-1`) and `beta` (model `beta-1`). */
export interface PlanOptions {
  /** Added to the row of acme. */
  readonly acme?: object;
  /** Added to the row of beta. */
  readonly beta?: object;
  readonly acmeScript?: ScriptedUpstreamOptions['script'];
  readonly betaScript?: ScriptedUpstreamOptions['script'];
  readonly settings?: TestBridgeOptions['settings'];
  readonly upstream?: Partial<ScriptedUpstreamOptions>;
  readonly runtime?: TestBridgeOptions['runtime'];
  readonly keepUsage?: TestBridgeOptions['keepUsage'];
}

export interface Plans {
  readonly bridge: TestBridge;
  /** The keys in the requests that acme received, in order, without `Bearer`. */
  acmeKeys(): readonly (string | undefined)[];
  /** The keys in the requests that beta received. */
  betaKeys(): readonly (string | undefined)[];
  readonly beta: Awaited<ReturnType<typeof startScriptedUpstream>>;
  /** Sends one request of a Codex thread. */
  turn(thread: string, body?: object): Promise<StreamReply>;
  /** Advances the clock. */
  pass(milliseconds: number): void;
}

/** The keys of acme. */
export const KEYS = ['sk-acme-first-key', 'sk-acme-second-key', 'sk-acme-third-key'] as const;
/** The key of beta. */
export const BETA_KEY = 'sk-beta-key';

/** Noon in UTC, where the clock of each test starts. */
export const NOON = Date.UTC(2026, 10, 28, 12);

/** A 402 whose message has the time at which the quota resets. */
export const outOfQuota = (until: string): Step =>
  reply({ status: 402, body: { error: { message: `Usage limit reached. It resets at ${until}.`, code: 'quota' } } });

/** A 401 with the message of OpenAI. */
export const deadKey = (): Step =>
  reply({ status: 401, body: { error: { message: 'Incorrect API key provided.', code: 'invalid_api_key' } } });

/** Starts a bridge for `acme` with `KEYS`; `beta` has `BETA_KEY`. */
export async function startPlans(context: TestContext, options: PlanOptions = {}): Promise<Plans> {
  const steps = (script: ScriptedUpstreamOptions['script'] | undefined) => script ?? (() => answer({ text: 'Done.' }));
  const beta = await startScriptedUpstream({
    dialect: 'openai', apiKey: BETA_KEY, ...options.upstream, script: steps(options.betaScript),
  });
  context.after(() => beta.close());
  const file = {
    providers: {
      acme: { base_url: 'https://acme.example/v1', models: { 'acme-1': {} }, ...options.acme },
      beta: { base_url: beta.url, models: { 'beta-1': {} }, ...options.beta },
    },
  };
  const read = readUserProviders(JSON.stringify(file), { path: 'providers.json', env: {} });
  if (!read.ok) throw new Error(read.errors.join('\n'));
  let now = NOON;
  const bridge = await startBridge(context, {
    dialect: 'openai',
    script: steps(options.acmeScript),
    ...options.upstream,
    settings: {
      provider: 'acme', aiApiKey: KEYS[0], apiKeys: KEYS, catalog: read.rows,
      ...{ providerKeys: { beta: [BETA_KEY] } }, ...options.settings,
    },
    runtime: { clock: () => now, ...options.runtime },
    ...(options.keepUsage && { keepUsage: options.keepUsage }),
  });
  const keysOf = ({ requests }: TestBridge['upstream']) =>
    requests.map(({ headers }) => headers.authorization?.replace('Bearer ', ''));
  return {
    bridge,
    beta,
    acmeKeys: () => keysOf(bridge.upstream),
    betaKeys: () => keysOf(beta),
    turn: (thread, body = {}) => bridge.stream({ model: 'acme-1', input: ask(), ...body }, {
      ...CODEX,
      'x-codex-turn-metadata': JSON.stringify({ turn_id: `${thread}-${Math.random()}`, thread_id: thread }),
    }),
    pass: (milliseconds) => {
      now += milliseconds;
    },
  };
}

/** The reasoning summaries, which the user sees. */
export const summariesOf = (stream: StreamReply): readonly string[] =>
  eventsOf(stream)
    .filter(({ type }) => type === 'response.reasoning_summary_text.done')
    .map(({ text }) => String(text));

/**
 * A provider that accepts two requests at the same time; each counts until the last event of its answer is sent. Its
 * first answers, and the waits before a retry, last until the bridge has received this many rejections.
 */
export function createBusyProvider(rejections: number) {
  let [open, mostOpen, received] = [0, 0, 0];
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  if (rejections === 0) release();
  const request = (
    { body, aborted }: CapturedRequest, content: AnswerOptions = { text: 'Done.' }, until: Promise<void> = released,
  ): Step => {
    // Only a stream passes the gate, which frees its place.
    if (body.stream !== true) throw new Error('The busy provider answers streams only.');
    if (open >= 2) return reply({ status: 429, body: { error: { message: 'concurrency allocated quota exceeded' } } });
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    let isOpen = true;
    const leave = (): void => {
      if (isOpen) open -= 1;
      isOpen = false;
    };
    void aborted.then(leave);
    return answer({
      ...content,
      gate: async (index, writes) => {
        await until;
        if (index === writes - 1) leave();
      },
    });
  };
  const sleep = (): Promise<void> => {
    received += 1;
    if (received === rejections) release();
    return released;
  };
  return { request, sleep, mostOpen: () => mostOpen };
}
