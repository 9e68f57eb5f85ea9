/** Creates the bridge from settings, provider, runtime and state. */
import { randomBytes } from 'node:crypto';
import { isRecord, type UnknownRecord } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import type { Logger } from '../observe/log';
import { findProvider } from '../providers/catalog';
import type { BackgroundRuns } from '../state/background';
import type { AnswerSearch } from '../search/answer-search';
import type { KeptResponses } from '../state/kept-responses';
import { createStateServices, type StateServices } from '../state/open-store';
import { SSE_KEEP_ALIVE } from '../stream/sse';
import { RequestSerializer } from '../upstream/request-bytes';
import type { PlanState } from '../upstream/plan-state';
import { createFetchTransport } from '../upstream/transport';
import type { Bridge, Caller, Turn, TurnKind } from './bridge';
// Not loaded lazily: when it is needed, there may be no file descriptor left to load it.
import { renderFailedTurn } from './local-answer';
import { createModelCatalog } from './models';
import { startResponsesTurn } from './turn';
import type { BridgeSettings, Runtime, TurnContext } from './turn-context';

type TurnStarter = (body: unknown, caller: Caller, context: TurnContext) => Promise<Turn>;

const loadOtherTurns = (): typeof import('./other-turns') => require('./other-turns');

const TURN_STARTERS: { readonly [K in TurnKind]: TurnStarter } = {
  responses: startResponsesTurn,
  chat: (...args) => loadOtherTurns().startChatTurn(...args),
  compaction: (...args) => loadOtherTurns().startCompaction(...args),
};

/**
 * @param overrides parts of the runtime, for tests
 * @param getSettings returns the current settings, if they can change; a running turn keeps those it started with
 */
export function createBridge(
  settings: BridgeSettings, log: Logger, overrides: Partial<Runtime> = {}, getSettings = () => settings,
): Bridge {
  const runtime = { ...createRuntime(settings), ...overrides };
  const tap = createTap(settings, log);
  const state = createStateServices(settings, runtime.clock, runtime.makeId, (message, fields) =>
    log.warn(message, fields),
  );
  let plan: PlanState | undefined;
  const first: TurnContext = {
    ...withProvider(settings),
    runtime,
    log,
    failures: {},
    traffic: createTraffic(runtime),
    plan: () => (plan ??= openPlan(runtime)),
    serializer: new RequestSerializer(),
    state,
    ...(tap && { tap }),
  };
  let context = first;
  let catalog = createModelCatalog(first.settings, first.provider, log, runtime.clock);
  const refreshContext = (): TurnContext => {
    const now = getSettings();
    if (now === context.settings) return context;
    context = { ...context, ...withProvider(now) };
    catalog = createModelCatalog(now, context.provider, log, runtime.clock);
    return context;
  };
  let kept: KeptResponses | undefined;
  let search: AnswerSearch | undefined;
  let runs: BackgroundRuns | undefined;
  const background = (): BackgroundRuns => (runs ??= openBackgroundRuns(state));
  return {
    start: (kind, body, caller) =>
      kind === 'responses' && isRecord(body) && body['background'] === true
        ? startInBackground(body, caller, refreshContext(), background())
        : TURN_STARTERS[kind](body, caller, refreshContext()),
    renderFailedTurn: (error, body) => renderFailedTurn(error, body, runtime),
    models(codexVersion) {
      refreshContext();
      return catalog.list(codexVersion);
    },
    checkStore: async () => state.openStore().check(),
    kept: () => (kept ??= openKept(state, background)),
    close: () => state.closeStore(),
    search: async (body, abort) => (search ??= openSearch(refreshContext))(body, abort),
  };
}

const withProvider = (settings: BridgeSettings): Pick<TurnContext, 'settings' | 'provider'> =>
  ({ settings, provider: findProvider(settings.provider, settings.aiBaseUrl, settings.catalog) });

function openKept(state: StateServices, background: () => BackgroundRuns): KeptResponses {
  const { createKeptResponses }: typeof import('../state/kept-responses') = require('../state/kept-responses');
  return createKeptResponses(state, background);
}

function openPlan({ clock }: Runtime): PlanState {
  const { PlanState: State }: typeof import('../upstream/plan-state') = require('../upstream/plan-state');
  return new State(clock);
}

function createTraffic({ clock }: Runtime): TurnContext['traffic'] {
  const traffic: TurnContext['traffic'] = {
    counts: new Map(),
    loadLimits() {
      const { InFlight }: typeof import('../upstream/in-flight') = require('../upstream/in-flight');
      return (traffic.limits ??= new InFlight(clock, traffic.counts));
    },
  };
  return traffic;
}

function openSearch(refreshContext: () => TurnContext): AnswerSearch {
  const { createSearch }: typeof import('./search') = require('./search');
  return createSearch(refreshContext);
}

function openBackgroundRuns(state: StateServices): BackgroundRuns {
  const { createBackgroundRuns }: typeof import('../state/background') = require('../state/background');
  return createBackgroundRuns(state);
}

/**
 * Starts a turn that continues if its client disconnects, and streams its events to that client until then.
 * @throws BridgeError for an invalid request; later failures are reported in the Response
 */
async function startInBackground(
  body: UnknownRecord, caller: Caller, context: TurnContext, background: BackgroundRuns,
): Promise<Turn> {
  const { abort: _ofClient, detach, ...rest } = caller;
  if (!detach)
    throw new BridgeError('invalid_request', 'Cannot use "background" here. Send the request without it.', {
      param: 'background',
    });
  const run = await background.start(detach, (abort) =>
    startResponsesTurn({ ...body, stream: true }, { ...rest, abort }, context),
  );
  return {
    stream: body['stream'] === true,
    notes: [],
    keepAlive: () => SSE_KEEP_ALIVE,
    // The response itself continues, and its client can resume the stream.
    fail: () => '',
    frames: () => run.follow(-1),
    collect: () => Promise.resolve({ status: 200, body: JSON.stringify(run.response) }),
  };
}

function createRuntime(settings: BridgeSettings): Runtime {
  return {
    clock: Date.now,
    random: Math.random,
    sleep,
    // Random, so that no client can guess other ids. Codex sends back only `prefix_…` (codex-protocol.md, section 2).
    makeId: (prefix) => `${prefix}_${randomBytes(12).toString('hex')}`,
    transport: createFetchTransport({
      connectMs: settings.upstreamConnectTimeoutMs,
      firstByteMs: settings.upstreamFirstByteTimeoutMs,
      idleMs: settings.upstreamIdleTimeoutMs,
    }),
  };
}

/** Resolves after a delay, or earlier on abort. */
function sleep(milliseconds: number, abort: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      abort.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    if (abort.aborted) done();
    else abort.addEventListener('abort', done);
  });
}

/** Returns a function that logs the first characters of each upstream read, for LOG_STREAM_RAW at debug level. */
function createTap(settings: BridgeSettings, log: Logger): ((bytes: Uint8Array) => void) | undefined {
  if (!settings.logStreamRaw || !log.enabled('debug')) return undefined;
  return (bytes) => {
    const length = Math.min(bytes.byteLength, settings.logStreamMax * 4);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('utf8');
    log.debug('upstream read', { bytes: bytes.byteLength, chunk: text.slice(0, settings.logStreamMax) });
  };
}
