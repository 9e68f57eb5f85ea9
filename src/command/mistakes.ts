/** How mistakes of the user are told: all of them at once. */
import { EXIT, type CommandIo } from './command';

/** Writes every mistake to standard error and returns the exit code. */
export function reportMistakes(mistakes: readonly string[], io: CommandIo): number {
  const count = mistakes.length === 1 ? 'is a mistake' : `are ${mistakes.length} mistakes`;
  const lines = mistakes.map((mistake) => `  ${mistake}\n`).join('');
  io.error(`aliyun-codex-bridge cannot start, there ${count} in its flags or environment:\n${lines}`);
  return EXIT.misused;
}
