/** `codex`: runs Codex through the bridge, which starts and ends with it; no file of the user is changed. */
import { EXIT, type CommandContext } from '../command/command';
import { launchCodex } from './launch-codex';
import { requireConfig } from '../command/load-config';
import { CODEX_FLAGS } from '../command/own-flag-rows';
import { readOwnFlag } from '../command/own-flags';

/** Returns Codex's exit code, 127 when there is no Codex, 1 when there is no bridge, 2 when it was asked in a wrong way. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, own, env, io, rest } = context;
  const resolved = requireConfig(context);
  if (typeof resolved === 'number') return resolved;
  const name = readOwnFlag(CODEX_FLAGS.codexBin, own) ?? 'codex';
  const outcome = await launchCodex({ name, words: rest, flags, env, io, resolved });
  if (outcome.ok) return outcome.code;
  io.error(`${outcome.problem}\n`);
  return outcome.code ?? EXIT.failed;
}
