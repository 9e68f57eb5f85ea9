/**
 * Patches in Codex's apply_patch format, as models write them. Only what is certain is repaired; anything else goes to
 * Codex as it is, whose error message lets the model correct itself.
 */

const BEGIN = '*** Begin Patch';
const END = '*** End Patch';

/** The tool whose text is a patch. Codex declares it as a custom tool with a Lark grammar (fixture 04). */
export const APPLY_PATCH = 'apply_patch';

export interface RepairedPatch {
  readonly text: string;
  /** What was repaired, in words; empty when nothing was. */
  readonly repairs: readonly string[];
}

/** Takes a code fence, a heredoc or surrounding words off, and adds a missing final marker line. */
export function repairPatch(text: string): RepairedPatch {
  const begin = text.indexOf(BEGIN);
  if (begin === -1) return { text, repairs: [] };
  const repairs: string[] = [];
  const lead = text.slice(0, begin);
  // Words before the marker may be a shell command; only blanks, a fence or a heredoc head are certain.
  const wrapped = /^\s*(```\w*\s*|(\w+\s+)?(apply_patch\s+)?<<\s*['"]?(\w+)['"]?\s*)?$/.test(lead);
  if (!wrapped) return { text, repairs: [] };
  if (lead !== '') repairs.push('removed what stood before the patch');
  let patch = text.slice(begin);
  const end = patch.lastIndexOf(END);
  if (end === -1) {
    patch = `${patch.replace(/\n```\s*$|\nEOF\s*$/, '').replace(/\n?$/, '\n')}${END}`;
    repairs.push('added the missing "*** End Patch" line');
  } else if (/^\s*(```|['"]?\w+['"]?)?\s*$/.test(patch.slice(end + END.length)) && patch.slice(end + END.length).trim() !== '') {
    patch = patch.slice(0, end + END.length);
    repairs.push('removed what stood after the patch');
  }
  return { text: patch, repairs };
}

/** The beginning of `text` that no repair will touch: nothing before the first marker, nothing after the last. */
export function certainPatch(text: string): string {
  if (!text.startsWith(BEGIN)) return '';
  const end = text.indexOf(`\n${END}`);
  return end === -1 ? withoutHalfMarker(text) : text.slice(0, end + 1 + END.length);
}

/** A fence or heredoc end is cut off when the final marker is missing: such lines wait at the end, as the last line does. */
const withoutHalfMarker = (text: string): string =>
  text.slice(0, text.lastIndexOf('\n') + 1).replace(/(?<=\n)(?:(?:```|EOF)?[ \t]*\n)+$/, '');
