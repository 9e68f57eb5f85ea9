/** T0-T5: the framing of server-sent events. T7 checks headers and is in content-type.ts. */
import { isRecord, parseJson } from '../../../../src/base/json';
import { DONE, readField, type Frame } from './frames';
import { error, show, warning, type Finding, type Rule } from './rule';
import type { Story } from './story';

const FIELDS = ['', 'event', 'data', 'id', 'retry'];

/** Yields each frame with the index of its event; a frame without one has the index of the next event. */
function* indexFrames(story: Story): Generator<readonly [Frame, number]> {
  let index = 0;
  for (const frame of story.frames ?? []) {
    yield [frame, index];
    if (isEvent(frame)) index += 1;
  }
}

const isEvent = (frame: Frame): boolean => {
  const value = frame.data === undefined ? undefined : parseJson(frame.data);
  return isRecord(value) && typeof value['type'] === 'string';
};

function* closedFrames(story: Story): Iterable<Finding> {
  for (const [frame, index] of indexFrames(story)) {
    if (!frame.closed) yield error(index, `no blank line closes ${show(frame.lines.join('\n'))}`);
  }
}

function* knownFields(story: Story): Iterable<Finding> {
  for (const [frame, index] of indexFrames(story)) {
    for (const line of frame.lines) {
      if (!FIELDS.includes(readField(line).name))
        yield error(index, `${show(line)} is not a field of server-sent events`);
    }
  }
}

function* nameMatchesType(story: Story): Iterable<Finding> {
  for (const [frame, index] of indexFrames(story)) {
    if (!isEvent(frame) || frame.data === undefined) continue;
    const value = parseJson(frame.data);
    const type = isRecord(value) ? value['type'] : undefined;
    if (frame.event === undefined) yield warning(index, `no event: line names ${show(type)}`);
    else if (frame.event !== type) yield error(index, `event: is ${show(frame.event)}, type is ${show(type)}`);
  }
}

function* jsonData(story: Story): Iterable<Finding> {
  for (const [frame, index] of indexFrames(story)) {
    if (frame.data === DONE || isEvent(frame)) continue;
    if (frame.data !== undefined) yield error(index, `data is not a JSON object with a type: ${show(frame.data)}`);
    else if (frame.event !== undefined) yield error(index, `the event ${show(frame.event)} has no data`);
  }
}

function* doneOnce(story: Story): Iterable<Finding> {
  if (!story.frames) return;
  let seen = 0;
  for (const [frame, index] of indexFrames(story)) {
    if (frame.data === DONE) {
      seen += 1;
      if (seen > 1) yield error(index, '[DONE] is sent twice');
    } else if (seen > 0 && frame.data !== undefined) {
      yield error(index, 'data follows [DONE]');
    }
  }
  if (seen === 0) yield warning(-1, '[DONE] is missing');
}

function* withoutIds(story: Story): Iterable<Finding> {
  for (const [frame, index] of indexFrames(story)) {
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
