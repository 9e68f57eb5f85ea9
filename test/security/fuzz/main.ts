/**
 * `npm run fuzz -- [--minutes N | --cases N] [--seed N] [--case N]`: sends mutated requests and mutated answers of
 * providers through the bridge, over both upstream protocols, and reports every case that breaks a rule (world.ts).
 */
import { parseArgs } from 'node:util';
import { createCase } from './cases';
import { createWorld } from './world';

const OPTIONS = {
  minutes: { type: 'string' }, cases: { type: 'string' },
  seed: { type: 'string', default: '1' }, case: { type: 'string' },
} as const;

/** Enough to see what the failures have in common. */
const MAX_REPORTED = 20;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  const seed = Number(values.seed);
  const first = Number(values.case ?? 0);
  const most = values.minutes === undefined ? 20_000 : Infinity;
  const count = values.case !== undefined ? 1 : Number(values.cases ?? most);
  const until = performance.now() + Number(values.minutes ?? Infinity) * 60_000;
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
    if (values.case !== undefined) console.log(show(fuzzCase));
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

main().then((code) => process.exit(code), (error: unknown) => {
  console.error(error);
  process.exit(1);
});
