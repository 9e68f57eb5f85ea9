/** Runs the table: in its order, each check in its time, and none of those whose ground is gone. */
import { messageOf } from '../base/thrown';
import { createRedactor } from '../observe/redact';
import type { Check } from './check';
import type { Examination } from './examination';
import { failure, skipped, type Finding, type Level } from './finding';

/** A check and what came of it. */
export interface Result {
  readonly check: Check;
  readonly finding: Finding;
  readonly ms: number;
}

export interface RunOptions {
  /** Leaves out what needs the network. */
  readonly offline: boolean;
  /** Told before a check begins. */
  begin?(check: Check): void;
  /** Told when it has ended. */
  end?(result: Result): void;
}

/** Never rejects: a check that throws or takes too long has failed. */
export async function runChecks(
  checks: readonly Check[], examination: Examination, options: RunOptions,
): Promise<readonly Result[]> {
  const redact = createRedactor(listSecrets(examination));
  const results: Result[] = [];
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

const BROKEN: ReadonlySet<Level> = new Set(['failure', 'skipped']);

function findObstacle({ needs, after = [] }: Check, results: readonly Result[], offline: boolean): Finding | undefined {
  if (offline && needs !== 'nothing') return skipped('needs the provider: --offline');
  const missing = results.find(({ check, finding }) => after.includes(check.id) && BROKEN.has(finding.level));
  if (missing === undefined) return undefined;
  const { check, finding } = missing;
  return skipped(finding.level === 'skipped' ? finding.seen : `${check.title} failed`);
}

const LIMIT_MS = 10_000;

async function runInTime({ title, limitMs = LIMIT_MS, run }: Check, examination: Examination): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    const seen = `no result within ${limitMs / 1_000} s`;
    timer = setTimeout(() => resolve(failure(seen, 'Something does not answer: run doctor again.')), limitMs);
  });
  try {
    return await Promise.race([run(examination), late]);
  } catch (error) {
    const reason = messageOf(error);
    return failure(`the check itself broke: ${reason}`, `Please report this with the name of the check, "${title}".`);
  } finally {
    clearTimeout(timer);
  }
}

/** Every key that is known: a file that is quoted, or a provider that repeats what it was sent, may hold one. */
function listSecrets({ env, setup }: Examination): readonly string[] {
  const keys = Object.entries(env).filter(([name]) => /_(API_KEY|TOKEN)$/.test(name)).map(([, key]) => key?.trim());
  return [...keys, setup?.config.aiApiKey].flatMap((key) => (key === undefined || key === '' ? [] : [key]));
}

function redactFinding(finding: Finding, redact: (text: string) => string): Finding {
  const seen = redact(finding.seen);
  return finding.fix === undefined ? { ...finding, seen } : { ...finding, seen, fix: redact(finding.fix) };
}
