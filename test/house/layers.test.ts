/** The import map: a folder of src imports only from layers below it, and no files form an import cycle. */
import assert from 'node:assert/strict';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import test from 'node:test';
import {
  breach, loadSyntax, parseProduct, parseSources, renderBreach, walk, type Breach, type Source,
} from './source-tree';

/** The layers, from the bottom up. */
const LAYERS: readonly (readonly string[])[] = [
  ['base', 'wire'],
  ['errors', 'providers', 'config'],
  ['tools'],
  ['translate', 'stream'],
  ['upstream', 'state', 'observe', 'search'],
  ['bridge'],
  ['server'],
  ['command'],
  ['instance'],
  ['codex'],
  ['usage', 'login'],
  ['serve', 'launch', 'daemon', 'setup', 'doctor', 'demo'],
  ['cli'],
];

/** Folders of a layer that may import one another. */
const NEIGHBORS: Readonly<Record<string, readonly string[]>> = {
  wire: ['base'],
  providers: ['errors'],
  config: ['errors', 'providers'],
  // Both write files.
  observe: ['state'],
};

const floorOf = (folder: string): number => LAYERS.findIndex((floor) => floor.includes(folder));
const mayImport = (from: string, to: string): boolean =>
  from === to || floorOf(to) < floorOf(from) || (NEIGHBORS[from] ?? []).includes(to);

interface Specifier {
  readonly at: number;
  readonly to: string;
}

/** Every module specifier in the file: of imports, re-exports, `import()`, `require()` and `import('…')` types. */
async function specifiersOf(source: Source): Promise<readonly Specifier[]> {
  const syntax = await loadSyntax();
  return [...walk(source.tree)].flatMap((node) => {
    let specifier;
    if (syntax.isImportDeclaration(node) || syntax.isExportDeclaration(node)) specifier = node.moduleSpecifier;
    else if (syntax.isExternalModuleReference(node)) specifier = node.expression;
    else if (syntax.isImportTypeNode(node) && syntax.isLiteralTypeNode(node.argument))
      specifier = node.argument.literal;
    else if (syntax.isCallExpression(node) && /^(import|require)$/.test(node.expression.getText(source.tree))) {
      specifier = node.arguments[0];
    }
    if (!specifier || !syntax.isStringLiteral(specifier)) return [];
    return [{ at: specifier.getStart(source.tree), to: specifier.text }];
  });
}

async function findForbiddenImports(sources: readonly Source[]): Promise<readonly Breach[]> {
  const found: Breach[] = [];
  for (const source of sources) {
    const from = source.path.split('/')[1] ?? '';
    if (floorOf(from) < 0) found.push(breach(source, 0, `the folder ${from} has no place in the import map`));
    for (const { at, to } of await specifiersOf(source)) {
      const message = explainBreach(source.path, from, to);
      if (message) found.push(breach(source, at, message));
    }
  }
  return found;
}

function explainBreach(path: string, from: string, to: string): string | undefined {
  if (to.startsWith('node:')) return undefined;
  if (isBuiltin(to)) return `write node:${to}`;
  if (!to.startsWith('.')) return `${to} is a dependency; the package has none`;
  const [top, folder = ''] = posix.join(posix.dirname(path), to).split('/');
  if (top !== 'src') return `${to} leaves src`;
  return mayImport(from, folder) ? undefined : `${from} may not import ${folder}`;
}

/** The imports of each file, including types and lazily loaded files, because they have to be understood together. */
async function readImports(sources: readonly Source[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const paths = new Set(sources.map(({ path }) => path));
  const rows = sources.map(async (source) => {
    const specifiers = await specifiersOf(source);
    const targets = specifiers.map(({ to }) => `${posix.join(posix.dirname(source.path), to)}.ts`);
    return [source.path, targets.filter((target) => paths.has(target))] as const;
  });
  return new Map(await Promise.all(rows));
}

/** Returns each cycle as a path that ends where it starts. */
function findCircles(imports: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  const done = new Set<string>();
  const visit = (file: string, above: readonly string[]): void => {
    if (done.has(file)) return;
    const path = [...above, file];
    for (const target of new Set(imports.get(file))) {
      if (path.includes(target)) found.push([...path.slice(path.indexOf(target)), target]);
      else visit(target, path);
    }
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return found;
}

test('imports only point down', async () => {
  const found = await findForbiddenImports(await parseProduct());
  assert.deepEqual(found.map(renderBreach), []);
});

test('the rule finds imports that point up, sideways, or out', async () => {
  const files = {
    'src/stream/up.ts': `import { a } from '../bridge/turn';`,
    'src/stream/sideways.ts': `export * from '../translate/request';`,
    'src/translate/sideways.ts': `export { a } from '../stream/signal';`,
    'src/errors/neighbor.ts': `import type { A } from '../config/options';`,
    'src/base/lazy.ts': `export const load = () => import('../wire/content');`,
    'src/server/required.ts': `const page = require('../cli/main');`,
    'src/tools/type.ts': `export type A = import('../stream/signal').Signal;`,
    'src/upstream/dependency.ts': `import { fetch } from 'undici';`,
    'src/upstream/bare.ts': `import { request } from 'http';`,
    'src/cli/outside.ts': `import { a } from '../../test/support/clients/sse-client';`,
    'src/attic/new.ts': ``,
  };
  const found = await findForbiddenImports(await parseSources(files));
  assert.deepEqual(found.map(({ path }) => path).sort(), Object.keys(files).sort());
});

test('the rule allows imports that point down, stay inside a folder, or are only text', async () => {
  const files = {
    'src/cli/main.ts': `import { serve } from '../server/create-server';\nimport { run } from './commands/serve';`,
    'src/server/handlers/health.ts': `import { a } from '../routes';\nimport { b } from '../../base/json';`,
    'src/config/resolve.ts': `import { PROVIDERS } from '../providers/catalog';`,
    'src/base/text.ts': "// import { a } from '../cli/main';\nexport const text = `import { a } from '../cli/main';`;",
  };
  assert.deepEqual(await findForbiddenImports(await parseSources(files)), []);
});

test('there are no import cycles', async () => {
  const circles = findCircles(await readImports(await parseProduct()));
  assert.deepEqual(circles.map((circle) => circle.join(' imports ')), []);
});

test('the rule finds cycles of two and more files, through types and lazily loaded files', async () => {
  const files = {
    'src/base/one.ts': `import { two } from './two';`,
    'src/base/two.ts': `import type { One } from './one';\nimport './down';`,
    'src/base/down.ts': ``,
    'src/cli/a.ts': `export { b } from './b';`,
    'src/cli/b.ts': `const load = (): typeof import('./c') => require('./c');`,
    'src/cli/c.ts': `import { a } from './a';\nimport { one } from '../base/one';`,
  };
  const circles = findCircles(await readImports(await parseSources(files)));
  assert.deepEqual(circles.map((circle) => circle.map((path) => posix.basename(path, '.ts')).join(' ')), [
    'one two one',
    'a b c a',
  ]);
});
