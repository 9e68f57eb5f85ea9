/** Runs checks in order, each with a time limit, and skips those whose prerequisites failed or were skipped. */
import { renderDuration } from '../base/quantities';
import { messageOf } from '../base/thrown';
import { createRedactor, listSecretVariables } from '../observe/log';
import { failure, skipped, type Check, type Finding, type FindingLevel } from './check';
import type { Examination } from './examination';

/** A check and its finding. */
export interface CheckResult {
  readonly check: Check;
  readonly finding: Finding;
  readonly ms: number;
}

export interface CheckOptions {
  /** Whether to skip checks that need the network. */
  readonly offline: boolean;
  /** Called before a check. */
  begin?(check: Check): void;
  /** Called after a check. */
  end?(result: CheckResult): void;
}

/** Runs the checks, and hides keys in their findings. Never rejects: a check that throws or takes too long fails. */
export async function runChecks(
  checks: readonly Check[], examination: Examination, options: CheckOptions,
): Promise<readonly CheckResult[]> {
  const redact = createRedactor(listSecrets(examination));
  const results: CheckResult[] = [];
  for (const check of checks) {
    options.begin?.(check);
    const start = performance.now();
    const finding = findObstacle(check, results, options.offline) ?? await runInTime(check, examination);
    const result = { check, finding: redactFinding(finding, redact), ms: Math.round(performance.now() - start) };
    results.push(result);
    options.end?.(result);
  }
  return results;
}

const BLOCKING: ReadonlySet<FindingLevel> = new Set(['failure', 'skipped']);

function findObstacle(
  { needs, after = [] }: Check, results: readonly CheckResult[], offline: boolean,
): Finding | undefined {
  if (offline && needs !== 'nothing') return skipped('needs the provider (--offline)');
  const unmet = results.find(({ check, finding }) => after.includes(check.id) && BLOCKING.has(finding.level));
  if (unmet === undefined) return undefined;
  const { check, finding } = unmet;
  return skipped(finding.level === 'skipped' ? finding.seen : `${check.title} failed`);
}

const LIMIT_MS = 10_000;

async function runInTime({ title, limitMs = LIMIT_MS, run }: Check, examination: Examination): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    const seen = `no result within ${renderDuration(limitMs)}`;
    timer = setTimeout(() => resolve(failure(seen, 'Run doctor again.')), limitMs);
  });
  try {
    return await Promise.race([run(examination), late]);
  } catch (error) {
    const reason = messageOf(error);
    return failure(`the check itself failed: ${reason}`, `Please report this with the name of the check, "${title}".`);
  } finally {
    clearTimeout(timer);
  }
}

/** Lists the known secrets, because a quoted file, or a response that echoes the request, may contain one. */
function listSecrets({ env, settings }: Examination): readonly string[] {
  const headers = Object.values(settings?.config.upstreamHeader ?? {});
  const keys = [...listSecretVariables(env).map((key) => key?.trim()), ...headers, settings?.config.searchKey];
  return [...keys, settings?.config.aiApiKey].flatMap((key) => (key === undefined || key === '' ? [] : [key]));
}

function redactFinding(finding: Finding, redact: (text: string) => string): Finding {
  const seen = redact(finding.seen);
  return finding.fix === undefined ? { ...finding, seen } : { ...finding, seen, fix: redact(finding.fix) };
}
