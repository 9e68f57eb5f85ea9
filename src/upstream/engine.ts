/** Creates engines for native fetch: undici's agents, with our own time limits and ways to connect. */
import type { Connection, EnginePool } from './connect';

/** Set on the first use of a fetch global: `.2` by undici 7 and 8, `.1` by undici 5 to 7 (Node 18 to 26). */
const GLOBAL_DISPATCHERS = ['undici.globalDispatcher.2', 'undici.globalDispatcher.1'].map((name) => Symbol.for(name));

/**
 * Creates an engine for native fetch with our own time limits. Node does not export undici's Agent class: it is taken
 * from the global dispatcher. If it is not found, fetch keeps its defaults: 10 s to connect, 300 s of silence.
 * @param connect how to connect, in place of a direct connection
 * @returns an engine for fetch's `dispatcher` option, or undefined if this Node offers none
 */
export function createEngine(connectMs: number, connect?: object): object | undefined {
  void globalThis.Headers;
  const Agent = GLOBAL_DISPATCHERS.map((name) => findAgentClass(Reflect.get(globalThis, name))).find(Boolean);
  if (Agent === undefined) return undefined;
  // SilenceTimer sets the other time limits: undici's would end a stream that is merely slow.
  const limits = { connect: connect ?? { timeout: connectMs }, headersTimeout: 0, bodyTimeout: 0, allowH2: false };
  return asObject(Reflect.construct(Agent, [limits]));
}

/**
 * With NODE_USE_ENV_PROXY the global dispatcher is another class, which holds an Agent for direct connections. The
 * bridge chooses proxies itself, in the same way on every Node.
 */
function findAgentClass(dispatcher: unknown): Function | undefined {
  const holder = asObject(dispatcher);
  if (holder === undefined || holder.constructor.name === 'Agent') return holder?.constructor;
  const parts = Object.getOwnPropertySymbols(holder).map((symbol) => asObject(Reflect.get(holder, symbol)));
  return parts.find((part) => part?.constructor?.name === 'Agent')?.constructor;
}

const asObject = (value: unknown): object | undefined =>
  typeof value === 'object' && value !== null ? value : undefined;

/** Loads and creates the engines; called only if a connection other than Node's default is configured. */
export function openEnginePool(connectMs: number): EnginePool {
  const { EnginePool: Pool }: typeof import('./connect') = require('./connect');
  return new Pool(connectMs, (connect) => createEngine(connectMs, connect));
}

/**
 * @param connection how to connect; absent for a direct connection
 * @returns an engine for fetches outside a turn, for their `dispatcher` option; undefined if this Node offers none
 * @throws BridgeError as `EnginePool.find`
 */
export function openEngine(url: string, connectMs: number, connection: Connection | undefined): object | undefined {
  // fetch's default engine would use HTTP/2 (since Node 26) and the proxy that Node chooses (with NODE_USE_ENV_PROXY).
  return (connection && openEnginePool(connectMs).find(new URL(url), connection)) ?? createEngine(connectMs);
}

/** Closes the connections of an engine at once, including those that keep-alive would hold open. */
export function closeEngine(engine: object | undefined): void {
  if (engine && 'destroy' in engine && typeof engine.destroy === 'function') engine.destroy();
}
