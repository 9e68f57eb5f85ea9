/**
 * Repairs patches in Codex's apply_patch format if the repair is unambiguous. Other patches reach Codex unchanged, and
 * its error message lets the model correct itself.
 */

const BEGIN = '*** Begin Patch';
const END = '*** End Patch';

/** The tool whose input is a patch. Codex declares it as a custom tool with a Lark grammar (fixture 04). */
export const APPLY_PATCH = 'apply_patch';

export interface Repaired {
  readonly text: string;
  /** One phrase for each repair. */
  readonly repairs: readonly string[];
}

/** Removes a code fence or heredoc around the patch, or whitespace before it, and adds a missing final marker line. */
export function repairPatch(text: string): Repaired {
  const begin = text.indexOf(BEGIN);
  if (begin === -1) return { text, repairs: [] };
  const repairs: string[] = [];
  const prefix = text.slice(0, begin);
  // Other text before the marker may be a shell command; only whitespace, a fence or the start of a heredoc can be
  // removed safely.
  const isWrapped = /^\s*(```\w*\s*|(\w+\s+)?(apply_patch\s+)?<<\s*['"]?(\w+)['"]?\s*)?$/.test(prefix);
  if (!isWrapped) return { text, repairs: [] };
  if (prefix !== '') repairs.push('removed what came before the patch');
  let patch = text.slice(begin);
  const end = patch.lastIndexOf(END);
  if (end === -1) {
    patch = `${patch.replace(/\n```\s*$|\nEOF\s*$/, '').replace(/\n?$/, '\n')}${END}`;
    repairs.push('added the missing "*** End Patch" line');
  } else if (isWrapping(patch.slice(end + END.length))) {
    patch = patch.slice(0, end + END.length);
    repairs.push('removed what came after the patch');
  }
  return { text: patch, repairs };
}

/** Whether the text is the end of a code fence or a heredoc. */
const isWrapping = (text: string): boolean => text.trim() !== '' && /^\s*(```|['"]?\w+['"]?)?\s*$/.test(text);

/** Lines that a repair removes from the end of a patch without a final marker. */
const REMOVABLE = /^(?:```|EOF)?[ \t]*$/;

/**
 * Streams the part of a patch that no repair can change: whole lines from the first marker to the last. Input that does
 * not start with the first marker is not streamed. Reads each character once.
 */
export class PatchProgress {
  private state: 'head' | 'body' | 'done' = 'head';
  /** The unfinished line; in state `head`, all text so far. */
  private line = '';
  /** Lines that a repair may still remove. */
  private waiting = '';

  /** @returns the text that can no longer change */
  push(text: string): string {
    if (this.state === 'done') return '';
    let certain = '';
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1 && !this.isDone; end = text.indexOf('\n', from)) {
      certain += this.extendLine(text.slice(from, end + 1));
      from = end + 1;
    }
    return this.isDone ? certain : certain + this.extendLine(text.slice(from));
  }

  private get isDone(): boolean {
    return this.state === 'done';
  }

  /** @param text the rest of the line with its end, or a part of it */
  private extendLine(text: string): string {
    const before = this.line.length;
    this.line += text;
    if (this.state === 'head') {
      if (this.line.length < BEGIN.length) return this.stopUnless(BEGIN.startsWith(this.line));
      if (!this.line.startsWith(BEGIN)) return this.stopUnless(false);
      this.state = 'body';
    }
    if (before < END.length && this.line.length >= END.length && this.line.startsWith(END)) {
      this.state = 'done';
      return this.waiting + END;
    }
    return text.endsWith('\n') ? this.endLine() : '';
  }

  private stopUnless(matches: boolean): '' {
    if (!matches) this.state = 'done';
    return '';
  }

  private endLine(): string {
    const lines = this.waiting + this.line;
    const isRemovable = REMOVABLE.test(this.line.slice(0, -1));
    this.line = '';
    this.waiting = isRemovable ? lines : '';
    return isRemovable ? '' : lines;
  }
}
