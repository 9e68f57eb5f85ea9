/** Reports of tools that a provider rejects, and of arguments in unexpected forms. */
import assert from 'node:assert/strict';
import { CODE, codex, EXEC, functionTool, PATCH, user, VIEW } from '../support/reports/client';
import { argumentsOf, isObject, schemasIn, toolsOf } from '../support/reports/expectations';
import { testReports, type Report, type ReportedAnswer } from '../support/reports/report';
import { answered, calling, refused, say, unless } from '../support/reports/upstream';

const STRING = { type: 'string' };
const schemaTool = (name: string, parameters: unknown): object => ({ ...EXEC, name, parameters });
const variants = (required: boolean): object => ({
  type: 'object', properties: { hours: { type: 'number' }, minutes: { type: 'number' } },
  ...(required && { anyOf: [{ required: ['hours'] }, { required: ['minutes'] }] }),
});

testReports('names and lists of tools', [
  {
    saw: 'a title or summary without tools was rejected because of its tool_choice', text: 'fine', calls: 2,
    source: 'farion1231/cc-switch#3640, gty111/gLLM#267, MiniMax-AI/minimax-code#194',
    upstream: ({ body }) => unless(
      !body.tools?.length && (body.tool_choice ?? body.parallel_tool_calls) !== undefined,
      refused('When using `tool_choice`, `tools` must be set.', {}, 503)),
    requests: [codex([user('title?')], { tools: [] }), codex([user('title?')], { tools: undefined })],
    check: ({ calls }) => assert.ok(calls.every(({ body }) => body.tools === undefined)),
  },
  {
    saw: 'a tool in two lists was rejected: names must be unique',
    source: 'router-for-me/CLIProxyAPI#4788, router-for-me/CLIProxyAPI#4849', upstream: () => say(),
    requests: [codex([
      {
        type: 'additional_tools',
        tools: [EXEC, { type: 'namespace', name: 'functions', tools: [EXEC, VIEW] }, PATCH],
      },
      user('x'),
    ])],
    check: ({ last }) => {
      const names = toolsOf(last).map(({ name }) => name);
      assert.equal(new Set(names).size, names.length);
      assert.ok(names.includes('exec_command') && names.includes('apply_patch'));
    },
  },
  {
    saw: 'one tool with an empty name made the provider reject every request', text: 'fine', calls: 1,
    source: 'ZhiYi-R/moon-bridge#65, ZhiYi-R/moon-bridge#76',
    upstream: (sent) => unless(toolsOf(sent).some(({ name }) => !name),
      refused("Invalid 'tools[13].function.name': empty string. Expected a string with minimum length 1.")),
    requests: [codex([user('x')], {
      tools: [
        EXEC, { ...EXEC, name: '' }, { ...EXEC, name: undefined }, { ...EXEC, name: null },
        { type: 'namespace', name: 'mcp__q', tools: [{ ...EXEC, name: '' }, functionTool('good', { a: STRING })] },
      ],
    })],
    check: ({ last }) => assert.ok(toolsOf(last).some(({ name }) => /good$/.test(name))),
  },
  {
    saw: 'the user was not told that there are too many tools', code: 'invalid_prompt', ends: 'failed',
    source: 'musistudio/claude-code-router#686, zed-industries/zed#32946', words: /maximum length 128/, calls: 1,
    upstream: ({ body }) => unless(body.tools.length > 128, refused(
      "Invalid 'tools': array too long. Expected an array with maximum length 128, but got one of 140 instead.",
      { param: 'tools', code: 'array_above_max_length' })),
    requests: [codex([user('x')], {
      tools: Array.from({ length: 140 }, (_, index) => functionTool(`tool_${index}`, { a: STRING })),
    })],
  },
  {
    saw: 'a model without tool support was retried endlessly', source: 'ollama/ollama#11131, rayketcham-lab/vox#89',
    env: { AI_PROVIDER: 'ollama' }, ends: 'failed', code: 'invalid_prompt', words: /does not support tools/, calls: 1,
    upstream: ({ body }) => unless(body.tools,
      refused('library/deepseek-r1:14b does not support tools', { type: 'api_error' })),
    requests: [codex([user('x')], { model: 'deepseek-r1:14b' })],
  },
]);

/** A schema is rejected until the request has no such schema; the tool `timer` and its properties stay. */
const schemaRefused = (
  saw: string, source: string, isBad: (schema: Record<string, unknown>) => boolean, parameters: object,
  refusal: (bad: object) => ReportedAnswer, provider = 'openai-compatible',
): Report => ({
  saw, source, env: { AI_PROVIDER: provider }, text: 'fine',
  upstream: (sent) => {
    const bad = toolsOf(sent).flatMap((each) => schemasIn(each.parameters)).find(isBad);
    return unless(bad, refusal(bad ?? {}));
  },
  requests: [codex([user('x')], { model: 'qwen3.8-27b', tools: [EXEC, schemaTool('timer', parameters)] })],
  check: ({ calls, last }) => {
    assert.ok(toolsOf(last).some(({ name, parameters: sent }) => name === 'timer' && sent.properties?.hours));
    assert.ok(calls.length <= 4);
  },
});

const hasOnlyRequired = (schema: Record<string, unknown>): boolean =>
  Object.keys(schema).length === 1 && Array.isArray(schema['required']);

testReports('schemas of tools', [
  {
    saw: 'a tool with parameters of type null was rejected in every request',
    source: 'farion1231/cc-switch#4864, farion1231/cc-switch#5354, openclaw/openclaw#106464', upstream: () => say(),
    requests: [codex([user('x')], {
      model: 'deepseek-v4-flash',
      tools: [
        EXEC, schemaTool('n1', null), schemaTool('n2', { type: null }), schemaTool('n3', {}),
        schemaTool('n4', { type: 'object' }), schemaTool('n6', true), schemaTool('n7', { type: ['object', 'null'] }),
        schemaTool('n5', { anyOf: ['a', 'b'].map((name) => ({ type: 'object', properties: { [name]: STRING } })) }),
      ],
    })],
    check: ({ last }) => {
      assert.equal(toolsOf(last).length, 8);
      for (const { name, parameters } of toolsOf(last))
        assert.ok(parameters?.type === 'object' && isObject(parameters.properties), name);
    },
  },
  {
    saw: 'a root of type object with anyOf was rejected: the type belongs in its variants',
    source: 'abhigyanpatwari/GitNexus#2703', env: { AI_PROVIDER: 'moonshot' }, upstream: () => say(),
    requests: [codex([user('x')], {
      model: 'kimi-k2.6',
      tools: [schemaTool('gn', {
        type: 'object', anyOf: [{ properties: { repo: STRING } }, { properties: { path: STRING } }],
      })],
    })],
    check: ({ last }) => {
      const [{ parameters }] = toolsOf(last) as [{ parameters: Record<string, object> }];
      assert.deepEqual([parameters['type'], parameters['anyOf']], ['object', undefined]);
      assert.deepEqual(Object.keys(parameters['properties'] ?? {}), ['repo', 'path']);
    },
  },
  schemaRefused(
    'a local server could not make a grammar of anyOf with required', 'skye-harris/hass_local_openai_llm#13',
    hasOnlyRequired, variants(true),
    (bad) => refused(`JSON schema conversion failed:\nUnrecognized schema: ${JSON.stringify(bad)}`, { code: 400 }),
    'llama-cpp',
  ),
  schemaRefused('a local server answered 500: failed to parse grammar', 'variation', hasOnlyRequired, variants(true),
    () => refused('failed to parse grammar', { code: 500, type: 'server_error' }, 500)),
  schemaRefused('a pattern was rejected as an unsupported feature', 'variation', (schema) => 'pattern' in schema,
    { type: 'object', properties: { hours: { type: 'string', pattern: '^[0-9]+$' } } },
    () => answered(400, { error: "Invalid grammar request: feature 'pattern' of the tool schema is not supported" })),
  schemaRefused('a format was rejected with 422', 'variation', (schema) => schema['format'] === 'uri',
    { type: 'object', properties: { hours: { type: 'string', format: 'uri' } } },
    () => answered(422, { detail: [{
      loc: ['body', 'tools', 1, 'function', 'parameters', 'properties', 'hours', 'format'], msg: 'Unknown format "uri"',
    }] })),
  schemaRefused('a reference was rejected: $ref is unknown', 'variation', (schema) => '$ref' in schema,
    { type: 'object', properties: { hours: { $ref: '#/$defs/h' } }, $defs: { h: { type: 'number' } } },
    () => refused('Unable to submit request because `timer` functionDeclaration has unknown field "$ref"',
      { status: 'INVALID_ARGUMENT', code: 400 })),
  schemaRefused('additionalProperties was rejected as an unknown name', 'variation',
    (schema) => 'additionalProperties' in schema, { ...variants(false), additionalProperties: false },
    () => answered(400, [{ error: {
      code: 400, status: 'INVALID_ARGUMENT',
      message: 'Invalid JSON payload received. Unknown name "additionalProperties" at ' +
        "'tools[0].function_declarations[1].parameters': Cannot find field.",
    } }])),
]);

/** Longer descriptions are rejected: two calls, and the tool stays. */
const descriptionRefused = (saw: string, source: string, refusal: (index: number) => ReportedAnswer): Report => ({
  saw, source, text: 'fine', calls: 2,
  upstream: (sent) => {
    const index = toolsOf(sent).findIndex(({ description = '' }) => description.length > 1_024);
    return unless(index >= 0, refusal(index));
  },
  requests: [codex([user('x')], {
    model: 'sap-gpt-4o', tools: [EXEC, { ...PATCH, description: 'Edits files. '.repeat(120) }],
  })],
  check: ({ last }) => assert.ok(toolsOf(last).some(({ name }) => name === 'apply_patch')),
});

testReports('descriptions of tools', [
  descriptionRefused('no request passed: the description of a tool had more than 1024 characters',
    'rusiaaman/wcgw#51', (index) => refused(
      `Invalid 'tools[${index}].function.description': string too long. Expected a string with maximum length 1024, ` +
        'but got a string with length 1560 instead.',
      { code: 'string_above_max_length', param: `tools[${index}].function.description` })),
  descriptionRefused('no request passed with 422: a description had too many characters', 'variation',
    (index) => answered(422, { detail: [{
      type: 'string_too_long', loc: ['body', 'tools', index, 'function', 'description'],
      msg: 'String should have at most 1024 characters',
    }] })),
]);

const PATCH_TEXT = '*** Begin Patch\n*** Add File: a.txt\n+hello\n*** End Patch';

/** Each form of the arguments is one turn; Codex gets the plain input. */
const inputOf = (
  saw: string, source: string, tool: { readonly name: string }, input: string, forms: readonly (string | object)[],
): Report => ({
  saw, source,
  upstream: ({ number }) => calling(tool.name, forms[number - 1] ?? ''),
  requests: forms.map((_, index) => codex([user(`x${index}`)], { tools: [EXEC, tool] })),
  check: ({ replies }) => replies.forEach(({ calls: [each] }, index) => {
    assert.equal(each?.type, 'custom_tool_call');
    assert.equal(each.input.trim(), input, `form ${index + 1}`);
  }),
});

const STRINGS = { type: 'array', items: STRING };

testReports('arguments', [
  inputOf('a patch under another key, in a fence or heredoc, or encoded twice was not applied',
    'MetaFARS/codex-relay#37, farion1231/cc-switch#3669', PATCH, PATCH_TEXT, [
      { patch: PATCH_TEXT }, { input: `\`\`\`diff\n${PATCH_TEXT}\n\`\`\`` },
      { input: `apply_patch <<'EOF'\n${PATCH_TEXT}\nEOF` },
      JSON.stringify(JSON.stringify({ input: PATCH_TEXT })),
    ]),
  inputOf('a patch as a command of the shell was not applied', 'variation', PATCH, PATCH_TEXT, [
    { command: ['apply_patch', PATCH_TEXT] }, { input: `\`\`\`\n${PATCH_TEXT}\n\`\`\`` }, { diff: PATCH_TEXT },
    JSON.stringify(PATCH_TEXT), PATCH_TEXT,
  ]),
  inputOf('JavaScript under another key or in a fence was a syntax error',
    'farion1231/cc-switch#3669, openai/codex#33405', CODE, 'text("a");',
    [{ code: 'text("a");' }, { input: '```js\ntext("a");\n```' }, { source: 'text("a");' }]),
  inputOf('JavaScript in other fences or bare was a syntax error', 'variation', CODE, 'text("a");', [
    { input: '```javascript\ntext("a");\n```\n' }, { script: 'text("a");' }, 'text("a");',
    { code: '```\ntext("a");\n```' },
  ]),
  {
    saw: 'a list, a number or a boolean was written as text: invalid type, expected a sequence',
    source: 'openai/codex#3913',
    upstream: () => calling('shell', { command: '["ls", "-la"]', timeout_ms: '1000', login: 'true', note: '["text"]' }),
    requests: [codex([user('x')], {
      tools: [functionTool('shell', {
        command: STRINGS, timeout_ms: { type: 'number' }, login: { type: 'boolean' }, note: STRING,
      }, ['command'])],
    })],
    check: ({ reply }) => assert.deepEqual(
      argumentsOf(reply.calls[0]), { command: ['ls', '-la'], timeout_ms: 1000, login: true, note: '["text"]' }),
  },
  {
    saw: 'an object written as text inside an object, and a value that may be null', source: 'variation',
    upstream: () => calling('plan', { options: '{"depth":"2"}', limit: 'null', ids: '[1,2]', name: '7' }),
    requests: [codex([user('x')], {
      tools: [functionTool('plan', {
        options: { type: 'object', properties: { depth: STRING } }, limit: { type: ['integer', 'null'] },
        ids: { type: 'array', items: { type: 'integer' } }, name: { type: ['string', 'integer'] },
      }, [])],
    })],
    check: ({ reply }) => assert.deepEqual(
      argumentsOf(reply.calls[0]), { options: { depth: '2' }, limit: null, ids: [1, 2], name: '7' }),
  },
]);
