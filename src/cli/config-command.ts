/** `config`: every option with the value that is in effect, and where it comes from. */
import { findProvider } from '../providers/catalog';
import { EXIT, type CommandContext } from '../command/command';
import { describeConfig, renderConfig } from './config-table';
import { requireConfig } from '../command/load-config';
import { createTerminalStyle } from '../command/terminal-style';
import { CONFIG_FLAGS } from '../command/own-flag-rows';
import { readOwnFlag } from '../command/own-flags';
import { findPaths, thisMachine } from '../command/paths';

/** Returns 0 when it was shown, 2 with every mistake when there is one. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, own, env, io } = context;
  const resolved = requireConfig(context);
  if (typeof resolved === 'number') return resolved;
  const { config, origins, file } = resolved;
  const view = {
    config,
    origins,
    provider: findProvider(config.provider, config.aiBaseUrl),
    places: findPaths(thisMachine(resolved.env), config.stateDir),
    flags,
    env,
    file,
  };
  if (readOwnFlag(CONFIG_FLAGS.json, own)) io.out(`${JSON.stringify(describeConfig(view), null, 2)}\n`);
  else io.out(renderConfig(view, createTerminalStyle(io.isTerminal?.() ?? false, env)));
  return EXIT.done;
}
