/** `help`: the commands and the options, printed from their tables. */
import { renderOptionsHelp } from '../../config/help';
import { EXIT, type CommandContext } from '../command';
import { COMMANDS } from '../commands';
import type { OwnFlag } from '../own-flags';

/** Takes the world from `context`; nothing else matters. */
export async function run({ io }: CommandContext): Promise<number> {
  io.out(renderHelp());
  return EXIT.done;
}

/** The whole help text. */
export function renderHelp(): string {
  const commands = Object.entries(COMMANDS).map(([name, { flags = [], own = [], summary }]) =>
    `  ${[name, ...flags].join(', ').padEnd(22)} ${summary}\n${own.map(renderOwn).join('')}`);
  return `Usage: aliyun-codex-bridge [command] [options]

Lets the Codex CLI (Responses API) work with a provider that speaks Chat Completions.

Commands:
${commands.join('')}
Example:
  AI_API_KEY=sk-... aliyun-codex-bridge --port 8080

Options (a flag beats the environment variable):

${renderOptionsHelp()}`;
}

function renderOwn({ flag, type, help }: OwnFlag): string {
  const usage = type.isSwitch ? flag : `${flag} ${type.placeholder}`;
  return `      ${usage.padEnd(26)} ${help}\n`;
}
