/** Log lines: levels, both formats, and what they never contain. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, LOG_LEVELS, type LoggerOptions } from '../../src/observe/log';

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

test('text lines are readable', () => {
  const { lines, logger } = collect();
  const failure = { kind: 'rate_limit', status: 429, error: 'Slow "down".', param: undefined, more: { a: [1] } };
  logger.warn('request failed', failure);
  logger.info('listening');
  assert.deepEqual(lines, [
    '1970-01-01T00:00:00.000Z warn  request failed kind=rate_limit status=429 error="Slow \\"down\\"." ' +
    'more={"a":[1]}\n',
    '1970-01-01T00:00:00.000Z info  listening\n',
  ]);
});

test('JSON lines are one object each', () => {
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
  assert.equal(lines[0], '1970-01-01T00:00:00.000Z error crashed\n    Error: x\n        at y\n');
});

test('foreign text cannot forge a line or control the terminal', () => {
  const { lines, logger } = collect();
  logger.info('a\nb\u001b[2J', { path: '/x\r\n\u009b31m', list: ['\u2028'], stack: 'a\u001b[0m' });
  assert.equal(lines.length, 1);
  assert.doesNotMatch(lines[0]?.trimEnd().replace('\n    a', '') ?? '', /[\u0000-\u001f\u007f-\u009f\u2028]/);
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

  test(`fields that cannot be written do not throw (${format})`, () => {
    const { lines, logger } = collect({ format });
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    logger.info('odd', { cycle, call: () => {}, nothing: undefined });
    assert.match(lines[0] ?? '', /odd/);
  });
}
