/** `completions`: prints the script that completes the bridge's command line in a shell. */
import { EXIT, type CommandContext } from '../command/command';
import { renderBash } from './completions/bash';
import { renderFish } from './completions/fish';
import { listScopes, type Scope } from './completions/scopes';
import { renderZsh } from './completions/zsh';
import { reportMistakes } from '../command/mistakes';

const RENDERERS: ReadonlyMap<string, (scopes: readonly Scope[]) => string> = new Map([
  ['bash', renderBash],
  ['zsh', renderZsh],
  ['fish', renderFish],
]);

/** Takes the shell as the operand. Returns 0, or 2 when it was asked in a wrong way. */
export async function run({ operand = '', mistakes, io }: CommandContext): Promise<number> {
  const render = RENDERERS.get(operand);
  if (mistakes.length > 0 || render === undefined) return reportMistakes(mistakes, io);
  io.out(render(listScopes()));
  return EXIT.done;
}
