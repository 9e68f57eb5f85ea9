/**
 * No `any`, no cast except `as const`, no `!` and no compiler directive outside the edge readers.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  breach, loadSyntax, parseProduct, parseSources, renderBreach, walk, type Breach, type Source,
} from './source-tree';

/** The files where `unknown` becomes typed; casts are allowed here. */
const EDGES = [/^src\/wire\/read-[^/]+\.ts$/, /^src\/base\/json\.ts$/];

const DIRECTIVE = /@ts-(?:ignore|expect-error|nocheck)/;

async function findUnearnedTypes(sources: readonly Source[]): Promise<readonly Breach[]> {
  const syntax = await loadSyntax();
  const { SyntaxKind } = syntax;
  return sources.filter(({ path }) => !EDGES.some((edge) => edge.test(path))).flatMap((source) => [
    ...[...walk(source.tree)].flatMap((node): readonly Breach[] => {
      if (node.kind === SyntaxKind.AnyKeyword) return [breach(source, node, 'any')];
      if (syntax.isAsExpression(node) && node.type.getText(source.tree) !== 'const') {
        return [breach(source, node.type, `as ${node.type.getText(source.tree)}`)];
      }
      if (node.kind === SyntaxKind.TypeAssertionExpression) return [breach(source, node, 'a cast in angle brackets')];
      if (syntax.isNonNullExpression(node)) return [breach(source, node.getEnd() - 1, '! after an expression')];
      const property = syntax.isPropertyDeclaration(node) ? node.postfixToken : undefined;
      const mark = syntax.isVariableDeclaration(node) ? node.exclamationToken : property;
      return mark?.kind === SyntaxKind.ExclamationToken ? [breach(source, node, '! after a name')] : [];
    }),
    ...directives(source, syntax),
  ]);
}

/** Directives are in comments, which are not nodes, so the scanner finds them. */
function directives(source: Source, syntax: Awaited<ReturnType<typeof loadSyntax>>): readonly Breach[] {
  const inCode = new Set<number>();
  for (const node of walk(source.tree)) {
    if (syntax.isStringLiteral(node) || syntax.isTemplateLiteralLikeNode(node)) {
      for (let at = node.getStart(source.tree); at < node.getEnd(); at += 1) inCode.add(at);
    }
  }
  return [...source.text.matchAll(new RegExp(DIRECTIVE, 'g'))]
    .filter(({ index = 0 }) => !inCode.has(index))
    .map(({ index = 0, 0: word }) => breach(source, index, word));
}

test('no type is asserted', async () => {
  const found = await findUnearnedTypes(await parseProduct());
  assert.deepEqual(found.map(renderBreach), []);
});

test('the rule finds each assertion, also inside a template', async () => {
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
  const found = await findUnearnedTypes(await parseSources({ 'src/stream/claims.ts': lines.join('\n') }));
  assert.deepEqual(
    [...new Set(found.map(({ line }) => line))].sort((a, b) => a - b),
    lines.map((_, index) => index + 1),
  );
});

test('the rule allows const assertions, words in text, and the edge readers', async () => {
  const files = {
    'src/stream/earned.ts': [
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
  assert.deepEqual(await findUnearnedTypes(await parseSources(files)), []);
});
