/** The table of options: names follow one pattern, nothing is repeated, and types come from the rows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { option, optional } from '../../src/config/option';
import { OPTIONS, OPTION_NAMES, type Config } from '../../src/config/options';
import { choice, port, text } from '../../src/config/value-types';

test('the first flag is the name of the option in kebab case', () => {
  for (const name of OPTION_NAMES) {
    assert.equal(OPTIONS[name].flags[0], `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  }
});

test('no two options share a flag or a variable', () => {
  const flags = OPTION_NAMES.flatMap((name) => OPTIONS[name].flags);
  const variables = OPTION_NAMES.flatMap((name) => OPTIONS[name].env);
  assert.equal(new Set(flags).size, flags.length);
  assert.equal(new Set(variables).size, variables.length);
});

test('every default is accepted by its own type', () => {
  for (const name of OPTION_NAMES) {
    const { default: preset, type } = OPTIONS[name];
    if (preset !== undefined) assert.equal(type.parse(String(preset)), preset, name);
  }
});

test('keys and headers are the only secrets, and they have no default', () => {
  assert.deepEqual(OPTION_NAMES.filter((name) => OPTIONS[name].secret), [
    'accessToken', 'upstreamHeader', 'aiApiKey', 'searchKey',
  ]);
  assert.equal(OPTIONS.aiApiKey.default ?? OPTIONS.searchKey.default, undefined);
});

test('the type of a value comes from its row', () => {
  const exact: Pick<Config, 'port' | 'logLevel' | 'allowTools' | 'webSearch' | 'aiApiKey'> = {
    port: 1,
    logLevel: 'warn',
    allowTools: '1',
    webSearch: true,
    aiApiKey: undefined,
  };
  // @ts-expect-error there is no such level
  const loud: Config['logLevel'] = 'loud';
  assert.ok(exact.port === 1 && loud !== exact.logLevel);
});

test('a row with a wrong default or without a description does not compile', () => {
  const row = { flags: ['--x'], env: ['X'], group: 'log' } as const;
  // @ts-expect-error no description
  option({ ...row, type: port, default: 1 });
  // @ts-expect-error an empty description
  optional({ ...row, type: text, help: '' });
  // @ts-expect-error the default is not one of the choices
  option({ ...row, type: choice('a', 'b'), default: 'c', help: 'One of two.' });
  assert.equal(optional({ ...row, type: text, help: 'Some text.' }).default, undefined);
});
