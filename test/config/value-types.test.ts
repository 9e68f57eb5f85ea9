/** Each value type: accepted inputs, their values, and rejected inputs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ValueType } from '../../src/config/option';
import * as types from '../../src/config/value-types';

interface Expectation {
  readonly type: ValueType<unknown>;
  readonly accepted: Readonly<Record<string, unknown>>;
  readonly rejected: readonly string[];
}

const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  text: { type: types.text, accepted: { ' a b ': 'a b' }, rejected: ['', ' '] },
  key: {
    type: types.key,
    accepted: { 'sk-test-1': 'sk-test-1', 'sk-test-2\n': 'sk-test-2' },
    rejected: ['', 'sk test', 'sk\ntest', 'ключ'],
  },
  headerText: {
    type: types.headerText,
    accepted: { 'codex/1.0 (x)': 'codex/1.0 (x)' },
    rejected: ['', 'a\nb', 'é'],
  },
  since: {
    type: types.since,
    accepted: {
      '2026-11-01': { day: '2026-11-01' }, '2028-02-29': { day: '2028-02-29' }, ' 7d': { spanMs: 604_800_000 },
    },
    rejected: ['', 'yesterday', '2026-02-31', '2026-02-29', '2026-13-01', '2026-00-10', '7', '7w'],
  },
  host: {
    type: types.host,
    accepted: {
      localhost: 'localhost', '0.0.0.0': '0.0.0.0', '::1': '::1', '[::1]': '::1', '::': '::',
      'fe80::1%eth0': 'fe80::1%eth0',
    },
    rejected: ['', 'http://localhost', 'localhost:8080', 'a b', '127.0.0.1:80'],
  },
  baseUrl: {
    type: types.baseUrl,
    accepted: {
      'https://api.example.com/v1/': 'https://api.example.com/v1',
      'http://127.0.0.1:8000': 'http://127.0.0.1:8000',
      'http://[::1]:8000//': 'http://[::1]:8000',
      'https://api.example.com/v1/chat/completions': 'https://api.example.com/v1',
      'https://api.example.com/v1//chat/completions/': 'https://api.example.com/v1',
      'https://api.example.com/Chat/Completions': 'https://api.example.com',
      'https://api.example.com/v1/completions': 'https://api.example.com/v1',
      'https://api.example.com/v1/responses/': 'https://api.example.com/v1',
      'https://api.example.com/chat/completions/v1': 'https://api.example.com/chat/completions/v1',
      'https://api.example.com/my-responses': 'https://api.example.com/my-responses',
    },
    rejected: [
      '', 'api.example.com/v1', 'ftp://example.com', 'https://',
      'https://u:p@example.com', 'https://a/?k=v', 'https://a/#x',
    ],
  },
  port: {
    type: types.port,
    accepted: { 0: 0, 65535: 65_535, ' 80 ': 80 },
    rejected: ['', '65536', '-1', '8o', '1e3', '0x50', '80.5'],
  },
  onOff: {
    type: types.onOff,
    accepted: { 1: true, true: true, ON: true, yes: true, 0: false, False: false, off: false, no: false },
    rejected: ['', '2', 'maybe', 'constructor'],
  },
  integer: { type: types.integer(2, 9, 'apples'), accepted: { 2: 2, 9: 9 }, rejected: ['1', '10', '', 'two'] },
  milliseconds: {
    type: types.milliseconds(),
    accepted: { 1: 1, 86400000: 86_400_000 },
    rejected: ['0', '86400001', '1s'],
  },
  megabytes: { type: types.megabytes(1, 8), accepted: { 8: 8 }, rejected: ['0', '9', '8MB'] },
  choice: {
    type: types.choice('debug', 'info', 'warn'),
    accepted: { info: 'info', ' WARN': 'warn' },
    rejected: ['', 'loud'],
  },
};

for (const [name, { type, accepted, rejected }] of Object.entries(EXPECTATIONS)) {
  test(`${name} accepts valid values`, () => {
    for (const [input, value] of Object.entries(accepted)) {
      assert.deepEqual(type.parse(input), value, JSON.stringify(input));
    }
  });
  test(`${name} rejects invalid values`, () => {
    for (const input of rejected) assert.equal(type.parse(input), undefined, JSON.stringify(input));
  });
}

test('the description of a type states its range or its words', () => {
  assert.equal(types.integer(2, 9, 'apples').expected, 'a whole number of apples from 2 to 9');
  assert.equal(types.milliseconds(5).expected, 'a whole number of milliseconds from 5 to 86400000');
  assert.equal(types.megabytes(1, 8).expected, 'a whole number of MB from 1 to 8');
  assert.equal(types.choice('debug', 'info', 'warn').expected, 'debug, info or warn');
  assert.equal(types.choice('text', 'json').expected, 'text or json');
});
