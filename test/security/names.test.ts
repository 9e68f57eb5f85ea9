/**
 * Names that every object inherits (`__proto__`, `constructor`, …) are ordinary names, wherever external input is used
 * for a lookup: in requests, in answers of providers, in files, variables and on the command line.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isRecord, parseJson, type JsonObject } from '../../src/base/json';
import { createHome } from '../support/cli/background';
import { listCodexRequests, listFixtures } from '../support/fixtures';
import { IS_LONG, takeSample } from '../support/long-tests';
import type { FuzzCase, Wire } from './fuzz/cases';
import { ANSWER, streamOf, toCase, toSse } from './fuzz/plain-case';
import { createWorld, type FuzzWorld } from './fuzz/world';

const LIMIT = { timeout: 300_000 } as const;

/** Each is a property of `{}`. */
const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf'];

/** Outside long runs, each name is tried in one of this many places, and each name in different ones. */
const SHARE = 5;

test('the names are inherited by every object', () => {
  for (const name of NAMES) assert.ok(name in {}, name);
});

/** Copies of `value` in each of which one short text, or the name of one field, is `name`. */
function* replaceEach(value: unknown, name: string): Generator<unknown> {
  if (typeof value === 'string' && value.length < 60) yield name;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const changed of replaceEach(item, name)) {
        yield value.map((other: unknown, at) => (at === index ? changed : other));
      }
    }
  } else if (isRecord(value)) {
    for (const [key, inner] of Object.entries(value)) {
      yield withField(value, key, name, inner);
      for (const changed of replaceEach(inner, name)) yield { ...value, [key]: changed };
    }
    yield withField(value, undefined, name, { a: 1 });
  }
}

/** A copy in which the field `key` is called `name`; an own property, as JSON.parse makes it. */
function withField(value: object, key: string | undefined, name: string, inner: unknown): object {
  const rest = Object.fromEntries(Object.entries(value).filter(([other]) => other !== key));
  return Object.defineProperty(rest, name, { value: inner, enumerable: true, configurable: true, writable: true });
}

const TOOLS = [{ type: 'function', name: 'exec_command', parameters: { type: 'object', properties: {} } }];
const HELLO = { input: 'Hello', stream: true, tools: TOOLS };
const codexRequest = (name: string): JsonObject =>
  listCodexRequests().find((each) => each.name.startsWith(name))?.body ?? assert.fail(`no request ${name}`);

const CALLS = [
  { type: 'function_call', call_id: 'c', name: 'f', arguments: '{"a":1}' },
  { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'x' }] },
  { type: 'custom_tool_call', call_id: 'd', name: 'apply_patch', input: 'x' },
  { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 'x' }], encrypted_content: 'x' },
];

const REQUESTS: Readonly<Record<string, readonly [path: string, body: object]>> = {
  'a response': ['/v1/responses', {
    ...HELLO, model: 'm', input: CALLS, tool_choice: { type: 'function', name: 'exec_command' }, store: true,
    reasoning: { effort: 'low', summary: 'auto' }, text: { format: { type: 'json_object' }, verbosity: 'low' },
    include: ['x'], metadata: { a: 'b' }, service_tier: 'auto', truncation: 'auto', conversation: { id: 'conv_1' },
    tools: [
      ...TOOLS, { type: 'custom', name: 'apply_patch', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
      { type: 'namespace', name: 'n', tools: TOOLS }, { type: 'web_search' }, { type: 'local_shell' },
    ],
  }],
  'a chat': ['/v1/chat/completions', {
    model: 'm', stream: true, reasoning_effort: 'low', response_format: { type: 'json_object' },
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'x' }] },
      { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'c', content: 'x' },
    ],
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }], tool_choice: 'auto',
  }],
  'a compaction': ['/v1/responses/compact', { model: 'm', input: CALLS }],
  'an estimate': ['/v1/responses/input_tokens', { model: 'm', input: CALLS, tools: TOOLS }],
  'a conversation': ['/v1/conversations', { items: CALLS, metadata: { a: 'b' } }],
  'a search': ['/v1/alpha/search', { id: 's', commands: { search_query: [{ q: 'x' }], open: [{ ref_id: 'x' }] } }],
  'a tool round of Codex': ['/v1/responses', codexRequest('05-apply_patch')],
};

describe('inherited names, one at a time', () => {
  let world: FuzzWorld;
  before(async () => {
    world = await createWorld();
  });
  after(() => world.close());
  const check = async (fuzzCase: FuzzCase): Promise<void> => {
    const problems = await world.run(fuzzCase);
    const sent = fuzzCase.request.body.toString('utf8').slice(0, 3_000);
    assert.deepEqual(problems, [], `${fuzzCase.name}: ${sent}`);
    assert.deepEqual(Reflect.ownKeys({}), []);
  };

  for (const [name, [path, body]] of Object.entries(REQUESTS)) {
    test(`in ${name}`, LIMIT, async () => {
      let count = 0;
      for (const [at, word] of NAMES.slice(0, name.includes('Codex') ? 2 : 6).entries()) {
        for (const changed of takeSample(replaceEach(body, word), SHARE, at)) {
          const wire: Wire = count % 2 === 0 ? 'chat' : 'responses';
          count += 1;
          await check(toCase(`${word} in ${name}`, changed, ANSWER, {
            wire, request: { path, headers: { 'content-type': 'application/json' }, body: Buffer.alloc(0) },
          }));
        }
      }
      assert.ok(count > (IS_LONG ? 50 : 10) || name === 'a search');
    });
  }

  for (const [wire, area] of [['chat', 'streams'], ['responses', 'native-streams']] as const) {
    test(`in streams over ${wire}`, LIMIT, async () => {
      for (const fixture of listFixtures(area).filter(({ name }) => STREAMS.test(name))) {
        if (!fixture.has('upstream.sse')) continue;
        const values = fixture.text('upstream.sse').split('\n').filter((line) => line.startsWith('data: {'))
          .flatMap((line) => parseJson(line.slice('data: '.length)) ?? []);
        for (const [at, word] of NAMES.slice(0, 3).entries()) {
          for (const changed of takeSample(replaceEach(values, word), SHARE, at)) {
            const answer = streamOf(toSse(Array.isArray(changed) ? changed : [changed]));
            await check(toCase(`${word} in ${fixture.name}`, HELLO, answer, { wire }));
          }
        }
      }
    });
  }

  test('in errors, their codes, fields and headers', LIMIT, async () => {
    const errors = [
      { error: { message: 'x', type: 'invalid_request_error', code: 'c', param: 'p' }, request_id: 'r' },
      { detail: [{ loc: ['body', 'x'], msg: 'x', type: 't' }] },
      { errors: { a: ['x y'] } },
      { code: 'c', message: 'x' },
    ];
    for (const status of [200, 400, 404, 429, 500]) {
      for (const word of NAMES) {
        for (const changed of errors.flatMap((error) => [...replaceEach(error, word)])) {
          const headers = { 'content-type': 'application/json', 'x-request-id': word, 'retry-after': word };
          const answer = { status, headers, reads: [Buffer.from(JSON.stringify(changed))], breaks: false };
          await check(toCase(`${word} in an error`, HELLO, answer));
        }
      }
    }
    for (const word of NAMES) {
      const message = `Unknown parameter: '${word}'. ${word} must be exactly ${word} characters; tool_call_id ${word}`;
      const reads = [Buffer.from(JSON.stringify({ error: { message, param: word, code: word } }))];
      await check(toCase(`${word} in a rejection`, HELLO, { ...ANSWER, status: 400, reads }));
    }
  });

  test('as headers, ids and query of a request', LIMIT, async () => {
    for (const word of NAMES) {
      const headers = { 'content-type': 'application/json', [word]: word, originator: word, 'user-agent': word };
      const paths = ['/v1/responses', `/v1/responses/${word}/cancel`, `/${word}`, `/v1/responses?${word}=${word}`];
      for (const path of paths) {
        await check(toCase(word, HELLO, ANSWER, { request: { path, headers, body: Buffer.alloc(0) } }));
      }
    }
  });
});

/** One stream of each kind, without its variations. */
const STREAMS = /^(?:call|calls-parallel|call-custom|text|reasoning-content|markup-kimi|error-object|usage-deepseek)$/;

const WORD_PLACES: readonly ((word: string) => readonly string[])[] = [
  (word) => [word], (word) => [`--${word}`], (word) => ['help', word], (word) => ['completions', word],
  (word) => ['service', word], (word) => ['service', 'install', '--print', '--kind', word],
  (word) => ['providers', word], (word) => ['models', word], (word) => ['config', '--provider', word],
  (word) => ['config', '--search', word], (word) => ['config', '--wire', word],
  (word) => ['config', '--log-level', word], (word) => ['config', '--log-format', word],
  (word) => ['config', '--model-map', `${word}=x`], (word) => ['config', '--model-map', `x=${word}/y`],
  (word) => ['config', '--upstream-header', `${word}=x`], (word) => ['config', '--allow-tools', word],
  (word) => ['models', '--default-model', word], (word) => ['models', '--model-map', `${word}=${word}/${word}`],
];

describe('inherited names on the command line', () => {
  for (const place of WORD_PLACES) {
    test(place('WORD').join(' '), LIMIT, async (context) => {
      const home = await createHome(context);
      for (const word of NAMES) {
        const { code, out, error } = await home.run(...place(word));
        assert.ok([0, 1, 2].includes(code));
        assert.doesNotMatch(out + error, /native code|\[object|TypeError|undefined/);
        if (place('')[0] !== 'models') assert.ok(out + error !== '');
      }
    });
  }
});

test('inherited names in files: providers, variables, config.toml', LIMIT, async (context) => {
  const home = await createHome(context, { DEFAULT_MODEL: 'm' });
  const models = { m: { name: 'M', efforts: ['low'] } };
  const provider = { title: 'T', base_url: 'http://127.0.0.1:9/v1', models };
  const file = join(home.paths.home, 'providers.json');
  mkdirSync(home.paths.codexHome, { recursive: true });
  const toml = join(home.paths.codexHome, 'config.toml');
  const results: string[] = [];
  for (const word of NAMES) {
    const accepted: unknown[] = [];
    for (const value of replaceEach({ providers: { mine: provider } }, word)) {
      writeFileSync(file, JSON.stringify(value));
      for (const command of ['config', 'models', 'providers']) {
        const { code, out, error } = await home.run(command, '--providers', file, '--provider', 'mine');
        results.push(`${word} ${command} ${code}\n${out}${error}`);
        // The rest of the file is valid, so the word is what the command shows or rejects.
        if (code !== 0 || command === 'models') assert.ok((out + error).includes(word), results.at(-1));
        assert.ok(code === 0 || code === 2, results.at(-1));
        if (code === 0 && command === 'models') accepted.push(value);
      }
    }
    // The title and the model's name; the model's id too, except `__proto__`, which no map of names accepts.
    assert.equal(accepted.length, word === '__proto__' ? 2 : 3, word);
    const named = `[model_providers.${word}]\nname = "x"\nwire_api = "${word}"\n`;
    writeFileSync(toml, `model_provider = "${word}"\n${named}[profiles.${word}]\nmodel = "x"\n[${word}]\na = 1\n`);
    for (const args of [['setup'], ['doctor', '--json']]) {
      const { code, out, error } = await home.run(...args);
      results.push(`${word} ${args.join(' ')} ${code}\n${out}${error}`);
      assert.ok((out + error).includes(word), results.at(-1));
    }
    writeFileSync(file, `${word}=x\nAI_PROVIDER=${word}\n`);
    const { error } = await home.run('config', '--config-file', file);
    results.push(error);
    assert.match(error, new RegExp(`Cannot use "${word}"`));
  }
  for (const text of results) assert.doesNotMatch(text, /native code|\[object|TypeError|is not a function/, text);
  assert.deepEqual(Reflect.ownKeys({}), []);
});
