/** Checks that a source file has fewer than 300 lines, or 500 if it is a table, and a function fewer than 60. */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  violation, linesOf, loadSyntax, parseProduct, parseSources, renderViolation, walk, type Violation, type Source,
} from './source-tree';

const FILE_LIMIT = 300;
const TABLE_LIMIT = 500;
const FUNCTION_LIMIT = 60;

/** Files of type declarations or provider rows. The readers next to the wire types are code. */
const TABLES = [
  /^src\/wire\/(?!read-)[^/]+\.ts$/,
  /^src\/providers\/rows\/[^/]+\.ts$/,
];

async function findOversized(sources: readonly Source[]): Promise<readonly Violation[]> {
  const { isFunctionLikeDeclaration } = await loadSyntax();
  return sources.flatMap((source) => {
    const lines = source.text.split('\n').length - 1;
    const limit = TABLES.some((pattern) => pattern.test(source.path)) ? TABLE_LIMIT : FILE_LIMIT;
    const functions = [...walk(source.tree)].filter(isFunctionLikeDeclaration);
    const long = functions.filter((node) => linesOf(source, node) >= FUNCTION_LIMIT);
    return [
      ...(lines < limit ? [] : [violation(source, 0, `the file has ${lines} lines`)]),
      ...long.map((node) => violation(source, node, `the function has ${linesOf(source, node)} lines`)),
    ];
  });
}

test('source files and functions are within the limits', async () => {
  const found = await findOversized(await parseProduct());
  assert.deepEqual(found.map(renderViolation), []);
});

test('the rule finds long files and functions, and allows a long table', async () => {
  const statement = '  const text = `}\n{`;\n';
  const long = 'const x = 1;\n'.repeat(FILE_LIMIT);
  const found = await findOversized(
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
