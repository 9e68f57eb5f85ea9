/**
 * Source files as syntax trees, for the house rules: strings, templates and comments are then what they are. Trees come
 * from the compiler that the project pins; its API is marked unstable, so only this file touches it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Node, SourceFile } from 'typescript/unstable/ast' with { 'resolution-mode': 'import' };

export const PROJECT_ROOT = join(__dirname, '..', '..');

/** One file: its path from the project root with `/`, its text, its tree. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly tree: SourceFile;
}

/** Where a rule is broken. */
export interface Breach {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

type Syntax = typeof import('typescript/unstable/ast', { with: { 'resolution-mode': 'import' } });

/** The compiler's node kinds and type guards. The package is an ES module, hence the `import()`. */
export const loadSyntax = (): Promise<Syntax> => import('typescript/unstable/ast');

/** Path → text of every TypeScript file below `folder`. */
export function readSources(folder: string): Readonly<Record<string, string>> {
  const paths = readdirSync(join(PROJECT_ROOT, folder), { withFileTypes: true }).flatMap((entry): readonly string[] => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return Object.keys(readSources(path));
    return path.endsWith('.ts') ? [path] : [];
  });
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(PROJECT_ROOT, path), 'utf8')]));
}

/** Parses `files` (path → text); the paths need not exist. Nothing is resolved or type-checked. */
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
      if (!tree) throw new Error(`Cannot parse ${path}: the compiler gave no tree`);
      return { path, text, tree };
    });
  } finally {
    api.close();
  }
}

/** Every node of the tree below `node`, itself included, parents before children. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  const children: Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
    return undefined;
  });
  for (const child of children) yield* walk(child);
}

/** Reports `message` at `node`, or at a position in the text. */
export function breach(source: Source, at: Node | number, message: string): Breach {
  const position = typeof at === 'number' ? at : at.getStart(source.tree);
  return { path: source.path, line: lineOf(source.text, position), message };
}

/** The line of a position, from 1. */
export function lineOf(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/** The lines a node covers, without the comments before it. */
export function linesOf(source: Source, node: Node): number {
  return lineOf(source.text, node.getEnd()) - lineOf(source.text, node.getStart(source.tree)) + 1;
}

/** One breach as `path:line message`. */
export const renderBreach = ({ path, line, message }: Breach): string => `${path}:${line} ${message}`;
