/** `doctor`: diagnoses problems between Codex and the provider, and suggests fixes. */
import { EXIT, type CommandContext, reportUsageErrors } from '../command/command';
import { DOCTOR_FLAGS, readOwnFlag } from '../command/own-flags';
import { createProgress } from '../command/progress';
import { createTerminalStyle } from '../command/terminal-style';
import { readVersion } from '../command/version';
import { GROUPS, type Check } from './check';
import { ALL_CHECKS, findGroup } from './checks';
import { createExamination } from './examination';
import { hasNoFailure, renderJson, renderOpening, renderReport } from './report';
import { runChecks } from './run-checks';

/** Returns 0 if no check failed, 1 if one did, 2 for invalid usage. */
export async function run(
  { flags, own, errors, env, io }: CommandContext, checks: readonly Check[] = ALL_CHECKS,
): Promise<number> {
  // Invalid option values are findings; an unknown flag is invalid usage.
  if (errors.length > 0) return reportUsageErrors(errors, io);
  const json = readOwnFlag(DOCTOR_FLAGS.json, own) ?? false;
  const offline = readOwnFlag(DOCTOR_FLAGS.offline, own) ?? false;
  const verbose = readOwnFlag(DOCTOR_FLAGS.verbose, own) ?? false;
  const codexName = readOwnFlag(DOCTOR_FLAGS.codexBin, own) ?? 'codex';
  const version = readVersion();
  const style = createTerminalStyle(io.isTerminal?.() ?? false, env);
  const progress = createProgress(io, createTerminalStyle(io.isErrorTerminal?.() ?? false, env));
  if (!json) io.out(renderOpening(version, offline, style));
  const examination = createExamination({ flags, env, codexName, version });
  const results = await runChecks(checks, examination, {
    offline,
    begin: (check) => progress.say(`${GROUPS[findGroup(check)]}: ${check.title}`),
    end: () => progress.end(),
  });
  const report = { version, results, requests: examination.countRequests(), findGroup };
  io.out(json ? renderJson(report) : renderReport(report, verbose, style));
  return hasNoFailure(results) ? EXIT.done : EXIT.failed;
}
