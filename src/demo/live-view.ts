/** Shows the conversation while it streams, in labeled paragraphs wrapped at 80 columns. */
import { asNumber, asRecord, asString, type UnknownRecord } from '../base/json';
import { WIDTH } from '../command/render';
import type { Style, TerminalStyle } from '../command/terminal-style';
import type { DemoEvent, DemoView } from './conversation';
import { PROMPT } from './simulated-model';
import { findTool } from './tools';

/**
 * The deltas that are shown, with their labels. Like Codex, the view shows the summary of the reasoning, not its text
 * (codex-protocol.md, "Reasoning display").
 */
const STREAMED: Readonly<Record<string, readonly [label: string, style: Style | undefined]>> = {
  'response.reasoning_summary_text.delta': ['reasoning', 'dim'],
  'response.output_text.delta': ['text', undefined],
};

/** Creates a view that writes to `write`. */
export function createLiveView(write: (text: string) => void, style: TerminalStyle): DemoView {
  let current: { readonly type: string; readonly paragraph: Paragraph } | undefined;
  const close = (): void => {
    current?.paragraph.end();
    current = undefined;
  };
  const stream = (type: string, delta: string): void => {
    const [label, color] = STREAMED[type] ?? [type, undefined];
    if (current?.type !== type) {
      close();
      current = { type, paragraph: new Paragraph(write, label, (word) => (color ? style.paint(color, word) : word)) };
    }
    current.paragraph.push(style.spell(delta));
  };
  const note = (label: string, text: string, color: Style): void => {
    close();
    const paragraph = new Paragraph(write, label, (word) => style.paint(color, word));
    paragraph.push(style.spell(text));
    paragraph.end();
  };
  return {
    beginRequest(number, title) {
      write(`\n${style.paint('bold', `Request ${number}: ${title}`)}\n`);
      if (number === 1) note('user', PROMPT, 'bold');
    },
    onEvent({ type, fields }: DemoEvent) {
      const { error, usage } = asRecord(fields['response']) ?? {};
      if (type in STREAMED) stream(type, asString(fields['delta']) ?? '');
      else if (type === 'response.output_item.done') showCall(asRecord(fields['item']) ?? {}, note);
      else if (type === 'response.failed') note('failed', asString(asRecord(error)?.['message']) ?? '', 'red');
      else if (type === 'response.completed') note('tokens', describeUsage(asRecord(usage) ?? {}), 'dim');
    },
    endResponse(problem) {
      close();
      if (problem !== undefined) note('incomplete', problem, 'red');
    },
    onToolResult: (name, output) => note('result', `${name}: ${output}`, 'cyan'),
  };
}

function showCall(item: UnknownRecord, note: (label: string, text: string, color: Style) => void): void {
  if (item['type'] !== 'function_call') return;
  const name = asString(item['name']);
  const namespace = asString(item['namespace']);
  const upstream = findTool(name, namespace)?.upstreamName ?? 'unknown';
  const origin = namespace === undefined ? '' : ` of ${namespace} (called as ${upstream})`;
  note('call', `${name} ${asString(item['arguments'])}${origin}`, 'cyan');
}

function describeUsage(usage: UnknownRecord): string {
  const readDetails = (kind: string): UnknownRecord => asRecord(usage[`${kind}_tokens_details`]) ?? {};
  const [input, output] = [asNumber(usage['input_tokens']), asNumber(usage['output_tokens'])];
  const cached = asNumber(readDetails('input')['cached_tokens']);
  const reasoning = asNumber(readDetails('output')['reasoning_tokens']);
  return `${input ?? '?'} in (${cached ?? '?'} cached), ${output ?? '?'} out (${reasoning ?? '?'} reasoning)`;
}

/** The column of the text, after the label. */
const INDENT = 13;

/** Writes a paragraph as it streams: the label at once, and each word when it is complete. */
export class Paragraph {
  private column = INDENT;
  /** The beginning of a word that is not complete yet. */
  private word = '';

  /** @param paint colors a word; color codes do not count toward the line width */
  constructor(
    private readonly write: (text: string) => void,
    label: string,
    private readonly paint: (text: string) => string = (text) => text,
  ) {
    write(`  ${label.padEnd(INDENT - 2)}`);
  }

  /** Accepts text in pieces of any size. Whitespace separates words; a word too long for a line is split. */
  push(text: string): void {
    for (const character of text) {
      if (/\s/.test(character) || this.word.length >= WIDTH - INDENT) this.finishWord();
      this.word += character.trim();
    }
  }

  /** Writes the last word and ends the line. */
  end(): void {
    this.finishWord();
    this.write('\n');
  }

  private finishWord(): void {
    const { word } = this;
    if (word === '') return;
    this.word = '';
    const isFirst = this.column === INDENT;
    if (!isFirst && this.column + 1 + word.length > WIDTH) {
      this.write(`\n${' '.repeat(INDENT)}${this.paint(word)}`);
      this.column = INDENT + word.length;
    } else {
      this.write(`${isFirst ? '' : ' '}${this.paint(word)}`);
      this.column += (isFirst ? 0 : 1) + word.length;
    }
  }
}
