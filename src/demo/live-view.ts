/** Shows the conversation while it happens. */
import { asRecord, asString } from '../base/narrow';
import type { Answer, AnswerEvent } from './client';
import type { Spectator, ToolResult } from './conversation';
import type { TerminalStyle, Style } from '../command/terminal-style';
import { Paragraph } from './paragraph';
import { describeTerminal, REASONING_DELTA, TEXT_DELTA } from './read-answer';
import { findTool } from './tools';

/** Which pieces are shown as they arrive, under which label. */
const STREAMED: Readonly<Record<string, readonly [label: string, style: Style | undefined]>> = {
  [REASONING_DELTA]: ['reasoning', 'dim'],
  [TEXT_DELTA]: ['text', undefined],
};

const TITLES = ['', 'Request 1: the question', 'Request 2: the results of the tools'] as const;

/** A spectator that writes to `write`. */
export function createLiveView(write: (text: string) => void, look: TerminalStyle): Spectator {
  let current: { readonly type: string; readonly paragraph: Paragraph } | undefined;
  const close = (): void => {
    current?.paragraph.end();
    current = undefined;
  };
  const stream = (type: string, delta: string): void => {
    const [label, style] = STREAMED[type] ?? [type, undefined];
    if (current?.type !== type) {
      close();
      current = { type, paragraph: new Paragraph(write, label, (word) => (style ? look.paint(style, word) : word)) };
    }
    current.paragraph.push(look.spell(delta));
  };
  const note = (label: string, text: string, style: Style): void => {
    close();
    const paragraph = new Paragraph(write, label, (word) => look.paint(style, word));
    paragraph.push(look.spell(text));
    paragraph.end();
  };
  return {
    beginRequest: (number) => write(`\n${look.paint('bold', TITLES[number] ?? `Request ${number}`)}\n`),
    onEvent(event) {
      if (event.type in STREAMED) stream(event.type, asString(event.fields['delta']) ?? '');
      else if (event.type === 'response.output_item.done') showCall(event, note);
      else if (event.type === 'response.failed') note('failed', describeTerminal(event), 'red');
    },
    endAnswer({ ending }: Answer) {
      close();
      if (ending !== 'complete') note('broken off', ending, 'red');
    },
    onToolResult: ({ name, output }: ToolResult) => note('result', `${name}: ${output}`, 'cyan'),
  };
}

function showCall({ fields }: AnswerEvent, note: (label: string, text: string, style: Style) => void): void {
  const item = asRecord(fields['item']);
  if (item?.['type'] !== 'function_call') return;
  const name = asString(item['name']);
  const namespace = asString(item['namespace']);
  const upstream = findTool(name, namespace)?.upstreamName ?? 'unknown';
  const origin = namespace === undefined ? '' : ` of ${namespace} (the model said ${upstream})`;
  note('call', `${name} ${asString(item['arguments'])}${origin}`, 'cyan');
}
