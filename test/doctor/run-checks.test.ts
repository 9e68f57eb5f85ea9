/** `doctor`: runs the table of checks in order, with time limits, skips, and the report. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Check } from '../../src/doctor/check';
import { ALL_CHECKS, CHECKS, findGroup } from '../../src/doctor/checks';
import { createExamination } from '../../src/doctor/examination';
import { failure, ok, skipped, warning, type Finding } from '../../src/doctor/check';
import { hasNoFailure, renderReport } from '../../src/doctor/report';
import { runChecks, type CheckResult } from '../../src/doctor/run-checks';
import { createTerminalStyle } from '../../src/command/terminal-style';
import { createDoctorScene, KEY } from '../support/cli/doctor-scene';

const check = (id: string, finding: Finding, more: Partial<Check> = {}): Check => ({
  id,
  title: id.toUpperCase(),
  needs: 'nothing',
  run: () => finding,
  ...more,
});

async function runAll(context: TestContext, checks: readonly Check[], offline = false) {
  const { env } = await createDoctorScene(context);
  return runChecks(checks, createExamination({ flags: {}, env, codexName: 'codex', version: '1.2.3' }), { offline });
}

const levels = (results: readonly CheckResult[]) => results.map(({ finding: { level, seen } }) => `${level}: ${seen}`);

test('the table: ids are unique, and prerequisites come first', () => {
  const ids = ALL_CHECKS.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const [index, { id, after = [] }] of ALL_CHECKS.entries()) {
    assert.match(id, /^[a-z][a-z-]*$/);
    for (const before of after)
      assert.ok(ids.indexOf(before) >= 0 && ids.indexOf(before) < index, `${id} after ${before}`);
  }
  for (const [group, rows] of Object.entries(CHECKS)) for (const row of rows) assert.equal(findGroup(row), group);
});

test('only provider checks send a request; of the others, only dns and connection need the network', () => {
  assert.deepEqual(
    ALL_CHECKS.filter(({ needs }) => needs === 'request').map(findGroup),
    CHECKS.upstream.map(() => 'upstream'),
  );
  assert.deepEqual(ALL_CHECKS.filter(({ needs }) => needs === 'network').map(({ id }) => id), ['dns', 'connection']);
});

test('a check whose prerequisite failed is skipped with the reason, and so are dependent checks', async (context) => {
  const never = (): Finding => assert.fail('it must not run');
  const results = await runAll(context, [
    check('a', failure('broken', 'Fix it.')),
    check('b', ok(''), { after: ['a'], run: never }),
    check('c', ok(''), { after: ['b'], run: never }),
    check('d', warning('odd', 'Look.')),
    check('e', ok('fine'), { after: ['d'] }),
  ]);
  assert.deepEqual(levels(results), [
    'failure: broken',
    'skipped: A failed',
    'skipped: A failed',
    'warning: odd',
    'ok: fine',
  ]);
  assert.equal(hasNoFailure(results), false);
  assert.equal(hasNoFailure(results.slice(1)), true);
});

test('offline skips checks that need the network or a request', async (context) => {
  const results = await runAll(context, [
    check('a', ok('here')), check('b', ok('net'), { needs: 'network' }), check('c', ok('paid'), { needs: 'request' }),
  ], true);
  assert.deepEqual(levels(results), [
    'ok: here',
    'skipped: needs the provider (--offline)',
    'skipped: needs the provider (--offline)',
  ]);
});

test('a check that throws, rejects or hangs is a failure', async (context) => {
  const results = await runAll(context, [
    check('a', ok(''), { run: () => { throw new Error('oops'); } }),
    check('b', ok(''), { run: () => Promise.reject(new Error('later')) }),
    check('c', ok(''), { run: () => new Promise<never>(() => undefined), limitMs: 20 }),
  ]);
  assert.deepEqual(levels(results), [
    'failure: the check itself failed: oops',
    'failure: the check itself failed: later',
    'failure: no result within 20 ms',
  ]);
  for (const { finding } of results) assert.ok(finding.fix);
});

test('keys are removed from all findings', async (context) => {
  const [result] = await runAll(context, [check('a', failure(`it said ${KEY}`, `do not send ${KEY}`))]);
  assert.ok(!JSON.stringify(result).includes(KEY));
});

function render(
  isTerminal: boolean,
  env: Readonly<Record<string, string>>,
  findings: readonly (readonly [string, Finding])[],
  verbose = false,
): string {
  const style = createTerminalStyle(isTerminal, env, 'linux');
  const results = findings.map(([id, finding]) => ({ check: check(id, finding), finding, ms: 1 }));
  return renderReport({ version: '1.2.3', results, requests: 1, findGroup: () => 'machine' }, verbose, style);
}

const FINDINGS: readonly (readonly [string, Finding])[] = [
  ['first', ok('a fact')],
  ['second', failure('config.toml:3:5: expected a value\n  x = = 1\n      ^', 'Correct the line.')],
  [
    'third',
    warning(
      'a long sentence that says what was seen here, which does not fit into the rest of one line',
      'First do this.\nThen do that.',
    ),
  ],
  ['fourth', skipped('no bridge is running')],
];

const PROBLEMS = `
warn THIRD                a long sentence that says what was seen here, which
                          does not fit into the rest of one line
                          Fix: First do this.
                          Then do that.

FAIL SECOND               config.toml:3:5: expected a value
                            x = = 1
                                ^
                          Fix: Correct the line.
`;

test('passed checks are one line, and failures come last', () => {
  assert.equal(render(false, { LANG: 'C' }, FINDINGS), `
ok   1 check passed, 1 skipped, 1 request sent; details: --verbose
${PROBLEMS}`);
});

test('--verbose shows every check, but a problem still only once', () => {
  assert.equal(render(false, { LANG: 'C' }, FINDINGS, true), `
This machine
ok   FIRST                a fact
skip FOURTH               no bridge is running

ok   1 check passed, 1 skipped, 1 request sent
${PROBLEMS}`);
});

test('a terminal gets marks and colors, unless they are disabled', () => {
  const colored = render(true, { LANG: 'C.UTF-8', TERM: 'xterm' }, FINDINGS);
  assert.match(colored, /\u001b\[32m✓\u001b\[39m 1 check passed/);
  assert.match(colored, /\u001b\[33m!\u001b\[39m THIRD/);
  assert.match(colored, /\u001b\[31m✗\u001b\[39m SECOND/);
  assert.match(colored, /\u001b\[36mFix: Correct the line\.\u001b\[39m/);
  assert.doesNotMatch(render(true, { LANG: 'C.UTF-8', NO_COLOR: '1' }, FINDINGS), /\u001b/);
  assert.doesNotMatch(render(false, { LANG: 'C' }, FINDINGS), /[^\n\x20-\x7e]/);
});
