/** `setup`: tells Codex about the bridge, in its config.toml; or gives a shell the function that starts both. */
import { renderBlock } from '../codex/config-toml';
import type { Config } from '../config/options';
import { EXIT, type CommandContext } from '../command/command';
import { askCodexVersion } from '../codex/codex-program';
import { findInstalledProgram } from '../codex/program';
import { requireConfig } from '../command/load-config';
import { createTerminalStyle } from '../command/terminal-style';
import { NO_MODEL, openCatalog } from '../command/open-catalog';
import { SETUP_FLAGS } from '../command/own-flag-rows';
import { readOwnFlag, type OwnTexts } from '../command/own-flags';
import { findPaths, thisMachine } from '../command/paths';
import { describeBridge, renderHint, setUpConfig, type Outcome } from './setup-config';
import { judgeShellFlags, runShellSetup } from './shell';
import { undoConfig } from './undo-config';

/** Returns 0 when it is done or was done before, 1 when it failed or was refused, 2 when it was asked in a wrong way. */
export async function run(context: CommandContext): Promise<number> {
  const { own, mistakes, env, io } = context;
  const wish = readWish(own);
  if (wish.shell !== undefined) return runShellSetup(context, wish.shell, wish.install);
  const resolved = requireConfig({ ...context, mistakes: [...mistakes, ...wish.mistakes] }, ({ port }) =>
    (port === 0 && !wish.undo ? [VAGUE_PORT] : []));
  if (typeof resolved === 'number') return resolved;
  const { config } = resolved;
  const { codexHome } = findPaths(thisMachine(env), config.stateDir);
  const job = { codexHome, config, yes: wish.yes, look: createTerminalStyle(io.isTerminal?.() ?? false, env), io };
  const setUp = async (): Promise<Outcome> => setUpConfig({ ...job, models: await listModels(context, config) });
  const outcome = await (wish.undo ? undoConfig(job) : wish.print ? printBlock(context, config) : setUp());
  if (outcome.ok) io.out(outcome.text);
  else io.error(`${outcome.problem}\n`);
  return outcome.ok ? EXIT.done : EXIT.failed;
}

const VAGUE_PORT =
  'Port 0 stands for a free one: name the port that the bridge will have, so that Codex finds it.';

function readWish(own: OwnTexts) {
  const is = (name: 'print' | 'undo' | 'yes' | 'install'): boolean => readOwnFlag(SETUP_FLAGS[name], own) ?? false;
  const [print, undo] = [is('print'), is('undo')];
  const mistakes = [
    ...judgeShellFlags(own),
    ...(print && undo ? ['--print writes nothing and --undo takes something out: give one of them.'] : []),
  ];
  return { print, undo, yes: is('yes'), install: is('install'), shell: readOwnFlag(SETUP_FLAGS.shell, own), mistakes };
}

/** Before 0.146 Codex refuses a catalog with words that it does not know, so it is asked what it is. */
async function listModels({ env, io }: CommandContext, config: Config) {
  const program = findInstalledProgram('codex', env);
  const version = program && (await askCodexVersion(program, env));
  return (await openCatalog(config, io).catalog.list(version)).body.models;
}

async function printBlock({ io }: CommandContext, config: Config): Promise<Outcome> {
  const [first] = await openCatalog(config, io).catalog.entries();
  if (first === undefined) return { ok: false, problem: `Cannot print the block: ${NO_MODEL}.` };
  const model = config.defaultModel ?? first.model.id;
  return { ok: true, text: renderHint(renderBlock({ model, catalogFile: undefined, ...describeBridge(config) })) };
}
