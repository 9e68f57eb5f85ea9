/**
 * The grammar of a Responses event stream: every rule of responses-protocol.md ("Rules that the tests check"),
 * applied to a recorded stream. T7, the content type, is checked by `checkContentType`.
 */
import assert from 'node:assert/strict';
import { CALL_RULES } from './grammar/call-rules';
import { FIELD_RULES } from './grammar/field-rules';
import { FRAMING_RULES } from './grammar/framing-rules';
import { ITEM_RULES } from './grammar/item-rules';
import { LIFECYCLE_RULES } from './grammar/lifecycle-rules';
import { OUTPUT_RULES } from './grammar/output-rules';
import { PART_RULES } from './grammar/part-rules';
import type { GrammarOptions, Rule, Violation } from './grammar/rule';
import { readRecordedStream } from './grammar/recorded-stream';

export { checkContentType } from './grammar/content-type';
export type { GrammarOptions, Level, Violation } from './grammar/rule';

/** All rules that look at events. An id may have several rows. */
export const RULES: readonly Rule[] = [
  ...FRAMING_RULES,
  ...LIFECYCLE_RULES,
  ...ITEM_RULES,
  ...PART_RULES,
  ...CALL_RULES,
  ...OUTPUT_RULES,
  ...FIELD_RULES,
];

/**
 * Takes the SSE text of a whole stream, or its events already parsed (the framing rules T0-T5 are then not applied).
 * Returns every violation in stream order; those of the stream as a whole come first.
 */
export function checkStream(input: string | readonly unknown[], options: GrammarOptions): readonly Violation[] {
  const stream = readRecordedStream(input);
  return RULES
    .flatMap(({ id, check }) => [...check(stream, options)].map((finding) => ({ rule: id, ...finding })))
    .sort((left, right) => left.index - right.index);
}

/** Throws an AssertionError that lists every violation; warnings are left out when `warnings` is false. */
export function assertGoodStream(
  input: string | readonly unknown[],
  { warnings = true, ...options }: GrammarOptions & { readonly warnings?: boolean },
): void {
  const violations = checkStream(input, options).filter(({ level }) => warnings || level === 'error');
  assert.deepEqual(violations.map(renderViolation), []);
}

/** One violation as one line. */
export function renderViolation({ rule, level, index, message }: Violation): string {
  return `${rule} ${level}${index < 0 ? '' : ` at event ${index}`}: ${message}`;
}
