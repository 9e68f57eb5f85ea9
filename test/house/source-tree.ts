/**
 * Parses source files into syntax trees for the house rules, which must tell code from strings and comments. The trees
 * come from the pinned compiler, whose API is marked unstable, so only this file uses it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Node, SourceFile } from 'typescript/unstable/ast' with { 'resolution-mode': 'import' };

export const PROJECT_ROOT = join(__dirname, '..', '..');

/** A file: its path from the project root with `/`, its text, its tree. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly tree: SourceFile;
}

/** A violation of a rule. */
export interface Violation {
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

type Syntax = typeof import('typescript/unstable/ast', { with: { 'resolution-mode': 'import' } });

/** The compiler's node kinds and type guards, loaded with `import()` because the package is an ES module. */
export const loadSyntax = (): Promise<Syntax> => import('typescript/unstable/ast');

/** Reads every TypeScript file in `folder`: path → text. */
export function readSources(folder: string): Readonly<Record<string, string>> {
  const paths = listSources(folder).sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(PROJECT_ROOT, path), 'utf8')]));
}

function listSources(folder: string): string[] {
  return readdirSync(join(PROJECT_ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return listSources(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

let product: Promise<readonly Source[]> | undefined;

/** Parses every file of src, once for all tests of a process. */
export const parseProduct = (): Promise<readonly Source[]> => (product ??= parseSources(readSources('src')));

/** Parses `files` (path → text), which need not exist. Nothing is resolved or type-checked. */
export async function parseSources(files: Readonly<Record<string, string>>): Promise<readonly Source[]> {
  const { API } = await import('typescript/unstable/sync');
  const { createVirtualFileSystem } = await import('typescript/unstable/fs');
  const root = '/project';
  const config = { compilerOptions: { noLib: true, noResolve: true, types: [] }, files: Object.keys(files) };
  const entries = Object.entries(files).map(([path, text]) => [`${root}/${path}`, text]);
  const api = new API({
    cwd: root,
    fs: createVirtualFileSystem({ ...Object.fromEntries(entries), [`${root}/tsconfig.json`]: JSON.stringify(config) }),
  });
  try {
    const [project] = api.updateSnapshot({ openProject: `${root}/tsconfig.json` }).getProjects();
    return Object.entries(files).map(([path, text]) => {
      const tree = project?.program.getSourceFile(`${root}/${path}`);
      if (!tree) throw new Error(`Cannot parse ${path}: the compiler returned no tree.`);
      return { path, text, tree };
    });
  } finally {
    api.close();
  }
}

/** Yields `node` and every node below it, parents before children. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  const children: Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
    return undefined;
  });
  for (const child of children) yield* walk(child);
}

/** Creates a violation at a node, or at a position in the text. */
export function violation(source: Source, at: Node | number, message: string): Violation {
  const position = typeof at === 'number' ? at : at.getStart(source.tree);
  return { path: source.path, line: lineOf(source.text, position), message };
}

/** Returns the line of a position, counted from 1. */
export function lineOf(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/** Counts the lines of a node, without the comments before it. */
export function linesOf(source: Source, node: Node): number {
  return lineOf(source.text, node.getEnd()) - lineOf(source.text, node.getStart(source.tree)) + 1;
}

/** Renders a violation as `path:line message`. */
export const renderViolation = ({ path, line, message }: Violation): string => `${path}:${line} ${message}`;
