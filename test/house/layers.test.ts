/** Checks the imports of src: folders import only from layers below theirs, and there are no import cycles. */
import assert from 'node:assert/strict';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import test from 'node:test';
import {
  violation, loadSyntax, parseProduct, parseSources, renderViolation, walk, type Violation, type Source,
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

/** Exceptions: folders of the same layer that a folder may import. */
const SAME_LAYER: Readonly<Record<string, readonly string[]>> = {
  wire: ['base'],
  providers: ['errors'],
  config: ['errors', 'providers'],
  // For its functions that write files safely.
  observe: ['state'],
};

const layerOf = (folder: string): number => LAYERS.findIndex((layer) => layer.includes(folder));
const mayImport = (from: string, to: string): boolean =>
  from === to || layerOf(to) < layerOf(from) || (SAME_LAYER[from] ?? []).includes(to);

interface Specifier {
  readonly at: number;
  readonly to: string;
}

/** Returns every module specifier: of imports, re-exports, `import()`, `require()` and `import('…')` types. */
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

async function findForbiddenImports(sources: readonly Source[]): Promise<readonly Violation[]> {
  const found: Violation[] = [];
  for (const source of sources) {
    const from = source.path.split('/')[1] ?? '';
    if (layerOf(from) < 0) found.push(violation(source, 0, `the folder ${from} is in no layer`));
    for (const { at, to } of await specifiersOf(source)) {
      const message = explainViolation(source.path, from, to);
      if (message) found.push(violation(source, at, message));
    }
  }
  return found;
}

function explainViolation(path: string, from: string, to: string): string | undefined {
  if (to.startsWith('node:')) return undefined;
  if (isBuiltin(to)) return `import node:${to} instead of ${to}`;
  if (!to.startsWith('.')) return `${to} is a dependency; the package has none`;
  const [top, folder = ''] = posix.join(posix.dirname(path), to).split('/');
  if (top !== 'src') return `${to} leaves src`;
  return mayImport(from, folder) ? undefined : `${from} may not import ${folder}`;
}

/** Returns the imports of each file, with types and lazy imports: the files of any cycle have to be read together. */
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
function findCycles(imports: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
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

test('folders import only from layers below theirs', async () => {
  const found = await findForbiddenImports(await parseProduct());
  assert.deepEqual(found.map(renderViolation), []);
});

test('the rule finds imports from above, from the same layer and from outside src, and unlisted folders', async () => {
  const files = {
    'src/stream/up.ts': `import { a } from '../bridge/turn';`,
    'src/stream/sideways.ts': `export * from '../translate/request';`,
    'src/translate/sideways.ts': `export { a } from '../stream/signal';`,
    'src/errors/same-layer.ts': `import type { A } from '../config/options';`,
    'src/base/lazy.ts': `export const load = () => import('../wire/content');`,
    'src/server/required.ts': `const page = require('../cli/main');`,
    'src/tools/type.ts': `export type A = import('../stream/signal').Signal;`,
    'src/upstream/dependency.ts': `import { fetch } from 'undici';`,
    'src/upstream/bare.ts': `import { request } from 'http';`,
    'src/cli/outside.ts': `import { a } from '../../test/support/clients/sse-client';`,
    'src/unlisted/new.ts': ``,
  };
  const found = await findForbiddenImports(await parseSources(files));
  assert.deepEqual(found.map(({ path }) => path).sort(), Object.keys(files).sort());
});

test('the rule allows imports from below and from the same folder, exceptions, and text', async () => {
  const files = {
    'src/cli/main.ts': `import { serve } from '../server/create-server';\nimport { run } from './commands/serve';`,
    'src/server/handlers/health.ts': `import { a } from '../routes';\nimport { b } from '../../base/json';`,
    'src/config/resolve.ts': `import { PROVIDERS } from '../providers/catalog';`,
    'src/base/text.ts': "// import { a } from '../cli/main';\nexport const text = `import { a } from '../cli/main';`;",
  };
  assert.deepEqual(await findForbiddenImports(await parseSources(files)), []);
});

test('there are no import cycles', async () => {
  const cycles = findCycles(await readImports(await parseProduct()));
  assert.deepEqual(cycles.map((cycle) => cycle.join(' imports ')), []);
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
  const cycles = findCycles(await readImports(await parseSources(files)));
  assert.deepEqual(cycles.map((cycle) => cycle.map((path) => posix.basename(path, '.ts')).join(' ')), [
    'one two one',
    'a b c a',
  ]);
});
