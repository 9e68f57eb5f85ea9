/** Checks that lines of code, comments and Markdown prose have at most 120 columns, as .editorconfig says. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { listProjectFiles } from './project-files';
import { PROJECT_ROOT, renderViolation, type Violation } from './source-tree';

const LIMIT = 120;

/**
 * The number of longer lines in each part of the project, for text that is printed or sent to models unchanged. These
 * numbers may only decrease.
 */
const ALLOWED: Readonly<Record<string, number>> = { 'src/': 20, 'test/': 1, 'docs/': 0, '': 0 };

const isChecked = (path: string): boolean =>
  /\.(?:ts|cts|js|cjs|mjs|md)$|^\.ci\//.test(path) && !/^test\/fixtures\/|^CHANGELOG\.md$/.test(path);

/** Table rows, URLs and regular expressions cannot be wrapped, and code blocks show a terminal or a file unchanged. */
function findLongLines(path: string, text: string): readonly Violation[] {
  const isPage = path.endsWith('.md');
  let inBlock = false;
  return text.split('\n').flatMap((line, index) => {
    if (isPage && /^\s*```/.test(line)) inBlock = !inBlock;
    const columns = [...line].length;
    if (columns <= LIMIT || (isPage && (inBlock || /^\s*\|/.test(line)))) return [];
    if (/^\s*(?:\S{1,4} )?\S+$/.test(line) || /^\s*\/.*\/[a-z]*,?$/.test(line)) return [];
    return [{ path, line: index + 1, message: `has ${columns} columns` }];
  });
}

test('lines have at most 120 columns, with the allowed exceptions', async () => {
  const found: Violation[] = [];
  for (const path of (await listProjectFiles()).filter(isChecked)) {
    found.push(...findLongLines(path, await readFile(join(PROJECT_ROOT, path), 'utf8')));
  }
  for (const [part, allowed] of Object.entries(ALLOWED)) {
    const here = found.filter(({ path }) => Object.keys(ALLOWED).find((other) => path.startsWith(other)) === part);
    const list = here.map(renderViolation).join('\n');
    assert.ok(here.length <= allowed, `${here.length} of ${allowed} in ${part || 'other files'}:\n${list}`);
  }
});

test('the rule finds long code, comments and prose', () => {
  const long = 'a word '.repeat(20);
  assert.deepEqual(findLongLines('a.ts', `// ${long}\nconst a = 1;\n${long}`).map(({ line }) => line), [1, 3]);
  assert.deepEqual(findLongLines('a.md', `${long}\n- ${long}`).map(({ line }) => line), [1, 2]);
  assert.deepEqual(findLongLines('a.ts', `// ${'é'.repeat(60)} ${'—'.repeat(56)}`), []);
});

test('the rule allows tables, code blocks, URLs and regular expressions', () => {
  const long = 'a word '.repeat(20);
  assert.deepEqual(findLongLines('a.md', `| ${long} |\n\`\`\`\n${long}\n\`\`\`\n<https://${'a'.repeat(120)}>`), []);
  assert.deepEqual(findLongLines('a.ts', ` * https://${'a'.repeat(120)}\n  /^${long}$/m,`), []);
});
