/** Checks that no two interfaces, types, classes or enums in src share a name, exported or not. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { loadSyntax, parseProduct, parseSources, walk, type Source } from './source-tree';

/** Finds each name shared by several types, with their files. */
async function findSharedNames(sources: readonly Source[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const syntax = await loadSyntax();
  const files = new Map<string, string[]>();
  for (const source of sources) {
    for (const node of walk(source.tree)) {
      const isType =
        syntax.isInterfaceDeclaration(node) || syntax.isTypeAliasDeclaration(node) ||
        syntax.isClassDeclaration(node) || syntax.isEnumDeclaration(node);
      if (isType && node.name) files.set(node.name.text, [...(files.get(node.name.text) ?? []), source.path]);
    }
  }
  return new Map([...files].filter(([, paths]) => paths.length > 1));
}

test('no two types share a name', async () => {
  const shared = await findSharedNames(await parseProduct());
  assert.deepEqual([...shared].map(([name, paths]) => `${name}: ${paths.join(', ')}`), []);
});

test('the rule finds a shared name, exported or not, of any kind of type', async () => {
  const files = {
    'src/a/one.ts': 'export interface Row { a: 1 }\ninterface Own { a: 1 }',
    'src/a/two.ts': 'type Row = 1;\nclass Own {}\nconst Value = 1;',
    'src/a/three.ts': 'function f(): void { type Inner = 1; }\nenum Inner { A }\nconst Value = 2;',
  };
  const shared = await findSharedNames(await parseSources(files));
  assert.deepEqual([...shared.keys()].sort(), ['Inner', 'Own', 'Row']);
});

test('a type may be used, imported, re-exported and have type parameters', async () => {
  const files = {
    'src/a/one.ts': 'export interface Row<T> { a: T }\nexport type List<T> = readonly Row<T>[];',
    'src/a/two.ts': `import type { Row } from './one';\nexport type { Row } from './one';\nexport type R = Row<1>[];`,
  };
  assert.deepEqual([...(await findSharedNames(await parseSources(files))).keys()], []);
});
