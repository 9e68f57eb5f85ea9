/** How the soak test, `npm run soak`, detects growth. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateGrowth } from './soak/main';

const SAMPLE = { heapMb: 20, residentMb: 120, sockets: 1, timers: 2, descriptors: 25 };

test('stable figures are flat; the first round, a warm-up, is not compared', () => {
  assert.deepEqual(validateGrowth([{ ...SAMPLE, heapMb: 8, descriptors: 5 }, SAMPLE, SAMPLE, SAMPLE]), []);
});

for (const [name, value] of Object.entries({ heapMb: 40, residentMb: 300, sockets: 9, timers: 30, descriptors: 60 })) {
  test(`growth of ${name} is found`, () => {
    const found = validateGrowth([SAMPLE, SAMPLE, { ...SAMPLE, [name]: value }]);
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', new RegExp(`^Grows: ${name} from`));
  });
}

test('missing figures are reported as missing', () => {
  assert.equal(validateGrowth([SAMPLE, SAMPLE, { ...SAMPLE, heapMb: NaN }]).length, 1);
  assert.equal(validateGrowth([]).length, 1);
});
