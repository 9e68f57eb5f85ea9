/** Checks that another file uses every export and that some code reads every field of an interface. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { readSources } from './source-tree';

type Texts = Readonly<Record<string, string>>;

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');

/** Functions, classes and constants. A type may be exported only because an exported signature names it. */
const EXPORTED = /^export (?:async )?(?:function\*?|class|const)\s+(\w+)/gm;

/** @param users files that may use the exports of `sources`, in addition to `sources` themselves */
function findUnusedExports(sources: Texts, users: Texts): readonly string[] {
  const files = new Map<string, number>();
  for (const text of Object.values({ ...users, ...sources })) {
    for (const word of new Set(withoutComments(text).match(/\w+/g))) files.set(word, (files.get(word) ?? 0) + 1);
  }
  return Object.entries(sources).flatMap(([path, text]) =>
    [...text.matchAll(EXPORTED)]
      .filter(([, name = '']) => files.get(name) === 1)
      .map(([, name = '']) => `${path} exports ${name}, which no other file uses`));
}

const INTERFACE = /\binterface (\w+)[^{;]*\{\n([\s\S]*?)\n\}/g;
/** `.name`, `['name']`, and names in braces, which are destructured or copied to another object. */
const READ = /\.(\w+)|\[['"](\w+)['"]\]|[{,]\s*(?:\.\.\.)?(\w+)\s*(?=[,}:=])/g;
/** Interfaces of which only the types of the fields are used. */
const TYPES_ONLY: ReadonlySet<string> = new Set(['InputItemKinds']);

function findUnreadFields(sources: Texts): readonly string[] {
  const codes = Object.entries(sources).map(([path, text]) => [path, withoutComments(text)] as const);
  const read = new Set(codes.flatMap(([, code]) =>
    [...code.matchAll(READ)].map(([, property, quoted, braced]) => property ?? quoted ?? braced)));
  return codes.flatMap(([path, code]) =>
    [...code.matchAll(INTERFACE)].filter(([, name = '']) => !TYPES_ONLY.has(name)).flatMap(([, name, body = '']) =>
      [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)]
        .filter(([, field]) => !read.has(field))
        .map(([, field = '']) => `${path}: nothing reads ${name}.${field}`)));
}

test('every exported function, class and constant is used by another file', () => {
  assert.deepEqual(findUnusedExports(readSources('src'), readSources('test')), []);
});

test('every field of an interface is read', () => assert.deepEqual(findUnreadFields(readSources('src')), []));

test('the rules find an unused export and an unread field, and ignore comments', () => {
  const files = {
    'src/a.ts':
      'export const used = 1;\nexport function unused() {}\n// unused\ninterface A {\n  one: 1;\n  two: 2;\n}',
    'src/b.ts': '// unused\nuse(used, a.one);',
  };
  assert.deepEqual(findUnusedExports(files, {}), ['src/a.ts exports unused, which no other file uses']);
  assert.deepEqual(findUnreadFields(files), ['src/a.ts: nothing reads A.two']);
});
