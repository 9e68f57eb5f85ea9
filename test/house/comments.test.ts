/** Checks that every source file opens with a doc comment and that every exported value has one. */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  loadSyntax, parseProduct, parseSources, renderViolation, violation, type Source, type Violation,
} from './source-tree';

const OPENING = /^(?:#!.*\n)?\/\*\*(?!\/)[\s\S]*?\*\//;

/**
 * Exported functions, classes, constants and enums need a doc comment; the opening comment of the file does not count.
 * Interfaces, type aliases and re-exports do not need one.
 */
async function findUndocumented(sources: readonly Source[]): Promise<readonly Violation[]> {
  const syntax = await loadSyntax();
  return sources.flatMap((source) => {
    const opening = OPENING.exec(source.text)?.[0];
    const statements = source.tree.statements.filter((statement) => {
      const declares =
        syntax.isFunctionDeclaration(statement) || syntax.isClassDeclaration(statement) ||
        syntax.isVariableStatement(statement) || syntax.isEnumDeclaration(statement);
      return declares && statement.modifiers?.some(({ kind }) => kind === syntax.SyntaxKind.ExportKeyword);
    });
    const undocumented = statements.filter((statement) => {
      const from = Math.max(statement.getFullStart(), opening?.length ?? 0);
      return !/\/\*\*(?!\/)[\s\S]*\*\/\s*$/.test(source.text.slice(from, statement.getStart(source.tree)));
    });
    const nameOf = (statement: (typeof undocumented)[number]): string => firstLine(statement.getText(source.tree));
    return [
      ...(opening ? [] : [violation(source, 0, 'the file does not open with a doc comment')]),
      ...undocumented.map((statement) => violation(source, statement, `no doc comment: ${nameOf(statement)}`)),
    ];
  });
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, 80);

test('files and exported values have doc comments', async () => {
  const found = await findUndocumented(await parseProduct());
  assert.deepEqual(found.map(renderViolation), []);
});

test('the rule finds files and exports without doc comments', async () => {
  const found = await findUndocumented(
    await parseSources({
      'src/base/a.ts': `import { b } from './b';\n\n/** A. */\nexport const a = b;\n`,
      'src/base/b.ts': '/** The purpose. */\nexport const b = 1;\n',
      'src/base/c.ts':
        '/** The purpose. */\nimport { b } from "./b";\n\n// A plain one.\nexport function c(): void {}\n',
      'src/base/d.ts': '/** The purpose. */\n\n/** D. */\nexport class D {}\nexport async function e() {}\n',
      'src/base/f.ts': '/* no doc comment */\n',
    }),
  );
  assert.deepEqual(found.map(({ path, line }) => `${path}:${line}`), [
    'src/base/a.ts:1', 'src/base/b.ts:2', 'src/base/c.ts:5', 'src/base/d.ts:5', 'src/base/f.ts:1',
  ]);
});

test('the rule allows types, re-exports, unexported functions and code inside templates', async () => {
  const found = await findUndocumented(
    await parseSources({
      'src/base/a.ts': [
        '/** The purpose. */',
        `export { b } from './b';`,
        'export interface A { readonly a: string }',
        'export type B = A;',
        '/** C, in',
        ' * two lines. */',
        'export const c = `',
        'export const d = 1;',
        '`;',
        'function inner(): void {}',
      ].join('\n'),
    }),
  );
  assert.deepEqual(found, []);
});
