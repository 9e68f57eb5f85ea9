/**
 * Sends mutated requests and mutated answers of providers through the bridge, over both upstream protocols, and reports
 * every case that breaks a rule (world.ts).
 */
import { parseArgs } from 'node:util';
import { readNumber, runMain } from '../../tools/command-line';
import { createCase } from './cases';
import { createWorld } from './world';

const USAGE = 'Usage: npm run fuzz -- [--minutes N | --cases N] [--seed N] [--case N]';

const OPTIONS = {
  minutes: { type: 'string' }, cases: { type: 'string' },
  seed: { type: 'string' }, case: { type: 'string' },
} as const;

/** Enough to see what the failures have in common. */
const MAX_REPORTED = 20;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  const seed = readNumber(values, 'seed', { min: 0 }) ?? 1;
  const only = readNumber(values, 'case', { min: 0 });
  const minutes = readNumber(values, 'minutes', { min: 0, fractions: true });
  const cases = readNumber(values, 'cases', { min: 1 }) ?? (minutes === undefined ? 20_000 : Infinity);
  const [first, count] = only === undefined ? [0, cases] : [only, 1];
  const until = performance.now() + (minutes ?? Infinity) * 60_000;
  const world = await createWorld();
  const began = performance.now();
  let failed = 0;
  let number = first;
  for (; number < first + count && performance.now() < until; number += 1) {
    const fuzzCase = createCase(seed, number);
    const problems = await world.run(fuzzCase);
    if (problems.length === 0) continue;
    failed += 1;
    if (failed > MAX_REPORTED) continue;
    console.log(`Case ${number} (${fuzzCase.name}):\n  ${problems.join('\n  ')}`);
    if (only !== undefined) console.log(show(fuzzCase));
    else console.log(`  To repeat it: npm run fuzz -- --seed ${seed} --case ${number}`);
  }
  await world.close();
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  console.log(`${number - first} cases with seed ${seed} in ${seconds} s: ${failed} failed.`);
  return failed === 0 ? 0 : 1;
}

function show({ request, answer }: ReturnType<typeof createCase>): string {
  const { status, headers, reads, breaks } = answer;
  return [
    `POST ${request.path} ${JSON.stringify(request.headers)}`, request.body.toString('utf8'),
    `answered ${status} ${JSON.stringify(headers)}${breaks ? ', and the connection breaks' : ''}`,
    Buffer.concat(reads).toString('utf8'),
  ].join('\n');
}

runMain(USAGE, main);
