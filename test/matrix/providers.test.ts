/** Every provider row with an upstream that rejects what that provider rejects, with the provider's messages. */
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { PROVIDERS } from '../../src/providers/catalog';
import { takeSample } from '../support/long-tests';
import { PROVIDER_BEHAVIOR } from '../support/strict/providers';
import { Bench, type Form } from './bench';
import { SCENARIOS } from './scenarios';
import { TARGETS } from './targets';

/** Outside long runs, each target takes one of them in turn. */
const FORMS: readonly Form[] = ['stream', 'json'];

it('every provider is tested with at least one model, and no removed provider has rules', () => {
  const names = PROVIDERS.map(({ name }) => name);
  assert.deepEqual(Object.keys(PROVIDER_BEHAVIOR).filter((name) => !names.includes(name)), []);
  assert.deepEqual([...new Set(TARGETS.map(({ provider }) => provider.name))], names);
});

for (const provider of PROVIDERS) {
  describe(provider.name, () => {
    for (const target of TARGETS.filter((cell) => cell.provider === provider)) {
      for (const form of takeSample(FORMS, 2, TARGETS.indexOf(target))) {
        test(`${target.model}, ${form}`, async (context) => {
          const bench = await Bench.open(context, target, form);
          const scenarios = SCENARIOS.filter(({ once }) => once === undefined || form === 'stream');
          for (const { name, run } of scenarios) await context.test(name, () => run(bench));
        });
      }
    }
  });
}
