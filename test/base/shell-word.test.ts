/** Quoted words reach programs unchanged through the shells that users paste them into. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it } from 'node:test';
import { quoteShellWord } from '../../src/base/shell-word';

const WORDS = [
  'plain-word/file.txt', '', 'two words', "it's", "''", '\\', '\\\\', 'ends with \\', "\\'", 'a\\nb',
  '$HOME `id` "x" !1 *', '~', '#', '-n', 'a\nb', 'é中',
];

for (const shell of ['sh', 'bash', 'zsh', 'fish']) {
  const isMissing = spawnSync(shell, ['-c', 'exit 0']).error !== undefined;
  it(`quoted words pass through ${shell} unchanged${isMissing ? ' (not installed)' : ''}`, { skip: isMissing }, () => {
    for (const word of WORDS) {
      const { stdout } = spawnSync(shell, ['-c', `printf %s ${quoteShellWord(word)}`], { encoding: 'utf8' });
      assert.equal(stdout, word);
    }
  });
}
