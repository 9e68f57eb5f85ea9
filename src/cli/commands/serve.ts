/** `serve`: reads the configuration, builds the server and runs it. */
import { createBridge } from '../../bridge/create-bridge';
import { resolveConfig } from '../../config/resolve';
import { createLogger } from '../../observe/log';
import { createBridgeServer } from '../../server/create-server';
import type { CommandContext } from '../command';
import { reportMistakes } from '../mistakes';
import { runServer } from '../run-server';
import { readVersion } from '../version';

/** Returns when the server has ended: 0 after a signal, 1 when it cannot listen, 2 when the configuration is wrong. */
export async function run({ flags, mistakes, env, io }: CommandContext): Promise<number> {
  const resolved = resolveConfig(flags, env);
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
  const server = createBridgeServer({ config, version, log, bridge: createBridge(config, log) });
  return runServer({ server, version, config, origins, io });
}
