/** Checks that only the edge readers use `any`, casts other than `as const`, `!` or compiler directives. */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  violation, loadSyntax, parseProduct, parseSources, renderViolation, walk, type Violation, type Source,
} from './source-tree';

/** The files where `unknown` becomes typed; casts are allowed here. */
const EDGES = [/^src\/wire\/read-[^/]+\.ts$/, /^src\/base\/json\.ts$/];

const DIRECTIVE = /@ts-(?:ignore|expect-error|nocheck)/;

async function findUnsafeTypes(sources: readonly Source[]): Promise<readonly Violation[]> {
  const syntax = await loadSyntax();
  const { SyntaxKind } = syntax;
  return sources.filter(({ path }) => !EDGES.some((edge) => edge.test(path))).flatMap((source) => [
    ...[...walk(source.tree)].flatMap((node): readonly Violation[] => {
      if (node.kind === SyntaxKind.AnyKeyword) return [violation(source, node, 'any')];
      if (syntax.isAsExpression(node) && node.type.getText(source.tree) !== 'const') {
        return [violation(source, node.type, `as ${node.type.getText(source.tree)}`)];
      }
      if (node.kind === SyntaxKind.TypeAssertionExpression) return [violation(source, node, 'a cast with <>')];
      if (syntax.isNonNullExpression(node)) return [violation(source, node.getEnd() - 1, '! after an expression')];
      const property = syntax.isPropertyDeclaration(node) ? node.postfixToken : undefined;
      const mark = syntax.isVariableDeclaration(node) ? node.exclamationToken : property;
      return mark?.kind === SyntaxKind.ExclamationToken ? [violation(source, node, '! after a name')] : [];
    }),
    ...directives(source, syntax),
  ]);
}

/** Finds directives in the text, because comments are not nodes; the same text in a string does not count. */
function directives(source: Source, syntax: Awaited<ReturnType<typeof loadSyntax>>): readonly Violation[] {
  const inStrings = new Set<number>();
  for (const node of walk(source.tree)) {
    if (syntax.isStringLiteral(node) || syntax.isTemplateLiteralLikeNode(node)) {
      for (let at = node.getStart(source.tree); at < node.getEnd(); at += 1) inStrings.add(at);
    }
  }
  return [...source.text.matchAll(new RegExp(DIRECTIVE, 'g'))]
    .filter(({ index = 0 }) => !inStrings.has(index))
    .map(({ index = 0, 0: word }) => violation(source, index, word));
}

test('only edge readers use any, casts, ! or directives', async () => {
  const found = await findUnsafeTypes(await parseProduct());
  assert.deepEqual(found.map(renderViolation), []);
});

test('the rule finds each of these, also inside a template', async () => {
  const lines = [
    'export const a = (value: any): void => undefined;',
    'export const b = value as string;',
    'export const c = value as unknown as string;',
    'export const d = <string>value;',
    'export const e = list[0]!.name;',
    'export class F { name!: string }',
    'let g!: string;',
    '// @ts-ignore',
    '/* @ts-expect-error */',
    'export const h = `${list[0]!}`;',
    'export type I = Record<string, any>;',
  ];
  const found = await findUnsafeTypes(await parseSources({ 'src/stream/unsafe.ts': lines.join('\n') }));
  assert.deepEqual(
    [...new Set(found.map(({ line }) => line))].sort((a, b) => a - b),
    lines.map((_, index) => index + 1),
  );
});

test('the rule allows as const, the same words in text, and the edge readers', async () => {
  const files = {
    'src/stream/safe.ts': [
      `import { a as b } from './c';`,
      `export const list = ['any', 'as string'] as const;`,
      `export const not = !list && list !== null;`,
      '// any cast as string would be wrong here!',
      `export const checked = list satisfies readonly string[];`,
      `export const text = 'see @ts-ignore';`,
    ].join('\n'),
    'src/wire/read-responses.ts': 'export const a = value as string;',
    'src/base/json.ts': 'export const a = value as string;',
  };
  assert.deepEqual(await findUnsafeTypes(await parseSources(files)), []);
});
