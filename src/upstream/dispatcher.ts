/**
 * The engine of native fetch, with our own time limits. Node gives no public way to its class: it is reached through
 * the global dispatcher, behind a feature test. Without it fetch keeps its defaults: 10 s to connect, 300 s of silence.
 */

/** Set by undici 5 to 7, the versions inside Node 18 to 24, once a fetch global was touched (tried on all of them). */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/** @returns an agent for fetch's `dispatcher` option, or undefined where this Node offers none. */
export function createDispatcher(connectMs: number): object | undefined {
  void globalThis.Headers;
  const current: unknown = Reflect.get(globalThis, GLOBAL_DISPATCHER);
  if (typeof current !== 'object' || current === null) return undefined;
  // Time limits other than connecting are ours (timeouts.ts): undici's would end a stream that is merely slow.
  const limits = { connect: { timeout: connectMs }, headersTimeout: 0, bodyTimeout: 0 };
  const agent: unknown = Reflect.construct(current.constructor, [limits]);
  return typeof agent === 'object' && agent !== null ? agent : undefined;
}
