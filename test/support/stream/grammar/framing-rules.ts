/** T0-T5: the framing of server-sent events. T7 checks headers and is in content-type.ts. */
import { isRecord, parseJson } from '../../../../src/base/json';
import { DONE, readField, type Frame } from './frames';
import { error, show, warning, type Finding, type Rule } from './rule';
import type { RecordedStream } from './recorded-stream';

const FIELDS = ['', 'event', 'data', 'id', 'retry'];

/** Yields each frame with the index of its event; a frame without one has the index of the next event. */
function* indexFrames(stream: RecordedStream): Generator<readonly [Frame, number]> {
  let index = 0;
  for (const frame of stream.frames ?? []) {
    yield [frame, index];
    if (isEvent(frame)) index += 1;
  }
}

const isEvent = (frame: Frame): boolean => {
  const value = frame.data === undefined ? undefined : parseJson(frame.data);
  return isRecord(value) && typeof value['type'] === 'string';
};

function* closedFrames(stream: RecordedStream): Iterable<Finding> {
  for (const [frame, index] of indexFrames(stream)) {
    if (!frame.closed) yield error(index, `no blank line closes ${show(frame.lines.join('\n'))}`);
  }
}

function* knownFields(stream: RecordedStream): Iterable<Finding> {
  for (const [frame, index] of indexFrames(stream)) {
    for (const line of frame.lines) {
      if (!FIELDS.includes(readField(line).name))
        yield error(index, `${show(line)} is not a field of server-sent events`);
    }
  }
}

function* nameMatchesType(stream: RecordedStream): Iterable<Finding> {
  for (const [frame, index] of indexFrames(stream)) {
    if (!isEvent(frame) || frame.data === undefined) continue;
    const value = parseJson(frame.data);
    const type = isRecord(value) ? value['type'] : undefined;
    if (frame.event === undefined) yield warning(index, `no event: line names ${show(type)}`);
    else if (frame.event !== type) yield error(index, `event: is ${show(frame.event)}, type is ${show(type)}`);
  }
}

function* jsonData(stream: RecordedStream): Iterable<Finding> {
  for (const [frame, index] of indexFrames(stream)) {
    if (frame.data === DONE || isEvent(frame)) continue;
    if (frame.data !== undefined) yield error(index, `data is not a JSON object with a type: ${show(frame.data)}`);
    else if (frame.event !== undefined) yield error(index, `the event ${show(frame.event)} has no data`);
  }
}

function* doneOnce(stream: RecordedStream): Iterable<Finding> {
  if (!stream.frames) return;
  let seen = 0;
  for (const [frame, index] of indexFrames(stream)) {
    if (frame.data === DONE) {
      seen += 1;
      if (seen > 1) yield error(index, '[DONE] is sent twice');
    } else if (seen > 0 && frame.data !== undefined) {
      yield error(index, 'data follows [DONE]');
    }
  }
  if (seen === 0) yield warning(-1, '[DONE] is missing');
}

function* withoutIds(stream: RecordedStream): Iterable<Finding> {
  for (const [frame, index] of indexFrames(stream)) {
    if (frame.lines.some((line) => readField(line).name === 'id')) yield warning(index, 'an id: line is sent');
  }
}

export const FRAMING_RULES: readonly Rule[] = [
  { id: 'T0', check: closedFrames },
  { id: 'T1', check: knownFields },
  { id: 'T2', check: nameMatchesType },
  { id: 'T3', check: jsonData },
  { id: 'T4', check: doneOnce },
  { id: 'T5', check: withoutIds },
];
