/** Repairs of patches that models write: only unambiguous ones, which never contradict what was streamed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PatchProgress, repairPatch } from '../../src/tools/patch';

const BODY = '*** Begin Patch\n*** Add File: a.txt\n+Hello\n*** End Patch';
const UNTERMINATED = '*** Begin Patch\n*** Add File: a.txt\n+Hello';

const BEFORE = 'removed what came before the patch';
const AFTER = 'removed what came after the patch';
const ENDED = 'added the missing "*** End Patch" line';

const REPAIRS: readonly (readonly [name: string, text: string, repaired: string, repairs: readonly string[]])[] = [
  ['a valid patch', BODY, BODY, []],
  ['a valid patch followed by a line break', `${BODY}\n`, `${BODY}\n`, []],
  ['blank lines before it', `\n\n${BODY}`, BODY, [BEFORE]],
  ['a code fence', `\`\`\`\n${BODY}\n\`\`\``, BODY, [BEFORE, AFTER]],
  ['a code fence with a language', `\`\`\`patch\n${BODY}\n\`\`\`\n`, BODY, [BEFORE, AFTER]],
  ['a heredoc', `apply_patch <<'EOF'\n${BODY}\nEOF`, BODY, [BEFORE, AFTER]],
  ['a heredoc with another delimiter', `<<PATCH\n${BODY}\nPATCH\n`, BODY, [BEFORE, AFTER]],
  ['a heredoc after a command', `bash apply_patch << "EOF"\n${BODY}\nEOF\n`, BODY, [BEFORE, AFTER]],
  ['a missing end', UNTERMINATED, `${UNTERMINATED}\n*** End Patch`, [ENDED]],
  ['a missing end after a line break', `${UNTERMINATED}\n`, `${UNTERMINATED}\n*** End Patch`, [ENDED]],
  ['a missing end in a fence', `\`\`\`\n${UNTERMINATED}\n\`\`\``, `${UNTERMINATED}\n*** End Patch`, [BEFORE, ENDED]],
  [
    'a missing end in a heredoc',
    `apply_patch <<EOF\n${UNTERMINATED}\nEOF\n`, `${UNTERMINATED}\n*** End Patch`, [BEFORE, ENDED],
  ],
  ['only the end of a fence', `${UNTERMINATED}\n\`\`\``, `${UNTERMINATED}\n*** End Patch`, [ENDED]],
  ['only the end of a fence and a line break', `${UNTERMINATED}\n\`\`\`\n`, `${UNTERMINATED}\n*** End Patch`, [ENDED]],
  ['only the end of a heredoc', `${UNTERMINATED}\nEOF`, `${UNTERMINATED}\n*** End Patch`, [ENDED]],
  ['only the end of a heredoc and a line break', `${UNTERMINATED}\nEOF\n`, `${UNTERMINATED}\n*** End Patch`, [ENDED]],
  ['text before it is kept, because it may be a command', `Here it is:\n${BODY}`, `Here it is:\n${BODY}`, []],
  ['text after it is kept', `${BODY}\nDone, I think.`, `${BODY}\nDone, I think.`, []],
  ['no patch', 'rm -rf x', 'rm -rf x', []],
  ['an empty string', '', '', []],
];

/** Returns what is streamed when the text arrives in pieces of `length`. */
function streamedText(text: string, length = text.length || 1): string {
  const progress = new PatchProgress();
  let sent = '';
  for (let start = 0; start < text.length; start += length) sent += progress.push(text.slice(start, start + length));
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
    it(`${name}: no repair contradicts it, no matter where the text is split`, () => {
      const { text: repaired } = repairPatch(text);
      for (let length = 0; length <= text.length; length += 1) {
        const sent = streamedText(text.slice(0, length));
        assert.ok(repaired.startsWith(sent), `at ${length}: ${JSON.stringify(sent)}`);
      }
      for (let length = 1; length <= text.length; length += 1) {
        assert.equal(streamedText(text, length), streamedText(text));
      }
    });
  }

  it('consists of complete lines, or of everything up to the end marker', () => {
    assert.equal(streamedText(UNTERMINATED), UNTERMINATED.slice(0, UNTERMINATED.lastIndexOf('\n') + 1));
    assert.equal(streamedText(BODY), BODY);
    assert.equal(streamedText(`${BODY}\n`), BODY);
    assert.equal(streamedText('*** Begin Pat'), '');
    assert.equal(streamedText('```\n*** Begin Patch\n'), '');
  });
});
