/**
 * A source file has fewer than 300 lines, a function fewer than 60. Tables and the dashboard page may have up to 500
 * lines.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  breach, linesOf, loadSyntax, parseProduct, parseSources, renderBreach, walk, type Breach, type Source,
} from './source-tree';

const FILE_LIMIT = 300;
const TABLE_LIMIT = 500;
const FUNCTION_LIMIT = 60;

/** Files that consist of one long table or page. The readers next to the wire types are code. */
const TABLES = [
  /^src\/wire\/(?!read-)[^/]+\.ts$/,
  /^src\/providers\/rows\/[^/]+\.ts$/,
  /^src\/server\/dashboard-page\.ts$/,
];

async function findLongPieces(sources: readonly Source[]): Promise<readonly Breach[]> {
  const { isFunctionLikeDeclaration } = await loadSyntax();
  return sources.flatMap((source) => {
    const lines = source.text.split('\n').length - 1;
    const limit = TABLES.some((pattern) => pattern.test(source.path)) ? TABLE_LIMIT : FILE_LIMIT;
    const functions = [...walk(source.tree)].filter(isFunctionLikeDeclaration);
    const long = functions.filter((node) => linesOf(source, node) >= FUNCTION_LIMIT);
    return [
      ...(lines < limit ? [] : [breach(source, 0, `the file has ${lines} lines`)]),
      ...long.map((node) => breach(source, node, `the function has ${linesOf(source, node)} lines`)),
    ];
  });
}

test('source files and functions are small', async () => {
  const found = await findLongPieces(await parseProduct());
  assert.deepEqual(found.map(renderBreach), []);
});

test('the rule finds a long file and a long function, and allows a table', async () => {
  const statement = '  const text = `}\n{`;\n';
  const long = 'const x = 1;\n'.repeat(FILE_LIMIT);
  const found = await findLongPieces(
    await parseSources({
      'src/stream/long.ts': long,
      'src/wire/types.ts': long,
      'src/wire/read-responses.ts': long,
      'src/stream/fine.ts': `function a() {\n${statement.repeat((FUNCTION_LIMIT - 4) / 2)}}\nfunction b() {\n}\n`,
      'src/stream/function.ts': `const x = 1;\nconst a = () => {\n${statement.repeat(FUNCTION_LIMIT / 2)}};\n`,
      'src/stream/method.ts': `class A {\n  b() {\n${statement.repeat(FUNCTION_LIMIT / 2)}  }\n}\n`,
    }),
  );
  assert.deepEqual(found.map(({ path, line }) => `${path}:${line}`), [
    'src/stream/long.ts:1', 'src/wire/read-responses.ts:1', 'src/stream/function.ts:2', 'src/stream/method.ts:2',
  ]);
});
