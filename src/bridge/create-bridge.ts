/** Puts the core together: settings, provider and the wire behind the one interface the server knows. */
import { isRecord } from '../base/json';
import { findProvider } from '../providers/catalog';
import type { Logger } from '../observe/log';
import { LearnedAmendments } from '../upstream/amendments';
import { FailureBudget } from '../upstream/failure-budget';
import { RefusalCache } from '../upstream/refusal-cache';
import { createFetchTransport } from '../upstream/transport';
import type { Background } from '../state/background';
import type { Bridge, Caller, KeptResponses, Turn, TurnKind } from './bridge';
import { failedFrames } from './failed-frames';
import { createModelCatalog } from './models';
import { createOpenStore } from '../state/open-store';
import { createMakeId, sleep, type Runtime } from './runtime';
import type { BridgeSettings } from './settings';
import { startChatTurn, startCompaction, startResponsesTurn } from './turn';
import type { TurnContext } from './turn-context';

type StartTurn = (body: unknown, caller: Caller, context: TurnContext) => Promise<Turn>;

const STARTS: { readonly [K in TurnKind]: StartTurn } = {
  responses: startResponsesTurn,
  chat: startChatTurn,
  compaction: startCompaction,
};

/** @param overrides parts of the runtime that a test replaces */
export function createBridge(settings: BridgeSettings, log: Logger, overrides: Partial<Runtime> = {}): Bridge {
  const provider = findProvider(settings.provider, settings.aiBaseUrl);
  const runtime = { ...createRuntime(settings), ...overrides };
  const tap = createTap(settings, log);
  const refusals = new RefusalCache(settings.refusalCacheMs, runtime.clock);
  const openStore = createOpenStore(settings, runtime.clock, log);
  const context: TurnContext = {
    settings,
    provider,
    runtime,
    log,
    learned: new LearnedAmendments(),
    budget: new FailureBudget(),
    refusals,
    openStore,
    ...(tap && { tap }),
  };
  const catalog = createModelCatalog(settings, provider, log);
  let desk: KeptResponses | undefined;
  let runs: Background | undefined;
  const background = (): Background => (runs ??= openBackground(context));
  return {
    start: (kind, body, caller) =>
      kind === 'responses' && isRecord(body) && body['background'] === true
        ? background().start(body, caller)
        : STARTS[kind](body, caller, context),
    failedFrames: (error, body) => failedFrames(error, body, runtime),
    models: (codexVersion) => catalog.list(codexVersion),
    desk: () => (desk ??= openDesk(context, background)),
  };
}

function openDesk(context: TurnContext, background: () => Background): KeptResponses {
  const { createKeptResponses }: typeof import('../state/kept-responses') = require('../state/kept-responses');
  return createKeptResponses(context, background);
}

function openBackground(context: TurnContext): Background {
  const { createBackground }: typeof import('../state/background') = require('../state/background');
  return createBackground(context);
}

function createRuntime(settings: BridgeSettings): Runtime {
  return {
    clock: Date.now,
    random: Math.random,
    sleep,
    makeId: createMakeId(),
    transport: createFetchTransport({
      connectMs: settings.upstreamConnectTimeoutMs,
      firstByteMs: settings.upstreamFirstByteTimeoutMs,
      idleMs: settings.upstreamIdleTimeoutMs,
    }),
  };
}

/** LOG_STREAM_RAW: the first characters of each upstream read, at debug level only. */
function createTap(settings: BridgeSettings, log: Logger): ((bytes: Uint8Array) => void) | undefined {
  if (!settings.logStreamRaw || !log.enabled('debug')) return undefined;
  return (bytes) => {
    const text = Buffer.from(
      bytes.buffer,
      bytes.byteOffset,
      Math.min(bytes.byteLength, settings.logStreamMax * 4),
    ).toString('utf8');
    log.debug('upstream read', { bytes: bytes.byteLength, chunk: text.slice(0, settings.logStreamMax) });
  };
}
