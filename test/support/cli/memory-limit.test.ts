/** The memory limit of a built bridge: what is in use exceeds it, garbage does not. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

/** Allocates 20 times 10 MB, one in each turn of the event loop; `keep` says what stays in use. */
const allocate = (value: string, keep: number): string => `
  const kept = [];
  let count = 0;
  const timer = setInterval(() => {
    kept.push(${value});
    if (kept.length > ${keep}) kept.shift();
    if (++count === 20) clearInterval(timer);
  }, 20);
`;

const VALUES = { objects: 'new Array(1_250_000).fill(0.5)', buffers: 'Buffer.alloc(10_000_000, 1)' };

for (const [what, value] of Object.entries(VALUES)) {
  for (const [keep, exitCode] of [[20, 99], [2, 0]] as const) {
    test(`200 MB of ${what}, of which ${keep * 10} MB stay in use, exit with ${exitCode}`, { timeout: 60_000 }, () => {
      const args = ['--require', join(__dirname, 'memory-limit.cjs'), '-e', allocate(value, keep)];
      const env = { MEMORY_LIMIT_MB: '100' };
      const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
      assert.equal(status, exitCode, stderr);
      assert.equal(/The memory limit was exceeded: \d+ MB in use\./.test(stderr), exitCode === 99, stderr);
    });
  }
}
