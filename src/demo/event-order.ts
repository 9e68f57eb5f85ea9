/** The order of stream events that clients rely on, as one question. */
import { asRecord, asText } from '../base/narrow';
import type { AnswerEvent } from './client';

/** What is out of order, as a phrase, or `undefined`. Whether the stream ends at all is another question. */
export function findDisorder(events: readonly AnswerEvent[]): string | undefined {
  const open = new Set<string>();
  let items = 0;
  for (const [index, { type, fields }] of events.entries()) {
    const opening = OPENING[index];
    if (opening !== undefined && type !== opening) return `event ${index} is ${type}`;
    const id = asText(fields['item_id']) ?? asText(asRecord(fields['item'])?.['id']);
    if (type === 'response.output_item.added') {
      const place = fields['output_index'];
      if (place !== items) return `event ${index} opens output_index ${String(place)}, not ${items}`;
      open.add(id ?? '');
      items += 1;
    } else if (id !== undefined && !open.has(id)) {
      return `event ${index} (${type}) belongs to no open item`;
    }
    if (type === 'response.output_item.done') open.delete(id ?? '');
    if (type === 'response.completed' && open.size > 0) return 'the stream ended with an open item';
    if (type === 'response.completed' && index < events.length - 1) return `${events[index + 1]?.type} follows the end`;
  }
  return undefined;
}

const OPENING = ['response.created', 'response.in_progress'] as const;

/** The first gap in the sequence numbers, as a phrase, or `undefined`. */
export function findGap(events: readonly AnswerEvent[]): string | undefined {
  const index = events.findIndex(({ fields }, position) => fields['sequence_number'] !== position);
  return index === -1 ? undefined : `event ${index} has number ${String(events[index]?.fields['sequence_number'])}`;
}
