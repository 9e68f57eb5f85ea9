/** `completions`: prints the completion script for a shell. */
import { EXIT, reportUsageErrors, type CommandContext } from '../command/command';
import { renderBash } from './completions/bash';
import { renderFish } from './completions/fish';
import { listScopes, type Scope } from './completions/scopes';
import { renderZsh } from './completions/zsh';

const RENDERERS: ReadonlyMap<string, (scopes: readonly Scope[]) => string> = new Map([
  ['bash', renderBash],
  ['zsh', renderZsh],
  ['fish', renderFish],
]);

/** The operand is the shell. Returns 0, or 2 for invalid usage. */
export async function run({ operand = '', errors, io }: CommandContext): Promise<number> {
  const render = RENDERERS.get(operand);
  if (errors.length > 0 || render === undefined) return reportUsageErrors(errors, io);
  io.out(render(listScopes()));
  return EXIT.done;
}
