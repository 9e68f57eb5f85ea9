/** Log lines: levels, both formats, and what they never contain. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, LOG_LEVELS, renderLocalTime, type LoggerOptions } from '../../src/observe/log';

function collect(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const logger = createLogger({ level: 'debug', format: 'text', write, now: () => 0, ...options });
  return { lines, logger };
}

for (const level of LOG_LEVELS) {
  test(`level ${level} writes its own and more important lines`, () => {
    const { lines, logger } = collect({ level, format: 'json' });
    for (const each of LOG_LEVELS) logger[each](each);
    const expected = LOG_LEVELS.slice(LOG_LEVELS.indexOf(level));
    assert.deepEqual(lines.map((line) => (JSON.parse(line) as { level: string }).level), expected);
    assert.deepEqual(LOG_LEVELS.filter((each) => logger.enabled(each)), expected);
  });
}

/** Local time with its offset, as each line of text begins. */
const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d /;

test('text lines have the local time, and fields as key=value', () => {
  const { lines, logger } = collect();
  const failure = { kind: 'rate_limit', status: 429, error: 'Slow "down".', param: undefined, more: { a: [1] } };
  logger.warn('request failed', failure);
  logger.info('listening');
  assert.ok(lines.every((line) => TIME.test(line)));
  assert.equal(Date.parse(TIME.exec(lines[0] ?? '')?.[0] ?? ''), 0);
  assert.deepEqual(lines.map((line) => line.replace(TIME, '')), [
    'warn  request failed kind=rate_limit status=429 error="Slow \\"down\\"." more={"a":[1]}\n',
    'info  listening\n',
  ]);
});

test('the offset is that of the local time zone: half hours, west of Greenwich, daylight saving time', (context) => {
  const { TZ } = process.env;
  context.after(() => {
    if (TZ === undefined) delete process.env['TZ'];
    else process.env['TZ'] = TZ;
  });
  for (const [zone, text] of [
    ['Asia/Kolkata', '2026-07-01 05:30:00+05:30'], ['America/New_York', '2026-06-30 20:00:00-04:00'],
    ['Asia/Shanghai', '2026-07-01 08:00:00+08:00'], ['UTC', '2026-07-01 00:00:00+00:00'],
  ] as const) {
    process.env['TZ'] = zone;
    assert.equal(renderLocalTime(Date.UTC(2026, 6, 1)), text);
  }
});

test('text lines wrap at 120 characters, each with time and level; at debug they do not wrap', () => {
  const { lines, logger } = collect();
  const stack = `Error\n${'at x '.repeat(50)}`;
  const values = { error: 'words '.repeat(60), url: `https://x/${'a'.repeat(300)}`, stack };
  for (const level of ['info', 'debug'] as const) logger[level]('long', values);
  const [wrapped = [], unwrapped = []] = lines.map((text) => text.trimEnd().split('\n'));
  assert.deepEqual(wrapped.filter((line) => line.length > 120 || !TIME.test(line) || !/^\S+ \S+ info /.test(line)), []);
  assert.ok(wrapped.length > 5);
  assert.equal(unwrapped.length, 3);
  const text = wrapped.map((line) => line.replace(TIME, '').slice(6).trim()).join('');
  assert.ok(text.includes('a'.repeat(60)) && text.replaceAll(' ', '').includes('words'.repeat(60)));
});

test('json lines are one object each', () => {
  const { lines, logger } = collect({ format: 'json' });
  const fields = { status: 500, cause: new TypeError('bad'), size: 1n };
  logger.error('crashed', { message: 'a field cannot replace the message', ...fields });
  const head = { time: '1970-01-01T00:00:00.000Z', level: 'error', message: 'crashed' };
  const written = lines.map((line) => JSON.parse(line) as unknown);
  assert.deepEqual(written, [{ ...head, status: 500, cause: 'TypeError: bad', size: '1' }]);
});

test('a stack trace is readable in text', () => {
  const { lines, logger } = collect();
  logger.error('crashed', { stack: 'Error: x\n    at y' });
  const text = (lines[0] ?? '').split('\n').map((line) => line.replace(TIME, '')).join('\n');
  assert.equal(text, 'error crashed\nerror     Error: x\nerror         at y\n');
});

test('external text cannot forge a line or control the terminal', () => {
  const { lines, logger } = collect();
  logger.info('a\nb\u001b[2J', { path: '/x\r\n\u009b31m', list: ['\u2028'], stack: 'a\u001b[0m' });
  assert.equal(lines.length, 1);
  const wrapped = lines[0]?.trimEnd().split('\n') ?? [];
  assert.deepEqual(wrapped.filter((line) => !TIME.test(line) || /[\u0000-\u001f\u007f-\u009f\u2028]/.test(line)), []);
});

for (const format of ['text', 'json'] as const) {
  test(`conversations are written only at debug (${format})`, () => {
    const { lines, logger } = collect({ format });
    const fields = { body: 'private words', request: { input: [{ text: 'private words' }] }, delta: 'privatewords' };
    for (const level of ['info', 'warn', 'error'] as const) logger[level]('x', fields);
    assert.doesNotMatch(lines.join(''), /private ?words/);
    logger.debug('x', fields);
    assert.match(lines.at(-1) ?? '', /private words.*private words.*privatewords/);
  });

  test(`secrets are masked everywhere (${format})`, () => {
    const { lines, logger } = collect({ format, secrets: ['my-own-key'] });
    logger.debug('with my-own-key', { header: 'Bearer abc', nested: { key: 'sk-test-12345', other: ['my-own-key'] } });
    assert.doesNotMatch(lines[0] ?? '', /my-own-key|abc|12345/);
    if (format === 'json') assert.doesNotThrow(() => JSON.parse(lines[0] ?? '') as unknown);
  });

  test(`fields that cannot be serialized do not throw (${format})`, () => {
    const { lines, logger } = collect({ format });
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    logger.info('odd', { cycle, call: () => {}, nothing: undefined });
    assert.match(lines[0] ?? '', /odd/);
  });
}
