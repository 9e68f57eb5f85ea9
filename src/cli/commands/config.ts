/** `config`: every option with the value that is in effect, and where it comes from. */
import { findProvider } from '../../providers/catalog';
import { EXIT, type CommandContext } from '../command';
import { describeConfig, renderConfig } from '../config-table';
import { requireConfig } from '../load-config';
import { createLook } from '../look';
import { CONFIG_FLAGS } from '../own-flag-rows';
import { readOwnFlag } from '../own-flags';
import { findPlaces, thisMachine } from '../places';

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
    places: findPlaces(thisMachine(resolved.env), config.stateDir),
    flags,
    env,
    file,
  };
  if (readOwnFlag(CONFIG_FLAGS.json, own)) io.out(`${JSON.stringify(describeConfig(view), null, 2)}\n`);
  else io.out(renderConfig(view, createLook(io.isTerminal?.() ?? false, env)));
  return EXIT.done;
}
