/** Questions to the events of an answer: what was said, what was called, what it cost. */
import type { UnknownRecord } from '../base/json';
import { asArray, asRecord, asString, asText } from '../base/narrow';
import type { Answer, AnswerEvent } from './client';

const TERMINAL: readonly string[] = ['response.completed', 'response.incomplete', 'response.failed', 'error'];

/** The events that end an answer; there should be one. */
export function findTerminals({ events }: Answer): readonly AnswerEvent[] {
  return events.filter(({ type }) => TERMINAL.includes(type));
}

/** The type of a terminal event, with its reason where it has one. */
export function describeTerminal({ type, fields }: AnswerEvent): string {
  const error = asRecord(asRecord(fields['response'])?.['error']) ?? asRecord(fields['error']);
  const message = asText(error?.['message']);
  return message === undefined ? type : `${type}: ${message}`;
}

/** The finished items: the part of an answer that Codex acts on and sends back (codex-protocol.md, rule 1). */
export function findItems({ events }: Answer): readonly UnknownRecord[] {
  return events.flatMap(({ type, fields }) => {
    const item = type === 'response.output_item.done' ? asRecord(fields['item']) : undefined;
    return item === undefined ? [] : [item];
  });
}

/** The finished calls among the items. */
export function findCalls(answer: Answer): readonly UnknownRecord[] {
  return findItems(answer).filter(({ type }) => type === 'function_call');
}

/** The reasoning that Codex shows is the summary (codex-protocol.md, "Reasoning display"). */
export const REASONING_DELTA = 'response.reasoning_summary_text.delta';

/** The event that carries a piece of the model's text. */
export const TEXT_DELTA = 'response.output_text.delta';

/** All pieces of one kind, joined. */
export function joinDeltas({ events }: Answer, type: string): string {
  return events.map((event) => (event.type === type ? asString(event.fields['delta']) ?? '' : '')).join('');
}

/** The text that the finished items of a kind hold, in their `summary` or `content`. */
export function joinItemTexts(answer: Answer, type: 'reasoning' | 'message'): string {
  const field = type === 'reasoning' ? 'summary' : 'content';
  const parts = findItems(answer).flatMap((item) => (item['type'] === type ? asArray(item[field]) ?? [] : []));
  return parts.map((part) => asString(asRecord(part)?.['text']) ?? '').join('');
}

/** The usage object of the terminal event. */
export function findUsage(answer: Answer): UnknownRecord | undefined {
  return asRecord(asRecord(findTerminals(answer)[0]?.fields['response'])?.['usage']);
}

/** When the first word came. */
export function findFirstWord({ events }: Answer): number | undefined {
  return events.find(({ type }) => type === REASONING_DELTA || type === TEXT_DELTA)?.at;
}
