/** `doctor`: checks everything between Codex and the provider, says what was seen and how to mend it. */
import { EXIT, type CommandContext } from '../command/command';
import { GROUPS } from './check';
import { ALL_CHECKS, findGroup } from './checks';
import { createExamination } from './examination';
import { isFine, renderJson, renderOpening, renderSummary, ReportLines } from './render';
import { runChecks } from './run-checks';
import { createTerminalStyle } from '../command/terminal-style';
import { reportMistakes } from '../command/mistakes';
import { DOCTOR_FLAGS } from '../command/own-flag-rows';
import { readOwnFlag } from '../command/own-flags';
import { createProgress } from '../command/progress';
import { readVersion } from '../command/version';

/** Returns 0 when nothing failed, 1 when something did, 2 when the words of the command line are wrong. */
export async function run({ flags, own, mistakes, env, io }: CommandContext): Promise<number> {
  // Wrong values of options are findings; a word that nobody understands is none.
  if (mistakes.length > 0) return reportMistakes(mistakes, io);
  const json = readOwnFlag(DOCTOR_FLAGS.json, own) ?? false;
  const offline = readOwnFlag(DOCTOR_FLAGS.offline, own) ?? false;
  const codexName = readOwnFlag(DOCTOR_FLAGS.codexBin, own) ?? 'codex';
  const version = readVersion();
  const look = createTerminalStyle(io.isTerminal?.() ?? false, env);
  const progress = createProgress(io, createTerminalStyle(io.isErrorTerminal?.() ?? false, env));
  const lines = new ReportLines(look);
  const write = (text: string): void => {
    if (!json && text !== '') io.out(text);
  };

  write(renderOpening(version, offline, look));
  const examination = createExamination({ flags, env, codexName, version });
  const results = await runChecks(ALL_CHECKS, examination, {
    offline,
    begin: (check) => progress.say(`${GROUPS[findGroup(check)]}: ${check.title}`),
    end(result) {
      progress.end();
      write(lines.add(findGroup(result.check), result));
    },
  });
  write(lines.end());
  const requests = examination.countRequests();
  write(renderSummary(results, requests, look));
  if (json) io.out(renderJson({ version, results, requests }, findGroup));
  return isFine(results) ? EXIT.done : EXIT.failed;
}
