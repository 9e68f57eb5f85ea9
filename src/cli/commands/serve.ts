/** `serve`: reads the configuration, builds the server and runs it. */
import type { Bridge } from '../../bridge/bridge';
import type { Config } from '../../config/options';
import { createLogger, type Logger } from '../../observe/log';
import { createBridgeServer } from '../../server/create-server';
import type { CommandContext } from '../command';
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
    secrets: config.aiApiKey === undefined ? [] : [config.aiApiKey],
  });
  const bridge = createLateBridge(() => buildBridge(config, log));
  const warmUp = setTimeout(bridge.warmUp, WARM_UP_DELAY_MS);
  const server = createBridgeServer({ config, version, log, bridge });
  return runServer({ server, version, config, origins, io }).finally(() => clearTimeout(warmUp));
}

/** Late enough to leave the first moments to whoever waits for the port, early enough for the first turn. */
const WARM_UP_DELAY_MS = 300;

function buildBridge(config: Config, log: Logger): Bridge {
  const { createBridge }: typeof import('../../bridge/create-bridge') = require('../../bridge/create-bridge');
  return createBridge(config, log);
}
