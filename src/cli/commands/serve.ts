/** `serve`: reads the configuration, builds the server and runs it. */
import type { Bridge } from '../../bridge/bridge';
import type { Config } from '../../config/options';
import type { Environment } from '../../config/resolve';
import { createLogger, type Logger } from '../../observe/log';
import { createBridgeServer } from '../../server/create-server';
import type { CommandContext } from '../command';
import { containCrashes } from '../contain-crashes';
import { createLateBridge } from '../late-bridge';
import { loadConfig } from '../load-config';
import { reportMistakes } from '../mistakes';
import { runServer } from '../run-server';
import { readVersion } from '../version';

/** Returns when the server has ended: 0 after a signal, 1 when it cannot listen, 2 when the configuration is wrong. */
export async function run({ flags, mistakes, env, io }: CommandContext): Promise<number> {
  const resolved = loadConfig(flags, env);
  if (!resolved.ok) return reportMistakes([...mistakes, ...resolved.mistakes], io);
  if (mistakes.length > 0) return reportMistakes(mistakes, io);

  const { config, origins } = resolved;
  const version = readVersion();
  const log = createLogger({
    level: config.logLevel,
    format: config.logFormat,
    write: (line) => io.error(line),
    secrets: [config.aiApiKey, ...keysOf(env)].filter((secret) => secret !== undefined),
  });
  const bridge = createLateBridge(() => buildBridge(config, env, log));
  const warmUp = setTimeout(bridge.warmUp, WARM_UP_DELAY_MS);
  const server = createBridgeServer({ config, version, log, bridge });
  const forgetCrashes = containCrashes(io, log);
  return runServer({ server, version, config, origins, io }).finally(() => {
    clearTimeout(warmUp);
    forgetCrashes();
  });
}

/** Late enough to leave the first moments to whoever waits for the port, early enough for the first turn. */
const WARM_UP_DELAY_MS = 300;

/** Any of them may be sent somewhere, so none may be logged. */
function keysOf(env: Environment): readonly (string | undefined)[] {
  return Object.keys(env).filter((name) => name.endsWith('_API_KEY')).map((name) => env[name]);
}

function buildBridge(config: Config, env: Environment, log: Logger): Bridge {
  const { collectKeys }: typeof import('../../providers/keys') = require('../../providers/keys');
  const { PROVIDERS }: typeof import('../../providers/catalog') = require('../../providers/catalog');
  const { createBridge }: typeof import('../../bridge/create-bridge') = require('../../bridge/create-bridge');
  return createBridge({ ...config, providerKeys: collectKeys(PROVIDERS, env) }, log);
}
