/** A bridge that is built when it is first needed: its sixty modules would double the time until the server listens. */
import type { Bridge } from '../bridge/bridge';

/** Passes every call on to what `build` returns; `build` runs once, at the first call or at `warmUp`. */
export function createLateBridge(build: () => Bridge): Bridge & { warmUp(): void } {
  let built: Bridge | undefined;
  const bridge = (): Bridge => (built ??= build());
  return {
    start: (kind, body, caller) => bridge().start(kind, body, caller),
    failedFrames: (error, body) => bridge().failedFrames(error, body),
    models: (codexVersion) => bridge().models(codexVersion),
    kept: () => bridge().kept(),
    search: (body, abort) => bridge().search(body, abort),
    warmUp: () => void bridge(),
  };
}
