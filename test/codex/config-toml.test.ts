/** Codex's settings for the bridge, and their undo after edits between setup and undo. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigEdit } from '../../src/codex/config-regions';
import {
  describeCatalog, PROVIDER_ID, renderBlock, renderOverrides, type CodexSettings,
} from '../../src/codex/config-toml';
import { findBridgeId } from '../../src/codex/config-meaning';
import { mergeConfig, removeConfig } from '../../src/codex/edit-config';
import { parseToml } from '../../src/codex/toml/parse-toml';
import type { TomlTable } from '../../src/codex/toml/value';
import { listFixtures } from '../support/fixtures';

const SETTINGS: CodexSettings = { model: 'glm-5', catalogFile: 'C:\\m.json', baseUrl: 'http://127.0.0.1:31415/v1' };

function textOf(edit: ConfigEdit): string {
  assert.ok(edit.ok, edit.ok ? '' : edit.problem);
  return edit.text;
}

function parse(text: string): TomlTable {
  const document = parseToml(text);
  assert.ok(document.ok, document.ok ? '' : `${text}: ${document.problem}`);
  return document.value;
}

test('the block looks hand-written', () => {
  assert.equal(renderBlock(SETTINGS), `model = "glm-5"
model_provider = "aliyun"
model_catalog_json = "C:\\\\m.json"

[model_providers.aliyun]
name = "Aliyun Codex bridge"
base_url = "http://127.0.0.1:31415/v1"
wire_api = "responses"
`);
});

test('renders a block without model and catalog, with a key variable and headers', () => {
  const settings = {
    model: undefined,
    catalogFile: undefined,
    baseUrl: 'u',
    envKey: 'AI_API_KEY',
    headers: { 'x-a': '1', 'x b': '"' },
  };
  assert.equal(renderBlock(settings), `model_provider = "aliyun"

[model_providers.aliyun]
name = "Aliyun Codex bridge"
base_url = "u"
env_key = "AI_API_KEY"
wire_api = "responses"
http_headers = { x-a = "1", "x b" = "\\"" }
`);
});

test('the overrides are the same settings as arguments', () => {
  assert.deepEqual(renderOverrides({ ...SETTINGS, envKey: 'KEY', headers: { 'x-a': '1' } }), [
    '-c',
    'model_provider="aliyun"',
    '-c',
    'model_providers.aliyun={name="Aliyun Codex bridge",base_url="http://127.0.0.1:31415/v1",env_key="KEY",' +
    'wire_api="responses",http_headers={ x-a = "1" }}',
    '-c',
    'model="glm-5"',
    '-c',
    'model_catalog_json="C:\\\\m.json"',
  ]);
  const args = renderOverrides({ ...SETTINGS, model: undefined, catalogFile: undefined });
  assert.deepEqual(
    args.filter((word) => word !== '-c').map((word) => word.split('=', 1)[0]),
    ['model_provider', 'model_providers.aliyun'],
  );
});

test('web search sets a field of the provider and a feature, and suppresses its warning', () => {
  const args = renderOverrides({ ...SETTINGS, webSearch: true }).filter((word) => word !== '-c');
  assert.match(args[1] ?? '', /,supports_standalone_web_search=true\}$/);
  assert.deepEqual(args.slice(-2), [
    'features.standalone_web_search=true',
    'suppress_unstable_features_warning=true',
  ]);
});

test('a catalog that Codex fetches needs a key, which is not the provider’s', () => {
  const settings = { ...SETTINGS, catalogFile: undefined, catalogUrl: 'http://127.0.0.1:31415/v1/models' };
  assert.match(renderBlock(settings), /^model_catalog_url = ".*\/v1\/models"\nexperimental_bearer_token = "bridge"\n/m);
  assert.doesNotMatch(renderBlock({ ...settings, envKey: 'K' }), /experimental_bearer_token/);
});

test('only a Codex that supports the key fetches the catalog', () => {
  const of = (version?: string) => describeCatalog('http://b/v1', version, '/m.json');
  assert.deepEqual(of('0.169.0'), { catalogFile: undefined, catalogUrl: 'http://b/v1/models' });
  assert.deepEqual(of('0.146.0'), { catalogFile: '/m.json' });
  assert.deepEqual(of(), { catalogFile: '/m.json' });
});

test('the catalog that Codex fetches replaces the user’s catalog file, and undo restores it', () => {
  const before = 'model_catalog_json = "/mine.json"\n';
  const settings = { ...SETTINGS, catalogFile: undefined, catalogUrl: 'http://b/v1/models' };
  const merged = textOf(mergeConfig(before, settings));
  assert.equal(parse(merged)['model_catalog_json'], undefined);
  assert.equal(textOf(removeConfig(merged)), before);
});

test('block and overrides have the same settings', () => {
  for (const settings of [SETTINGS, { ...SETTINGS, model: undefined, envKey: 'A', headers: { a: 'é"\\\u007f' } }]) {
    const lines = renderOverrides(settings).filter((word) => word !== '-c');
    assert.deepEqual(parse(lines.join('\n')), parse(renderBlock(settings)));
  }
});

test('the provider is never named OpenAI', () => assert.doesNotMatch(renderBlock(SETTINGS), /"openai"/i));

/** Edits of the file after setup, by Codex or the user: each maps the merged text to another. */
const EDITS: readonly (readonly [name: string, edit: (text: string) => string])[] = [
  ['the picker changes the model', (text) => text.replace('model = "glm-5"', 'model = "qwen3.7-plus"')],
  [
    'a root key is added after the last one',
    (text) => text.replace(/(?<=model_catalog_json = .*\r?\n)/, 'model_verbosity = "high"\n'),
  ],
  [
    'a table is added before the last comments',
    (text) => text.replace(/(?=# <<< aliyun-codex-bridge: provider)/, '\n[mcp_servers.added]\ncommand = "echo"\n'),
  ],
  ['a table is added at the end', (text) => `${text}\n[mcp_servers.added]\ncommand = "echo"\n`],
  [
    'all line endings become line feeds, and the byte order mark is removed',
    (text) => text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n'),
  ],
  [
    'the empty lines around the regions are removed',
    (text) => text.replace(/\n\r?\n(?=# >>>)/g, '\n').replace(/(# <<<.*\r?\n)\r?\n/g, '$1'),
  ],
  [
    'a key is added to the bridge’s table',
    (text) => text.replace(/(?<=^wire_api = "responses"\r?\n)/m, 'request_max_retries = 1\n'),
  ],
];

/** The file without the additions of the edits. */
function withoutAdditions({ model_verbosity: _, mcp_servers: servers, ...rest }: TomlTable): unknown {
  const { added: __, ...others } = (servers ?? {}) as TomlTable;
  return { ...rest, ...others };
}

for (const [name, edit] of EDITS) {
  test(`undo after: ${name}`, () => {
    for (const fixture of listFixtures('config-toml')) {
      const merged = mergeConfig(fixture.text('before.toml'), SETTINGS);
      if (!merged.ok) continue;
      const edited = edit(merged.text);
      const undone = textOf(removeConfig(edited));
      const original = parse(textOf(removeConfig(merged.text)));
      assert.deepEqual(withoutAdditions(parse(undone)), withoutAdditions(original), fixture.name);
      for (const addition of ['\n[mcp_servers.added]\ncommand = "echo"\n', 'model_verbosity = "high"\n']) {
        assert.equal(undone.includes(addition), edited.includes(addition), fixture.name);
      }
      assert.doesNotMatch(undone.replaceAll(/("""|''')[^]*?\1/g, ''), /aliyun-codex-bridge:/, fixture.name);
    }
  });
}

test('undo works even if one marker is lost', () => {
  const before = '# Mine.\n\nmodel = "gpt-5.5"\napproval_policy = "never"\n\n[tui]\nnotifications = true\n';
  const lines = textOf(mergeConfig(before, SETTINGS)).split(/(?<=\n)/);
  const markers = lines.filter((line) => /^# (?:>>>|<<<)/.test(line));
  assert.equal(markers.length, 4);
  for (const marker of markers) {
    const undone = textOf(removeConfig(lines.filter((line) => line !== marker).join('')));
    assert.deepEqual(parse(undone), parse(before), marker);
  }
});

test('rejects undo if the commented-out lines no longer fit', () => {
  const merged = textOf(mergeConfig('model = "a"\n', SETTINGS));
  const problem = 'the file has changed since setup, and the lines that setup had commented out no longer fit';
  const twice = `model = "b"\n${merged.replace('model = "glm-5"\n', '')}`;
  assert.deepEqual(removeConfig(twice), {
    ok: false,
    problem: `${problem} (expected each key once; model is already defined)`,
  });
  const below = merged.replace(/(?=# set aside)/, '[tui]\n');
  assert.deepEqual(removeConfig(below), { ok: false, problem });
  assert.deepEqual(mergeConfig(below, SETTINGS), { ok: false, problem });
});

test('setup and undo reject a file that is not TOML, with the position of the error', () => {
  const rejected = { ok: false, problem: 'expected a value', line: 2, column: 5 };
  assert.deepEqual(mergeConfig('a = 1\nb = ', SETTINGS), rejected);
  assert.deepEqual(removeConfig('a = 1\nb = '), rejected);
});

test('setup rejects a table where Codex expects a boolean', () => {
  const problem = 'Codex expects suppress_unstable_features_warning to be a boolean';
  assert.deepEqual(mergeConfig('[suppress_unstable_features_warning]\n', { ...SETTINGS, webSearch: true }),
    { ok: false, problem, line: 1, column: 1 });
});

test('undo does not change a file whose text only resembles the markers', () => {
  for (const text of [
    '',
    '# >>> aliyun-codex-bridge\n',
    'a = """\n# >>> aliyun-codex-bridge: keys >>>\n"""\n',
    ` # set aside by aliyun-codex-bridge: x\n`,
  ]) {
    assert.deepEqual(removeConfig(text), { ok: true, text });
  }
});

test('undo removes the provider of the block', () => {
  const providers = parse(renderBlock(SETTINGS))['model_providers'] as TomlTable;
  assert.deepEqual(Object.keys(providers), [PROVIDER_ID]);
});

const AT = 'base_url = "http://127.0.0.1:31415/v1"';
const IDS: readonly (readonly [name: string, config: string, id: string])[] = [
  ['an empty file', '', 'aliyun'],
  ['the id that setup writes', `[model_providers.aliyun]\n${AT}`, 'aliyun'],
  ['another id', `[model_providers.mine]\n${AT}`, 'mine'],
  ['an id in quotes', `[model_providers."my bridge"]\n${AT}`, 'my bridge'],
  ['the selected one of two', `model_provider = "b"\n[model_providers.a]\n${AT}\n[model_providers.b]\n${AT}`, 'b'],
  ['aliyun before another one', `[model_providers.a]\n${AT}\n[model_providers.aliyun]\n${AT}`, 'aliyun'],
  ['localhost', '[model_providers.mine]\nbase_url = "http://localhost:31415/v1/"', 'mine'],
  ['another port', '[model_providers.mine]\nbase_url = "http://127.0.0.1:8080/v1"', 'aliyun'],
  ['another machine', '[model_providers.mine]\nbase_url = "http://10.0.0.1:31415/v1"', 'aliyun'],
  ['no address', 'model_provider = "mine"\n[model_providers.mine]\nname = "x"', 'aliyun'],
  ['a reserved id', `[model_providers.ollama]\n${AT}`, 'aliyun'],
];

for (const [name, config, id] of IDS) {
  test(`the launcher's provider id: ${name}`, () => {
    const parsed = parseToml(config);
    assert.ok(parsed.ok);
    assert.equal(findBridgeId(parsed.value, 31415), id);
    const args = renderOverrides({ ...SETTINGS, providerId: id });
    assert.ok(args.includes(`model_provider=${JSON.stringify(id)}`));
    assert.ok(args.some((word) => word.startsWith(`model_providers.${id.includes(' ') ? `"${id}"` : id}={name=`)));
  });
}
