/** The marked region in a start-up file: everything around it stays as it is, byte for byte. */
import { FUNCTION_NAME } from './shells';

const BEGIN = new RegExp(`^# >>> ${FUNCTION_NAME}\\b.*>>>$`);
const END = `# <<< ${FUNCTION_NAME} <<<`;

/** An edited text, or the line (from 1) where a region begins whose end marker is missing. */
export type Edit = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly line: number };

/** The region as lines: the function between its markers. */
export function renderRegion(shell: string, lines: readonly string[]): readonly string[] {
  const author = `written by aliyun-codex-bridge setup --shell ${shell} --install; with --undo it goes`;
  return [`# >>> ${FUNCTION_NAME}: ${author} >>>`, ...lines, END];
}

/** Puts `region` in place of the one that is there, whatever its version, or at the end. */
export function putRegion(text: string, region: readonly string[]): Edit {
  const eol = /\r?\n/.exec(text)?.[0] ?? '\n';
  const found = findRegions(text);
  if (!found.ok) return found;
  const [first, ...others] = found.regions;
  const block = region.map((line) => `${line}${eol}`).join('');
  // Behind a finished line this makes an empty one; `takeRegion` takes it back.
  if (first === undefined) return { ok: true, text: text === '' ? block : `${text}${eol}${block}` };
  const rest = others.reduceRight(cut, text);
  return { ok: true, text: `${rest.slice(0, first.start)}${block}${rest.slice(first.end)}` };
}

/** Takes every region out, so that a text comes back as it was before `putRegion`. */
export function takeRegion(text: string): Edit {
  const found = findRegions(text);
  return found.ok ? { ok: true, text: found.regions.reduceRight(cut, text) } : found;
}

/** Whether a region begins in `text`. */
export function hasRegion(text: string): boolean {
  return listLines(text).some(({ content }) => BEGIN.test(content));
}

/** The line (from 1) outside of regions that matches `definition`. */
export function findForeign(text: string, definition: RegExp): number | undefined {
  const found = findRegions(text);
  const regions = found.ok ? found.regions : [];
  const index = listLines(text).findIndex(({ start, content }) =>
    definition.test(content) && !regions.some((region) => start >= region.start && start < region.end));
  return index === -1 ? undefined : index + 1;
}

interface Extent {
  readonly start: number;
  readonly end: number;
}

interface Line extends Extent {
  /** Without its end. */
  readonly content: string;
}

type Found = { readonly ok: true; readonly regions: readonly Extent[] } | { readonly ok: false; readonly line: number };

function findRegions(text: string): Found {
  const regions: Extent[] = [];
  let begin: { readonly start: number; readonly line: number } | undefined;
  for (const [index, { start, end, content }] of listLines(text).entries()) {
    if (BEGIN.test(content)) {
      if (begin !== undefined) return { ok: false, line: begin.line };
      begin = { start, line: index + 1 };
    } else if (content === END && begin !== undefined) {
      regions.push({ start: begin.start, end });
      begin = undefined;
    }
  }
  return begin === undefined ? { ok: true, regions } : { ok: false, line: begin.line };
}

function listLines(text: string): readonly Line[] {
  return [...text.matchAll(/[^\n]*\n|[^\n]+$/g)].map(({ 0: line, index = 0 }) => ({
    start: index,
    end: index + line.length,
    content: line.replace(/\r?\n$/, '').replace(/^\ufeff|^\u00ef\u00bb\u00bf/, ''),
  }));
}

/** Without a region and the line end that was put in front of it, unless that now ends a line of somebody else. */
function cut(text: string, { start, end }: Extent): string {
  const before = text.slice(0, start);
  const after = text.slice(end);
  const isOurs = after === '' || /(?:^|\n)\r?\n$/.test(before);
  return `${isOurs ? before.replace(/\r?\n$/, '') : before}${after}`;
}
