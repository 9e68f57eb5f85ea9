/** Splits server-sent events into blocks of raw lines, so that the framing can be checked. */

/** One block of lines up to a blank line. */
export interface Frame {
  /** Every line of the block, comments included. */
  readonly lines: readonly string[];
  /** The last `event:` value. */
  readonly event?: string;
  /** All `data:` values joined with newlines; absent in a block of comments. */
  readonly data?: string;
  /** False when the text ended before the blank line that closes the block. */
  readonly closed: boolean;
}

/** The `data` that ends an OpenAI stream. */
export const DONE = '[DONE]';

/** Splits `text` into frames; accepts LF, CRLF and CR, as the HTML standard requires for server-sent events. */
export function splitFrames(text: string): readonly Frame[] {
  const lines = text.split(/\r\n|\n|\r/);
  const lastLine = lines.pop() ?? '';
  const frames: Frame[] = [];
  let block: string[] = [];
  for (const line of lines) {
    if (line !== '') {
      block.push(line);
    } else if (block.length > 0) {
      frames.push(readFrame(block, true));
      block = [];
    }
  }
  if (lastLine !== '') block.push(lastLine);
  if (block.length > 0) frames.push(readFrame(block, false));
  return frames;
}

/** The name and value of one line; a comment has the name `''`. One space after the colon is not part of the value. */
export function readField(line: string): { readonly name: string; readonly value: string } {
  const colon = line.indexOf(':');
  if (colon < 0) return { name: line, value: '' };
  return { name: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, '') };
}

function readFrame(lines: readonly string[], closed: boolean): Frame {
  const values = (name: string): readonly string[] =>
    lines.map(readField).filter((field) => field.name === name).map((field) => field.value);
  const event = values('event').at(-1);
  const data = values('data');
  return {
    lines,
    closed,
    ...(event === undefined ? {} : { event }),
    ...(data.length === 0 ? {} : { data: data.join('\n') }),
  };
}
