/** Reads the documentation pages: their fenced code blocks and the code in their text. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../house/source-tree';

/** A fenced code block. */
export interface CodeBlock {
  readonly page: string;
  /** Line number of its first line, counted from 1. */
  readonly line: number;
  /** The word after the fence, such as `sh`; may be empty. */
  readonly language: string;
  readonly text: string;
}

/** The READMEs and the pages directly in docs and docs/zh, as paths from the project root. */
export const PAGES: readonly string[] = [
  'README.md', 'README.zh-CN.md',
  ...['docs', 'docs/zh'].flatMap((folder) =>
    readdirSync(join(PROJECT_ROOT, folder)).filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`)),
];

/** Chinese page → English page. */
export const TRANSLATIONS: Readonly<Record<string, string>> = {
  'README.zh-CN.md': 'README.md', 'docs/zh/guide.md': 'docs/guide.md',
};

/** Returns the text of a page. */
export const readPage = (page: string): string => readFileSync(join(PROJECT_ROOT, page), 'utf8');

/** Lists the code blocks of a page in order; a block inside a list item loses its indentation. */
export function listBlocks(page: string, text = readPage(page)): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { readonly indent: number; readonly line: number; readonly language: string } | undefined;
  let lines: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent = '', language = ''] = /^(\s*)```(\w*)\s*$/.exec(line) ?? [undefined];
    if (!/^\s*```/.test(line)) lines.push(line.slice(open?.indent ?? 0));
    else if (open) {
      blocks.push({ page, line: open.line, language: open.language, text: `${lines.join('\n')}\n` });
      open = undefined;
    } else {
      open = { indent: indent.length, line: index + 2, language };
      lines = [];
    }
  }
  return blocks;
}

/** Lists the code spans outside of code blocks. */
export function listCodeSpans(page: string, text = readPage(page)): readonly string[] {
  const prose = text.replace(/^\s*```[\s\S]*?^\s*```\s*$/gm, '');
  return [...prose.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replace(/\s+/g, ' '));
}

/** Splits a command line into words; quotes group, and a comment ends it. */
export function splitWords(line: string): readonly string[] {
  const words = line.replace(/\s#.*$/, '').match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replace(/["']/g, ''));
}
