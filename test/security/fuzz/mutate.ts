/** Mutates JSON values, event streams and bytes. */
import { parseJson } from '../../../src/base/json';
import type { Random } from './random';

type Container = { [name: string]: unknown } | unknown[];

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** Names that every object inherits, that have a meaning in the protocols, or that are unusual. */
const NAMES = [
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '', ' ', '\u0000', 'type', 'id',
  'role', 'content', 'input', 'output', 'call_id', 'name', 'arguments', 'tools', 'index', 'status', 'length', '0', '-1',
];

const nest = (depth: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

const VALUES: readonly ((random: Random) => unknown)[] = [
  () => null, () => true, () => false, () => 0, () => -1, () => 1.5, () => 1e308, () => -0, () => 2 ** 53,
  () => '', () => ' ', () => [], () => ({}), () => [null], () => [[]], () => [{}], () => ({ a: null }),
  (random) => random.pick(NAMES), (random) => ({ [random.pick(NAMES)]: random.pick(NAMES) }),
  () => JSON.parse('{"__proto__":{"polluted":true}}') as unknown,
  () => 'x'.repeat(5_000), () => '\ud800', () => '\u001b]0;title\u0007\u001b[2J', () => '\r\n\r\ndata: x\n\n',
  () => '<think>', () => '</think>', () => '<tool_call>{"name":"exec_command","arguments":{}}', () => '```json\n{',
  () => '{"a":', () => '[1,2', () => '"', () => '\\', () => 'data:image/png;base64,', () => 'resp_', () => 'file:///x',
  () => nest(40), () => nest(240), () => Array.from({ length: 300 }, () => 1), () => '2024-01-01', () => 'NaN',
];

/** Returns a copy of `value` with up to four changes. */
export function mutateJson(value: unknown, random: Random): unknown {
  const root: { value?: unknown } = { value: structuredClone(value) };
  for (let left = 1 + random.below(4); left > 0; left -= 1) change(findContainer(root, random), random);
  return root.value ?? null;
}

/**
 * Walks down from the root to a random container: stops at the root about one time in eight, at each container below it
 * one time in four, and always at a container that has none inside.
 */
function findContainer(root: Container, random: Random): Container {
  let found = root;
  for (let depth = 0; random.chance(depth === 0 ? 0.88 : 0.75); depth += 1) {
    const inner = Object.values(found).filter(isContainer);
    if (inner.length === 0) break;
    found = random.pick(inner);
  }
  return found;
}

const CHANGES: readonly ((container: Container, name: string, random: Random) => void)[] = [
  (container, name, random) => set(container, name, random.pick(VALUES)(random)),
  (container, name, random) => set(container, name, random.pick(VALUES)(random)),
  (container, name) => remove(container, name),
  (container, name) => set(container, name, [Reflect.get(container, name)]),
  (container, name) => set(container, name, toText(Reflect.get(container, name))),
  (container, name) => set(container, name, JSON.stringify(Reflect.get(container, name)) ?? ''),
  (container, name) => set(container, name, { value: Reflect.get(container, name) }),
  (container, _name, random) => set(container, random.pick(NAMES), random.pick(VALUES)(random)),
  (container, name, random) => set(container, random.pick(NAMES), Reflect.get(container, name)),
  (container, name) => {
    if (Array.isArray(container)) container.splice(Number(name), 0, structuredClone(container[Number(name)]));
  },
  (container) => {
    if (Array.isArray(container)) container.reverse();
  },
  (container, name, random) => {
    const text: unknown = Reflect.get(container, name);
    if (typeof text === 'string') set(container, name, mutateText(text, random));
  },
];

const toText = (value: unknown): string => (isContainer(value) ? '[object]' : String(value));

function change(container: Container, random: Random): void {
  const names = Object.keys(container);
  random.pick(CHANGES)(container, names.length === 0 ? 'a' : random.pick(names), random);
}

/** Also defines an own property `__proto__`, as JSON.parse does. */
function set(container: Container, name: string, value: unknown): void {
  if (Array.isArray(container)) container[Math.min(Number(name) || 0, container.length)] = value;
  else Object.defineProperty(container, name, { value, enumerable: true, configurable: true, writable: true });
}

function remove(container: Container, name: string): void {
  if (Array.isArray(container)) container.splice(Number(name), 1);
  else Reflect.deleteProperty(container, name);
}

function mutateText(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const piece = random.pick(['', ' ', '\u0000', '\n', '"', '}', '<', '\ud83d', '…', text.slice(0, 20)]);
  return text.slice(0, at) + piece + text.slice(at + random.below(8));
}

/**
 * Returns a copy with up to three changes, each of which replaces a byte, removes or repeats a range, inserts bytes, or
 * truncates the copy.
 */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  let result = Buffer.from(bytes);
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const [start, end] = [random.below(result.length + 1), random.below(result.length + 1)].sort((a, b) => a - b);
    const [from = 0, to = 0] = [start, Math.min(end ?? 0, (start ?? 0) + 200)];
    const range = result.subarray(from, to);
    switch (random.below(5)) {
      case 0:
        if (result.length > 0) result[random.below(result.length)] = random.below(256);
        break;
      case 1:
        result = Buffer.concat([result.subarray(0, from), result.subarray(to)]);
        break;
      case 2:
        result = Buffer.concat([result.subarray(0, to), range, result.subarray(to)]);
        break;
      case 3:
        result = Buffer.concat([result.subarray(0, from), random.pick(SPLICES), result.subarray(from)]);
        break;
      default:
        result = result.subarray(0, to);
    }
  }
  return result;
}

const SPLICES = [
  ...[
    '\n\n', '\r', '\r\n', '\0', '\ufeff', ':', 'data: ', 'data: [DONE]\n\n', 'data:\n\n', 'event: error\n',
    'id: 1\nretry: 5\n', 'data: null\n\n', 'data: {}\n\n', '<h1>502', '{"error":{"message":"x"}}', '"', '\\', '{',
  ].map((text) => Buffer.from(text)),
  Buffer.from([0xff, 0xfe]), Buffer.from([0xe2, 0x82]), Buffer.alloc(300, 0x20),
];

/** Changes the JSON values of some events, and the order and number of events. */
export function mutateEvents(stream: Buffer, random: Random): Buffer {
  const events = stream.toString('utf8').split(/(?<=\n\r?\n)/);
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const at = random.below(events.length);
    const event = events[at] ?? '';
    switch (random.below(6)) {
      case 0:
        events.splice(at, 1);
        break;
      case 1:
        events.splice(at, 0, event);
        break;
      case 2:
        events.splice(random.below(events.length + 1), 0, ...events.splice(at, 1));
        break;
      default:
        events[at] = mutateEvent(event, random);
    }
  }
  return Buffer.from(events.join(''));
}

function mutateEvent(event: string, random: Random): string {
  return event.replace(/^data:(.*)$/m, (line, data: string) => {
    const value = parseJson(data);
    return value === undefined ? line : `data: ${JSON.stringify(mutateJson(value, random))}`;
  });
}

/**
 * Splits bytes into reads of random size, some of them empty. Instead of single bytes, a long input is split into reads
 * of 50 bytes, to save time.
 */
export function splitBytes(bytes: Buffer, random: Random): readonly Buffer[] {
  const maxSize = random.pick([1, 7, 64, 1_000, 100_000]);
  const reads: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = maxSize === 1 && bytes.length > 2_000 ? 50 : random.below(maxSize + 1);
    reads.push(bytes.subarray(at, at + size));
    at += size;
  }
  return reads;
}
