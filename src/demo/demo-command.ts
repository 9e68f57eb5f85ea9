/** `demo`: a whole tool round against a simulated model, without key and network. */
import { messageOf } from '../base/thrown';
import { OPTIONS, OPTION_NAMES } from '../config/options';
import { EXIT, type CommandContext } from '../command/command';
import { runDemo } from './run-demo';
import { reportMistakes } from '../command/mistakes';
import { readVersion } from '../command/version';

/** Short enough to be fun, long enough to see the words come. */
const PAUSE_MS = 12;

const LIMIT_MS = 10_000;

/** Returns 0 when every step of the demo was right, 1 when one was not, 2 when it was given options. */
export async function run({ flags, mistakes, env, io }: CommandContext): Promise<number> {
  const given = OPTION_NAMES.filter((name) => flags[name] !== undefined);
  const unwanted = given.map((name) => `The demo takes no options, and so not ${OPTIONS[name].flags[0]}.`);
  if (mistakes.length + unwanted.length > 0) return reportMistakes([...mistakes, ...unwanted], io);
  try {
    return await runDemo({ io, env, version: readVersion(), pauseMs: PAUSE_MS, limitMs: LIMIT_MS });
  } catch (error) {
    io.error(`The demo cannot run: ${messageOf(error)}\n`);
    return EXIT.failed;
  }
}
