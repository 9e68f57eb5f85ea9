/** The user's providers file: its rows, its errors, and which keys and headers a row inherits. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findProvider, findProviderByName, PROVIDERS, resolveModel } from '../../src/providers/catalog';
import { DEFAULT_DIALECT } from '../../src/providers/dialect';
import type { Provider } from '../../src/providers/provider';
import { readUserProviders } from '../../src/providers/user-providers';
import { EXAMPLE_FILE } from '../tools/user-providers-section';
import { FILE_SHAPE, renderUserSchema } from '../../src/providers/user-shape';

type Env = Readonly<Record<string, string>>;

const read = (file: unknown, env: Env = {}) =>
  readUserProviders(typeof file === 'string' ? file : JSON.stringify(file), { path: 'providers.json', env });

function rowsOf(providers: object, env: Env = {}): readonly Provider[] {
  const result = read({ providers }, env);
  assert.ok(result.ok, result.ok ? '' : result.errors.join('\n'));
  return result.rows;
}

const rowOf = (providers: object, name: string, env: Env = {}): Provider => {
  const row = rowsOf(providers, env).find((each) => each.name === name);
  assert.ok(row, name);
  return row;
};

function errorsOf(file: unknown, env: Env = {}): readonly string[] {
  const result = read(file, env);
  return result.ok ? [] : result.errors;
}

const ACME = {
  extends: 'openai-compatible',
  title: 'Acme',
  base_url: 'https://api.acme.example/v1/chat/completions',
  key_variables: ['ACME_KEY'],
  headers: { 'X-Team': '$ACME_TEAM', 'x-cost': '${ACME_TEAM}-$$1' },
  body: { top_k: 20 },
  drop: ['stream_options'],
  dialect: { toolChoice: 'auto-only' },
  models: {
    'acme-1': { context: 128_000, output: 4_096, input: ['text', 'image'], efforts: ['low', 'high'] },
    small: {},
  },
};

describe('a new row', () => {
  const acme = rowOf({ acme: ACME }, 'acme', { ACME_TEAM: 'blue' });

  it('is a provider like those in the catalog', () => {
    assert.deepEqual([acme.baseUrls, acme.keyEnv], [['https://api.acme.example/v1'], ['ACME_KEY']]);
    assert.equal(acme.defaultModel, 'acme-1');
    assert.deepEqual(acme.headers, { 'x-team': 'blue', 'x-cost': 'blue-$1' });
    assert.deepEqual([acme.body, acme.drop, acme.origin], [{ top_k: 20 }, ['stream_options'], 'providers.json']);
    const { dialect, model } = resolveModel(acme, 'ACME-1', undefined);
    assert.deepEqual(dialect, { ...DEFAULT_DIALECT, toolChoice: 'auto-only', images: true, maxTokens: 4_096 });
    assert.deepEqual([model?.contextWindow, model?.efforts, model?.evidence], [128_000, ['low', 'high'], 'configured']);
    const small = resolveModel(acme, 'small', undefined).model;
    assert.deepEqual([small?.contextWindow, small?.maxOutput, small?.input], [128_000, 8_192, ['text']]);
  });

  it('is found by name, alias and host, before the built-in rows', () => {
    const rows = rowsOf({ acme: { ...ACME, aliases: ['ac'], hosts: ['*.acme.example'], headers: {} } });
    for (const name of ['acme', 'AC']) assert.equal(findProviderByName(name, rows)?.title, 'Acme');
    for (const url of ['https://api.acme.example/x', 'https://eu-1.acme.example/v1'])
      assert.equal(findProvider(undefined, url, rows).name, 'acme');
    for (const url of ['https://a.b.acme.example/v1', 'https://acme.example.test/v1', 'https://xacme.example/v1'])
      assert.equal(findProvider(undefined, url, rows).name, 'openai-compatible', url);
    assert.equal(rows.length, PROVIDERS.length + 1);
    const url = 'https://api.z.ai/api/paas/v4';
    assert.equal(findProvider(undefined, url, rowsOf({ mine: { base_url: url } })).name, 'mine');
  });

  it('uses Responses if the file says so', () => {
    const row = rowOf({ acme: { base_url: 'https://a.example/v1', wire: 'responses' } }, 'acme');
    assert.deepEqual([row.wire, row.responses], ['responses', { evidence: 'configured' }]);
    const responses = { base_path: '/r', models: ['m'] };
    const path = rowOf({ acme: { base_url: 'https://a.example/v1', responses } }, 'acme');
    assert.deepEqual(path.responses, { evidence: 'configured', basePath: '/r', models: ['m'] });
  });

  it('needs no key if key_variables is empty', () => {
    assert.equal(rowOf({ acme: { base_url: 'http://10.0.0.5:8000/v1', key_variables: [] } }, 'acme').local, true);
    assert.equal(rowOf({ acme: { base_url: 'http://10.0.0.5:8000/v1' } }, 'acme').local, undefined);
  });
});

describe('a row that extends another', () => {
  const zai = findProviderByName('zai');

  it('under the same name changes only the given fields', () => {
    const row = rowOf({ zai: { models: { 'GLM-5.3': { context: 5_000 }, new: { output: 7 } } } }, 'zai');
    const inheritedFields = (each: Provider | undefined) => [each?.baseUrls, each?.keyEnv, each?.aliases, each?.errors];
    assert.deepEqual(inheritedFields(row), inheritedFields(zai));
    assert.equal(row.defaultModel, 'glm-5.3');
    const model = resolveModel(row, 'glm-5.3', undefined);
    assert.deepEqual([model.model?.contextWindow, model.model?.maxOutput], [5_000, 131_072]);
    assert.equal(model.dialect.thinking.kind, 'thinking');
    assert.deepEqual(row.models.map(({ id }) => id).sort(), [...(zai?.models ?? []).map(({ id }) => id), 'new'].sort());
  });

  it('inherits dialect and models, also from another row in the file', () => {
    const rows = rowsOf({
      second: { extends: 'first', base_url: 'https://b.example/v1' },
      first: { extends: 'zai', base_url: 'https://a.example/v1', dialect: { toolStream: false } },
    });
    const second = rows.find(({ name }) => name === 'second');
    assert.deepEqual(second?.dialect, { ...zai?.dialect, toolStream: false });
    assert.equal(second?.models.length, zai?.models.length);
  });

  it('at another host or port, or without TLS, inherits neither key variables nor headers', () => {
    const secret = { SECRET: 'sk-test-secret' };
    const headers = { 'x-key': '$SECRET' };
    for (const base_url of [
      'https://evil.example/v1', 'http://api.z.ai/api/paas/v4', 'https://api.z.ai:8443/v4',
      'https://api.z.ai.evil.example/v1',
      ['https://api.z.ai/api/paas/v4', 'https://evil.example/v1'],
    ]) {
      const row = rowOf({ mine: { extends: 'zai', base_url }, zai: { headers } }, 'mine', secret);
      assert.deepEqual([row.keyEnv, row.headers], [[], undefined], String(base_url));
      const model = { 'glm-5.3': { headers } };
      const other = rowOf({ mine: { extends: 'zai', base_url }, zai: { models: model } }, 'mine', secret);
      assert.deepEqual(other.models.filter((each) => each.headers !== undefined), [], String(base_url));
    }
    const same = rowOf({ mine: { extends: 'zai', base_url: 'https://api.z.ai/x' }, zai: { headers } }, 'mine', secret);
    assert.deepEqual([same.keyEnv, same.headers], [zai?.keyEnv, { 'x-key': 'sk-test-secret' }]);
  });
});

describe('keys, limits, fallbacks and connections', () => {
  const PLAN = {
    base_url: 'https://api.acme.example/v1',
    keys: ['$WORK_KEY', '${HOME_KEY}', '$UNSET_KEY', 'sk-plain'],
    max_concurrency: 2,
    fallback: ['zai/glm-5.3'],
    vision_model: 'zai/glm-4.6v',
    proxy: 'http://me:$PASSWORD@proxy.example:3128',
    ca: '/ca.pem',
    cert: '/cert.pem',
    models: { m: { fallback: ['acme/n'] } },
  };
  const env = { WORK_KEY: 'sk-work', HOME_KEY: 'sk-home', PASSWORD: 'secret' };

  it('are read from the file, with variables replaced by their values', () => {
    const row = rowOf({ acme: PLAN }, 'acme', env);
    assert.deepEqual(row.keys, [
      { variable: 'WORK_KEY', key: 'sk-work' }, { variable: 'HOME_KEY', key: 'sk-home' },
      { variable: 'providers.acme.keys[3]', key: 'sk-plain' },
    ]);
    assert.deepEqual(row.keyEnv, ['WORK_KEY', 'HOME_KEY', 'UNSET_KEY']);
    assert.deepEqual([row.maxConcurrency, row.fallback, row.visionModel], [2, ['zai/glm-5.3'], 'zai/glm-4.6v']);
    assert.deepEqual(row.connection, {
      proxy: 'http://me:secret@proxy.example:3128', ca: '/ca.pem', cert: '/cert.pem',
    });
    assert.deepEqual(row.models[0]?.fallback, ['acme/n']);
    const result = read({ providers: { acme: PLAN } }, env);
    assert.deepEqual(result.ok && result.variables, ['WORK_KEY', 'HOME_KEY', 'UNSET_KEY', 'PASSWORD']);
  });

  it('are inherited only at the same host with TLS, except fallbacks; key_variables replaces inherited keys', () => {
    for (const base_url of ['https://evil.example/v1', 'http://api.acme.example/v1']) {
      const row = rowOf({ acme: PLAN, mine: { extends: 'acme', base_url } }, 'mine', env);
      assert.deepEqual([row.keys, row.connection, row.maxConcurrency], [undefined, undefined, undefined]);
      assert.deepEqual(row.keyEnv, []);
      assert.deepEqual([row.fallback, row.visionModel], [PLAN.fallback, PLAN.vision_model]);
    }
    const same = rowOf({ acme: PLAN, mine: { extends: 'acme' } }, 'mine', env);
    assert.deepEqual([same.keys?.length, same.connection?.cert, same.maxConcurrency], [3, '/cert.pem', 2]);
    const own = rowOf({ acme: PLAN, mine: { extends: 'acme', key_variables: ['MINE'] } }, 'mine', env);
    assert.deepEqual([own.keys, own.keyEnv], [undefined, ['MINE']]);
  });
});

describe('errors in a file', () => {
  const ROW = { base_url: 'https://a.example/v1' };
  const CASES: readonly (readonly [providers: object, problem: string])[] = [
    [{ acme: { ...ROW, models: { m: { contex: 1 } } } },
      'providers.acme.models.m.contex: unknown field; did you mean "context"?'],
    [{ acme: { ...ROW, dialect: { toolchoice: 'any' } } },
      'providers.acme.dialect.toolchoice: unknown field; did you mean "toolChoice"?'],
    [{ acme: { ...ROW, dialect: { toolChoice: 'auto' } } },
      'providers.acme.dialect.toolChoice: expected any, auto-only or omit, got "auto".'],
    [{ acme: { ...ROW, dialect: { thinking: { kind: 'thinking' } } } }, 'providers.acme.dialect.thinking.on: missing.'],
    [{ acme: { extends: 'zia' } }, 'providers.acme.extends: no provider is named "zia"; did you mean "zai"?'],
    [{ acme: {} }, 'providers.acme.base_url: missing.'],
    [{ acme: { base_url: 'api.acme.example' } },
      'providers.acme.base_url: expected a URL or a list of URLs, got "api.acme.example".'],
    [{ acme: { ...ROW, headers: { host: 'x' } } },
      'providers.acme.headers: invalid name "host": expected a header name other than host and those that '],
    [{ acme: { ...ROW, headers: { 'x-a': 'a\nb' } } },
      'providers.acme.headers["x-a"]: expected one line of ASCII text, got "a\\nb".'],
    [{ acme: { ...ROW, body: { messages: [] } } },
      'providers.acme.body: invalid name "messages": expected a field other than model, '],
    [{ acme: { ...ROW, drop: ['model'] } },
      'providers.acme.drop[0]: expected a field other than model, messages, input, stream, tools, got "model".'],
    [{ Acme: ROW }, 'providers: invalid name "Acme": expected lower-case letters, digits, dots and dashes.'],
    [{ acme: { ...ROW, models: { m: { efforts: ['low'], default_effort: 'high' } } } },
      'providers.acme.models.m.default_effort: "high" is not one of the model\'s efforts.'],
    [{ acme: { ...ROW, aliases: ['zhipu'] } }, 'providers.acme.aliases: "zhipu" is already a name of zai.'],
    [{ acme: { ...ROW, max_concurency: 1 } },
      'providers.acme.max_concurency: unknown field; did you mean "max_concurrency"?'],
    [{ acme: { ...ROW, keyring: 1 } }, 'providers.acme.keyring: unknown field; expected '],
    [{ acme: { ...ROW, keys: ['two words'] } },
      'providers.acme.keys[0]: expected a key, or a variable such as $ACME_KEY, got "two words".'],
    [{ acme: { ...ROW, base_url: ['https://a.test/v1?key=1'] } },
      'providers.acme.base_url[0]: expected an http or https URL without user name, query or fragment, got "https'],
    [{ acme: { ...ROW, proxy: 'socks5://p:1' } },
      'providers.acme.proxy: expected an http or https URL, or none, got "socks5://p:1".'],
    [{ acme: { ...ROW, max_concurrency: 0 } }, 'providers.acme.max_concurrency: expected a whole number of at least 1'],
    [{ acme: { ...ROW, models: { m: { fallback: 'zai/glm-5.3' } } } },
      'providers.acme.models.m.fallback: expected a list, got "zai/glm-5.3".'],
  ];
  for (const [providers, problem] of CASES) {
    it(problem, () => {
      const [found = ''] = errorsOf({ providers });
      assert.ok(found.startsWith(`providers.json: ${problem}`), found);
    });
  }

  it('do not include unset variables, which disable only their rows', () => {
    const rows = rowsOf({
      acme: { ...ROW, headers: { 'x-a': '$NOPE' } },
      copy: { extends: 'acme' },
      other: { ...ROW, extends: 'acme', base_url: 'https://b.example/v1' },
      proxied: { ...ROW, proxy: 'http://me:$NO_PASSWORD@p:1' },
      model: { ...ROW, models: { m: { headers: { 'x-a': '${NOPE}' } } } },
    });
    const sentence = (row: string, name: string) =>
      `The provider ${row} is disabled: set ${name} to one line of ASCII text, then restart the bridge.`;
    assert.deepEqual(rows.slice(0, 5).map(({ disabled }) => disabled), [
      sentence('acme', 'NOPE'), sentence('acme', 'NOPE'), undefined, sentence('proxied', 'NO_PASSWORD'),
      sentence('model', 'NOPE'),
    ]);
  });

  it('are reported all at once, and circular extends once', () => {
    assert.equal(errorsOf({ providers: { a: { x: 1 }, b: { y: 1 } } }).length, 2);
    const cycle = errorsOf({ providers: { a: { ...ROW, extends: 'b' }, b: { ...ROW, extends: 'a' } } });
    assert.deepEqual(cycle, ['providers.json: providers.b.extends: "a" extends this provider in turn.']);
  });

  it('do not include errors caused by an invalid extends', () => {
    const models = { m: { default_effort: 'high' } };
    assert.deepEqual(errorsOf({ providers: { a: { extends: 'b', models }, b: { extends: 'a' } } }), [
      'providers.json: providers.b.extends: "a" extends this provider in turn.',
    ]);
    assert.deepEqual(errorsOf({ providers: { a: { extends: 'zzzzzzzzzz', models }, b: { extends: 'a' } } }), [
      'providers.json: providers.a.extends: no provider is named "zzzzzzzzzz".',
    ]);
  });

  it('name the missing base_url of a row that extends its own name, unless that is a built-in row', () => {
    assert.deepEqual(errorsOf({ providers: { a: { extends: 'a' } } }), [
      'providers.json: providers.a.base_url: missing.',
    ]);
    assert.deepEqual(errorsOf({ providers: { zai: { extends: 'zai' } } }), []);
  });

  it('are reported with the line of invalid JSON', () => {
    assert.deepEqual(errorsOf('{\n"providers": {\n]'), ['Cannot read line 3 of providers.json: unexpected "]".']);
  });

  it('never quote the value of a variable', () => {
    const file = { providers: { acme: { ...ROW, headers: { 'x-a': '$KEY' }, models: 1 } } };
    assert.doesNotMatch(errorsOf(file, { KEY: 'sk-test-secret' }).join(), /secret/);
    const bad = { providers: { acme: { ...ROW, headers: { 'x-a': '$KEY' } } } };
    assert.doesNotMatch(errorsOf(bad, { KEY: 'sk-test-secret\nx' }).join(), /secret/);
  });
});

it('the JSON Schema is valid JSON, and has every field of the dialect', () => {
  const schema = JSON.parse(renderUserSchema());
  const provider = schema.properties.providers.additionalProperties.properties;
  const fields = Object.keys(provider.dialect.properties);
  for (const field of Object.keys(DEFAULT_DIALECT)) assert.ok(fields.includes(field), field);
  assert.equal(FILE_SHAPE.kind, 'object');
});

it('the example file of docs/providers.md is valid, and has ten rows', () => {
  const env = { AZURE_OPENAI_API_KEY: 'sk-test-azure', CF_AIG_TOKEN: 'sk-test-gateway' };
  const result = read(EXAMPLE_FILE, env);
  assert.ok(result.ok, result.ok ? '' : result.errors.join('\n'));
  const own = result.rows.filter(({ origin }) => origin !== undefined);
  assert.equal(own.length, 10);
  for (const row of own) assert.equal(findProvider(undefined, row.baseUrls[0] ?? '', result.rows), row);
});
