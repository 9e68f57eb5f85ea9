/** Patches as models write them: repairs are unambiguous and never contradict what was streamed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PatchProgress, repairPatch } from '../../src/tools/patch';

const BODY = '*** Begin Patch\n*** Add File: a.txt\n+Hello\n*** End Patch';
const OPEN = '*** Begin Patch\n*** Add File: a.txt\n+Hello';

const BEFORE = 'removed what came before the patch';
const AFTER = 'removed what came after the patch';
const ENDED = 'added the missing "*** End Patch" line';

const REPAIRS: readonly (readonly [name: string, text: string, repaired: string, repairs: readonly string[]])[] = [
  ['a good patch', BODY, BODY, []],
  ['a good patch followed by a line break', `${BODY}\n`, `${BODY}\n`, []],
  ['blank lines in front', `\n\n${BODY}`, BODY, [BEFORE]],
  ['a code fence', `\`\`\`\n${BODY}\n\`\`\``, BODY, [BEFORE, AFTER]],
  ['a code fence with a word', `\`\`\`patch\n${BODY}\n\`\`\`\n`, BODY, [BEFORE, AFTER]],
  ['a heredoc', `apply_patch <<'EOF'\n${BODY}\nEOF`, BODY, [BEFORE, AFTER]],
  ['a heredoc of another word', `<<PATCH\n${BODY}\nPATCH\n`, BODY, [BEFORE, AFTER]],
  ['a heredoc after a command', `bash apply_patch << "EOF"\n${BODY}\nEOF\n`, BODY, [BEFORE, AFTER]],
  ['no end', OPEN, `${OPEN}\n*** End Patch`, [ENDED]],
  ['no end after a line break', `${OPEN}\n`, `${OPEN}\n*** End Patch`, [ENDED]],
  ['no end in a fence', `\`\`\`\n${OPEN}\n\`\`\``, `${OPEN}\n*** End Patch`, [BEFORE, ENDED]],
  ['no end in a heredoc', `apply_patch <<EOF\n${OPEN}\nEOF\n`, `${OPEN}\n*** End Patch`, [BEFORE, ENDED]],
  ['only the end of a fence', `${OPEN}\n\`\`\``, `${OPEN}\n*** End Patch`, [ENDED]],
  ['only the end of a fence and a line break', `${OPEN}\n\`\`\`\n`, `${OPEN}\n*** End Patch`, [ENDED]],
  ['only the end of a heredoc', `${OPEN}\nEOF`, `${OPEN}\n*** End Patch`, [ENDED]],
  ['only the end of a heredoc and a line break', `${OPEN}\nEOF\n`, `${OPEN}\n*** End Patch`, [ENDED]],
  ['text before it may be a command, and is left unchanged', `Here it is:\n${BODY}`, `Here it is:\n${BODY}`, []],
  ['text after it is left unchanged', `${BODY}\nDone, I think.`, `${BODY}\nDone, I think.`, []],
  ['no patch at all', 'rm -rf x', 'rm -rf x', []],
  ['nothing', '', '', []],
];

/** What is released when the text arrives in pieces of this length. */
function certain(text: string, length = text.length || 1): string {
  const progress = new PatchProgress();
  let sent = '';
  for (let at = 0; at < text.length; at += length) sent += progress.push(text.slice(at, at + length));
  return sent;
}

describe('repair', () => {
  for (const [name, text, repaired, repairs] of REPAIRS) {
    it(name, () => assert.deepEqual(repairPatch(text), { text: repaired, repairs }));
    it(`${name}: a second repair changes nothing`, () => assert.deepEqual(repairPatch(repaired).text, repaired));
  }
});

describe('the streamed part', () => {
  for (const [name, text] of REPAIRS) {
    it(`${name}: no repair contradicts it, however it is cut`, () => {
      const { text: repaired } = repairPatch(text);
      for (let length = 0; length <= text.length; length += 1) {
        const sent = certain(text.slice(0, length));
        assert.ok(repaired.startsWith(sent), `at ${length}: ${JSON.stringify(sent)}`);
      }
      for (let length = 1; length <= text.length; length += 1) assert.equal(certain(text, length), certain(text));
    });
  }

  it('complete lines, up to the last marker', () => {
    assert.equal(certain(OPEN), OPEN.slice(0, OPEN.lastIndexOf('\n') + 1));
    assert.equal(certain(BODY), BODY);
    assert.equal(certain(`${BODY}\n`), BODY);
    assert.equal(certain('*** Begin Pat'), '');
    assert.equal(certain('```\n*** Begin Patch\n'), '');
  });
});
