/**
 * Deep nesting, wherever a value can be nested: in requests as deep as the highest limit allows, in JSON inside strings
 * and envelopes, which no limit covers, in files, and in answers of other programs. It causes an error at most.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { stateFileOf } from '../../src/instance/bridge-record';
import { ledgerFileOf } from '../../src/observe/usage-ledger';
import { createHome } from '../support/cli/background';
import type { FuzzAnswer } from './fuzz/cases';
import { ANSWER, JSON_TYPE, streamOf, toCase } from './fuzz/plain-case';
import { createWorld, type FuzzWorld } from './fuzz/world';

const LIMIT = { timeout: 120_000 } as const;

const arrays = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const objects = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
const schema = (depth: number): string =>
  `${'{"type":"object","properties":{"a":'.repeat(depth)}{"type":"string"}${'}}'.repeat(depth)}`;

const SHAPES = { arrays, objects, schema } as const;

/** Just below the highest value of --body-max-depth, with room for what is around it. */
const HIGHEST = 980;
/** Levels inside a string; the stack overflows between a thousand and ten thousand levels. */
const DEEPEST = [3_000, 5_000, 100_000];

const envelope = (kind: string, field: string, json: string): string =>
  `acb1.${Buffer.from(`{"kind":"${kind}","text":"x","${field}":${json}}`).toString('base64')}`;
const call = (args: string): string =>
  `{"type":"function_call","call_id":"c","name":"f","arguments":${JSON.stringify(args)}},` +
  '{"type":"function_call_output","call_id":"c","output":"x"}';
const message = '{"role":"user","content":"Hi"}';

/** Bodies with a value in one place. */
const NESTED: Readonly<Record<string, (value: string) => string>> = {
  'an unknown field': (value) => `{"input":"Hi","extra":${value}}`,
  metadata: (value) => `{"input":"Hi","metadata":{"a":${value}},"store":true}`,
  'an unknown item': (value) => `{"input":[${message},{"type":"new_item","value":${value}}],"store":true}`,
  content: (value) => `{"input":[{"role":"user","content":[{"type":"new_part","value":${value}}]}]}`,
  'the output of a tool': (value) =>
    `{"input":[{"type":"function_call_output","call_id":"c","output":${value}},${message}]}`,
  'a tool': (value) => `{"input":"Hi","tools":[{"type":"function","name":"f","parameters":${value}}]}`,
  'a schema in a tool': (value) =>
    '{"input":"Hi","tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":' +
    `{"p":${value}}}}]}`,
  'a custom tool': (value) => `{"input":"Hi","tools":[{"type":"custom","name":"f","format":${value}}]}`,
  'an unknown tool': (value) => `{"input":"Hi","tools":[{"type":"new_tool","value":${value}}]}`,
  'an output format': (value) => `{"input":"Hi","text":{"format":{"type":"json_schema","name":"n","schema":${value}}}}`,
  'a choice of tool': (value) => `{"input":"Hi","tool_choice":${value}}`,
  reasoning: (value) => `{"input":[${message},{"type":"reasoning","summary":${value}}]}`,
};

/** The same inside strings. */
const IN_STRINGS: Readonly<Record<string, (json: string) => string>> = {
  'the arguments of a call': (json) => `{"input":[${call(json)}],"store":true}`,
  'arguments inside an object': (json) => `{"input":[${call(`{"a":${json}}`)}]}`,
  'arguments for a tool with a schema': (json) =>
    `{"input":[${call(`{"a":${json}}`)}],"tools":[{"type":"function","name":"f","parameters":{"type":"object",` +
    '"properties":{"a":{"type":"array","items":{"type":"object"}}}}}]}',
  'the output of a call': (json) =>
    `{"input":[{"type":"function_call_output","call_id":"c","output":${JSON.stringify(json)}},${message}]}`,
  'the input of a custom call': (json) =>
    `{"input":[{"type":"custom_tool_call","call_id":"c","name":"apply_patch","input":${JSON.stringify(json)}}]}`,
  'reasoning in an envelope': (json) =>
    `{"input":[${message},{"type":"reasoning","summary":[],` +
    `"encrypted_content":"${envelope('reasoning', 'details', json)}"},${call('{}')}]}`,
  'signatures of calls in an envelope': (json) =>
    `{"input":[${message},{"type":"reasoning","summary":[],` +
    `"encrypted_content":"${envelope('reasoning', 'calls', `{"c":${json}}`)}"},${call('{}')}]}`,
  'a summary in an envelope': (json) =>
    `{"input":[{"type":"compaction","encrypted_content":"${envelope('summary', 'extra', json)}"},${message}]}`,
  instructions: (json) => `{"input":"Hi","instructions":${JSON.stringify(json)}}`,
};

const PATHS = ['/v1/responses', '/v1/responses/input_tokens', '/v1/responses/compact'];

describe('requests', () => {
  let world: FuzzWorld;
  let store: string;
  before(async () => {
    store = mkdtempSync(join(tmpdir(), 'codex-bridge-nesting-'));
    world = await createWorld(undefined, { bodyMaxDepth: 1_000, store });
  });
  after(async () => {
    await world.close();
    rmSync(store, { recursive: true, force: true });
  });
  const check = async (name: string, body: string, answer: FuzzAnswer = ANSWER): Promise<void> => {
    for (const wire of ['chat', 'responses'] as const) {
      for (const path of PATHS) {
        const request = { path, headers: JSON_TYPE, body: Buffer.alloc(0) };
        assert.deepEqual(await world.run(toCase(name, body, answer, { wire, request })), [], `${name} at ${path}`);
      }
    }
  };

  for (const [shape, create] of Object.entries(SHAPES)) {
    const depth = shape === 'schema' ? HIGHEST / 2 - 10 : HIGHEST;
    for (const [name, place] of Object.entries(NESTED))
      test(`${depth} levels of ${shape} in ${name}`, LIMIT, () => check(name, place(create(depth))));
  }
  for (const depth of DEEPEST) {
    for (const [name, place] of Object.entries(IN_STRINGS)) {
      test(`${depth} levels in ${name}`, LIMIT, async () => {
        for (const create of [arrays, objects]) await check(name, place(create(depth)));
      });
    }
  }

  test('stored records that were changed on disk', LIMIT, async () => {
    assert.deepEqual(await world.run(toCase('stored', '{"input":"Hi","store":true}')), []);
    const name = readdirSync(store).find((each) => /^resp_\w+\.json$/.test(each)) ?? assert.fail('nothing was stored');
    const text = readFileSync(join(store, name), 'utf8');
    const id = name.replace('.json', '');
    for (const value of DEEPEST.flatMap((depth) => [arrays(depth), objects(depth)])) {
      writeFileSync(join(store, name), text.replace(/\}\s*$/, `,"extra":${value}}`).replace('"Hi"', value));
      const bodies = [
        `{"input":"Hi","previous_response_id":"${id}"}`, '{"input":[{"type":"item_reference","id":"x"}]}',
      ];
      for (const body of bodies) assert.deepEqual(await world.run(toCase('stored', body)), []);
    }
  });

  test('errors of a provider', LIMIT, async () => {
    for (const depth of DEEPEST) {
      for (const value of [arrays(depth), objects(depth)]) {
        for (const body of [value, `{"error":${value}}`, `{"error":{"message":${value}}}`, `{"detail":${value}}`]) {
          for (const status of [200, 400, 500]) {
            const answer = { status, headers: JSON_TYPE, reads: [Buffer.from(body)], breaks: false };
            assert.deepEqual(await world.run(toCase('an error', '{"input":"Hi","stream":true}', answer)), []);
          }
          const stream = streamOf(Buffer.from(`data: ${body}\n\n`));
          assert.deepEqual(await world.run(toCase('an error', '{"input":"Hi"}', stream)), []);
        }
      }
    }
  });
});

test('files and responses of other programs', LIMIT, async (context) => {
  const home = await createHome(context, { DEFAULT_MODEL: 'm' });
  const { state, codexHome, config } = home.paths;
  const server = createServer((request, response) => {
    const body = request.url?.includes('models') ? `{"data":[{"id":"m","extra":${deep}}]}` : deep;
    response.writeHead(200, JSON_TYPE).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  let deep = '';
  const provider = (value: string): string => `{"title":"T","base_url":"http://127.0.0.1:9/v1","body":{"a":${value}}}`;
  const record = `"name":"aliyun-codex-bridge","pid":2000000000,"port":${home.port},"host":"::1","logFile":"own.log"`;
  const turn = `"time":"${new Date().toISOString()}","provider":"p","base":"b","model":"m","requests":1`;
  /** Each with the command that shows that the file was read; everything in it but the deep value is valid. */
  const files: Readonly<Record<string, readonly [(value: string) => string, command: string, shows: RegExp]>> = {
    [join(config, 'providers.json')]:
      [(value) => `{"providers":{"mine":${provider(value)}}}`, 'providers', /^mine .*providers\.json/m],
    [join(config, 'login.json')]:
      [(value) => `{"logins":{"zai":{"origin":"x","key":"k","extra":${value}}}}`, 'providers', /^zai .* login /m],
    [join(codexHome, 'config.toml')]: [
      (value) => `model = "m"\nx = ${value.replaceAll(':', '=').replaceAll('"a"', 'a')}\n`, 'setup',
      /Cannot read .*config\.toml.*nest/s,
    ],
    [stateFileOf(state, home.port)]: [(value) => `{${record},"extra":${value}}`, 'logs', /own\.log/],
    [ledgerFileOf(state)]: [(value) => `{${turn},"extra":${value}}\n`, 'usage', /^total +1 /m],
  };
  for (const depth of [3_000, 100_000]) {
    for (const create of [arrays, objects]) {
      deep = create(depth);
      for (const [path, [render, reader, shows]] of Object.entries(files)) {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        writeFileSync(path, render(deep));
        const commands = [
          ['config'], ['models'], ['providers'], ['status'], ['usage'], ['setup', '--print'], ['setup'], ['logs'],
        ];
        for (const args of commands) {
          const { code, out, error } = await home.run(...args);
          assert.ok([0, 1, 2, 3].includes(code), `${args} ${code}`);
          assert.doesNotMatch(out + error, /call stack|RangeError|\n {4}at /, `${args.join(' ')} with ${path}`);
          if (args.join() === reader) assert.match(out + error, shows, `${reader} with ${path}`);
        }
        rmSync(path);
      }
      for (const args of [['status'], ['start'], ['stop'], ['models', '--discover-models']]) {
        const flags = ['--port', String(port), '--ai-base-url', `http://127.0.0.1:${port}/v1`];
        const { out, error } = await home.run(...args, ...flags);
        assert.doesNotMatch(out + error, /call stack|RangeError|\n {4}at /, args.join(' '));
      }
    }
  }
});
