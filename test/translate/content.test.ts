/** Parts that are neither text nor images: files, audio, and unknown kinds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BridgeError } from '../../src/errors/bridge-error';
import { DEFAULT_DIALECT } from '../../src/providers/dialect';
import { type MediaRules, translateContent } from '../../src/translate/content';
import { readContent } from '../../src/wire/read-fields';

function translate(
  part: object,
  rules: Partial<MediaRules> = {},
): { readonly content: unknown; readonly notes: readonly string[] } {
  const notes = new Set<string>();
  return {
    content: translateContent(
      readContent([part], 'content'),
      { ...DEFAULT_DIALECT, unsupportedFiles: 'mark', ...rules },
      notes,
    ),
    notes: [...notes],
  };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const file = (fields: object) => ({ type: 'input_file', ...fields });

describe('files', () => {
  const TEXTS: readonly (readonly [name: string, part: object, content: string])[] = [
    [
      'plain text as data URL',
      file({ filename: 'a.txt', file_data: `data:text/plain;base64,${base64('é🌍\n')}` }),
      '<file name="a.txt">\né🌍\n\n</file>',
    ],
    [
      'text with a charset',
      file({ filename: 'a', file_data: `data:text/csv;charset=utf-8;base64,${base64('a,b')}` }),
      '<file name="a">\na,b\n</file>',
    ],
    [
      'text that is percent-encoded',
      file({ filename: 'a.md', file_data: 'data:text/markdown,%23%20H%C3%A9' }),
      '<file name="a.md">\n# Hé\n</file>',
    ],
    [
      'text with a stray percent sign',
      file({ filename: 'a.txt', file_data: 'data:text/plain,100% sure' }),
      '<file name="a.txt">\n100% sure\n</file>',
    ],
    [
      'JSON',
      file({ filename: 'a', file_data: `data:application/json;base64,${base64('{}')}` }),
      '<file name="a">\n{}\n</file>',
    ],
    [
      'XML of some kind',
      file({ filename: 'a', file_data: `data:image/svg+xml;base64,${base64('<svg/>')}` }),
      '<file name="a">\n<svg/>\n</file>',
    ],
    [
      'a known name without a type',
      file({ filename: 'main.rs', file_data: base64('fn main() {}') }),
      '<file name="main.rs">\nfn main() {}\n</file>',
    ],
    [
      'a known name with a meaningless type',
      file({ filename: 'a.py', file_data: `data:application/octet-stream;base64,${base64('pass')}` }),
      '<file name="a.py">\npass\n</file>',
    ],
    ['no name', file({ file_data: `data:text/plain;base64,${base64('x')}` }), '<file name="file">\nx\n</file>'],
    [
      'the form of Chat',
      { type: 'file', file: { filename: 'a.txt', file_data: `data:text/plain;base64,${base64('x')}` } },
      '<file name="a.txt">\nx\n</file>',
    ],
  ];
  for (const [name, part, content] of TEXTS) {
    it(`text is read: ${name}`, () => assert.deepEqual(translate(part), { content, notes: [] }));
  }

  const pdf = file({ filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' });

  it('other files are passed on if the provider accepts files', () => {
    assert.deepEqual(translate(pdf, { files: true }).content, [
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
    ]);
    assert.deepEqual(translate(file({ file_id: 'file-1' }), { files: true }).content, [
      { type: 'file', file: { file_id: 'file-1' } },
    ]);
  });

  it('other files are replaced by a marker if it does not', () => {
    assert.deepEqual(translate(pdf), {
      content: '[file a.pdf left out: the provider accepts no files]',
      notes: ['left out file a.pdf: the provider accepts no files'],
    });
    assert.equal(
      translate(file({ file_url: 'https://example.com/a.pdf' }), { files: true }).content,
      '[file left out: a file can be sent only as data or by its id]',
    );
  });

  it('other files are rejected if a marker is not enough', () => {
    assert.throws(() => translate(pdf, { unsupportedFiles: 'reject' }), (error) => {
      assert.ok(error instanceof BridgeError);
      assert.equal(error.kind, 'invalid_request');
      assert.match(error.message, /^Cannot send the file "a\.pdf": the provider accepts no files/);
      return true;
    });
  });

  it('an image is not text, whatever its name', () => {
    assert.match(
      String(translate(file({ filename: 'a.txt', file_data: 'data:image/png;base64,AA==' })).content),
      /left out/,
    );
  });
});

describe('audio', () => {
  const audio = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } };
  it('is passed on to models that accept audio', () =>
    assert.deepEqual(translate(audio, { audio: true }).content, [audio]));
  it('is dropped for other models', () =>
    assert.equal(translate(audio).content, '[audio left out: the model cannot hear audio]'));
});

describe('spellings', () => {
  const SPELLINGS: readonly (readonly [part: object | string, content: unknown])[] = [
    ['x', 'x'],
    [{ type: 'input_text', text: 'x' }, 'x'],
    [{ type: 'output_text', text: 'x' }, 'x'],
    [{ type: 'text', text: 'x' }, 'x'],
    [{ text: 'x' }, 'x'],
    [{ type: 'refusal', refusal: 'x' }, 'x'],
    [{ type: 'input_image', image_url: 'https://e/x' }, [{ type: 'image_url', image_url: { url: 'https://e/x' } }]],
    [
      { type: 'image_url', image_url: { url: 'https://e/x', detail: 'low' } },
      [{ type: 'image_url', image_url: { url: 'https://e/x', detail: 'low' } }],
    ],
    [{ type: 'hologram', data: 1 }, '[hologram left out: the bridge does not know this kind of content]'],
  ];
  for (const [part, content] of SPELLINGS) {
    it(JSON.stringify(part), () => assert.deepEqual(translate(part as object).content, content));
  }
});
