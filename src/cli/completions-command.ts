/** `completions`: prints the script that completes command lines of the bridge in a shell. */
import { EXIT, reportMistakes, type CommandContext } from '../command/command';
import { renderBash } from './completions/bash';
import { renderFish } from './completions/fish';
import { listScopes, type Scope } from './completions/scopes';
import { renderZsh } from './completions/zsh';

const RENDERERS: ReadonlyMap<string, (scopes: readonly Scope[]) => string> = new Map([
  ['bash', renderBash],
  ['zsh', renderZsh],
  ['fish', renderFish],
]);

/** Takes the shell as the operand. Returns 0, or 2 when the usage is invalid. */
export async function run({ operand = '', mistakes, io }: CommandContext): Promise<number> {
  const render = RENDERERS.get(operand);
  if (mistakes.length > 0 || render === undefined) return reportMistakes(mistakes, io);
  io.out(render(listScopes()));
  return EXIT.done;
}
