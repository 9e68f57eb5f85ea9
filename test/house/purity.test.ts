/** Checks that the lower layers of src are pure: no I/O, clock, randomness or process. Time and ids are arguments. */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  violation, loadSyntax, parseProduct, parseSources, renderViolation, walk, type Violation, type Source,
} from './source-tree';

const PURE_FOLDERS = ['base', 'wire', 'errors', 'providers', 'config', 'tools', 'translate', 'stream'];
const isPure = (path: string): boolean => PURE_FOLDERS.includes(path.split('/')[1] ?? '');

/** Names of impure globals. The name of a member does not count. */
const GLOBALS = [
  'fetch', 'process', 'console', 'crypto', 'performance', 'require', 'globalThis',
  'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'clearTimeout', 'clearInterval', 'clearImmediate',
];
const CALLS = ['Date.now', 'Math.random', 'AbortSignal.timeout'];

async function findImpurities(sources: readonly Source[]): Promise<readonly Violation[]> {
  const syntax = await loadSyntax();
  return sources.filter(({ path }) => isPure(path)).flatMap((source) =>
    [...walk(source.tree)].flatMap((node): readonly Violation[] => {
      if (syntax.isImportDeclaration(node) && syntax.isStringLiteral(node.moduleSpecifier)) {
        const { text } = node.moduleSpecifier;
        return text.startsWith('node:') ? [violation(source, node, `pure code imports ${text}`)] : [];
      }
      if (syntax.isNewExpression(node) && node.expression.getText(source.tree) === 'Date' && !node.arguments?.length) {
        return [violation(source, node, 'pure code reads the clock: new Date()')];
      }
      if (syntax.isPropertyAccessExpression(node) && CALLS.includes(node.getText(source.tree))) {
        return [violation(source, node, `pure code uses ${node.getText(source.tree)}`)];
      }
      if (!syntax.isIdentifier(node) || !GLOBALS.includes(node.text)) return [];
      return isPropertyName(node) ? [] : [violation(source, node, `pure code uses ${node.text}`)];
    }),
  );

  /** True if the identifier only names a member: `a.fetch`, `{ fetch: … }`, `fetch(): void` in a type or class. */
  function isPropertyName(node: Parameters<typeof walk>[0]): boolean {
    const { parent } = node;
    if (syntax.isPropertyAccessExpression(parent)) return parent.name === node;
    if (syntax.isQualifiedName(parent)) return parent.right === node;
    const members = [
      syntax.isPropertyAssignment, syntax.isPropertySignatureDeclaration, syntax.isPropertyDeclaration,
      syntax.isMethodSignatureDeclaration, syntax.isMethodDeclaration,
    ];
    return members.some((is) => is(parent)) && 'name' in parent && parent.name === node;
  }
}

test('the lower layers of src are pure', async () => {
  const found = await findImpurities(await parseProduct());
  assert.deepEqual(found.map(renderViolation), []);
});

test('the rule finds every impure name', async () => {
  const lines = [
    `import { request } from 'node:http';`,
    `import { Buffer } from 'node:buffer';`,
    `export const a = fetch('http://127.0.0.1/');`,
    `export const b = process.env;`,
    `export const c = Date.now();`,
    `export const d = Math.random();`,
    `console.log(1);`,
    `setTimeout(() => undefined, 1);`,
    `setInterval(() => undefined, 1);`,
    `setImmediate(() => undefined);`,
    `export const e = new Date();`,
    `export const f = globalThis.fetch;`,
    `export const g = crypto.randomUUID();`,
    `export const h = { fetch };`,
    `export const j = performance.now();`,
    `export const k = require('fs');`,
    `export const l = AbortSignal.timeout(1);`,
    `queueMicrotask(() => undefined);`,
    `clearTimeout(undefined);`,
    `clearInterval(undefined);`,
    `clearImmediate(undefined);`,
    'export const i = `${process.pid}`;',
  ];
  const found = await findImpurities(await parseSources({ 'src/stream/impure.ts': lines.join('\n') }));
  assert.deepEqual([...new Set(found.map(({ line }) => line))], lines.map((_, index) => index + 1));
});

test('the rule allows the same names in comments, text, members, and higher layers', async () => {
  const files = {
    'src/stream/pure.ts': [
      '// console.log(Date.now())',
      `export const text = 'process.env and fetch(';`,
      'export interface Machine { readonly fetch: string; console(): void }',
      'export const at = (seconds: number): Date => new Date(seconds);',
      `export const read = (machine: Machine): string => machine.fetch;`,
      `export const made = { process: 1 };`,
      `export const matched = /setTimeout\\(/;`,
    ].join('\n'),
    'src/cli/impure.ts': 'process.exit(Date.now());',
  };
  assert.deepEqual(await findImpurities(await parseSources(files)), []);
});
