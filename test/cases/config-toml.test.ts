/** Every config.toml fixture: setup writes the expected file, and undo restores the original byte for byte. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findConfigFlaws, listWhatToCommentOut } from '../../src/codex/config-flaws';
import type { ConfigEdit } from '../../src/codex/config-regions';
import type { CodexSettings } from '../../src/codex/config-toml';
import { mergeConfig, removeConfig, commentOutInConfig } from '../../src/codex/edit-config';
import { parseToml } from '../../src/codex/toml/parse-toml';
import { listFixtures } from '../support/fixtures';

/** `case.json` of a config.toml fixture. */
interface ConfigCase {
  /** What is special about the file. */
  readonly from: string;
  /** Settings that differ from the default; null omits one. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The file contains an earlier setup; undo restores the text from before it. */
  readonly older?: true;
  /** Why the file stays unchanged; there is no after.toml then. */
  readonly rejected?: Omit<ConfigEdit & { ok: false }, 'ok'>;
}

const USUAL: CodexSettings = {
  model: 'qwen3.7-plus',
  catalogFile: '/home/user/.codex/aliyun-codex-bridge-models.json',
  baseUrl: 'http://127.0.0.1:31415/v1',
};

const OTHER: CodexSettings = {
  model: 'other',
  catalogFile: undefined,
  baseUrl: 'http://[::1]:1/v1',
  envKey: 'KEY',
  headers: { a: 'b' },
};

const settingsOf = ({ settings = {} }: ConfigCase): CodexSettings =>
  ({ ...USUAL, ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, value ?? undefined])) });

function textOf(edit: ConfigEdit): string {
  assert.ok(edit.ok, edit.ok ? '' : edit.problem);
  return edit.text;
}

/** Lists what setup comments out in `text` because Codex rejects it. */
function findToCommentOut(text: string) {
  const document = parseToml(text);
  return listWhatToCommentOut(document.ok ? findConfigFlaws(document) : []);
}

for (const fixture of listFixtures('config-toml')) {
  describe(`config-toml/${fixture.name}`, () => {
    const options = fixture.options as unknown as ConfigCase;
    const settings = settingsOf(options);
    const before = fixture.text('before.toml');

    if (options.rejected) {
      it('is rejected', () => {
        assert.deepEqual(mergeConfig(before, settings), { ok: false, ...options.rejected });
        assert.ok(!fixture.has('after.toml'));
      });
      return;
    }

    const original = textOf(removeConfig(before));
    const toCommentOut = findToCommentOut(original);
    const merge = (text: string, target: CodexSettings): string => textOf(mergeConfig(text, target, toCommentOut));
    const after = merge(before, settings);

    it('becomes the expected file', () => {
      fixture.expect('after.toml', after);
      if (options.older) fixture.expect('undone.toml', original);
      else assert.equal(original, before, 'undo does not change a file without a setup');
    });

    it('is restored byte for byte', () => assert.equal(textOf(removeConfig(after)), original));

    it('is the same after a second setup, and depends only on the last settings', () => {
      assert.equal(merge(after, settings), after);
      const other = merge(after, OTHER);
      assert.equal(other, merge(original, OTHER));
      assert.equal(textOf(removeConfig(other)), original);
      assert.equal(merge(other, settings), after);
    });

    it('contains nothing that Codex rejects', () =>
      assert.deepEqual(findToCommentOut(after), { keys: [], providers: [] }));

    it('is restored byte for byte if only rejected lines were commented out', () => {
      const edited = commentOutInConfig(original, toCommentOut);
      if (edited.ok) assert.equal(textOf(removeConfig(edited.text)), original);
    });

    it('selects the bridge', () => {
      const document = parseToml(after);
      assert.ok(document.ok);
      const { model_provider: provider, model, model_providers: providers, features } = document.value;
      assert.equal(provider, 'aliyun');
      const { webSearch = false, catalogUrl } = settings;
      if (webSearch) assert.equal((features as Record<string, unknown>)['standalone_web_search'], true);
      if (settings.model !== undefined) assert.equal(model, settings.model);
      const table = (providers as Record<string, Record<string, unknown>>)['aliyun'];
      assert.deepEqual({ ...table, http_headers: { ...(table?.['http_headers'] as object) } }, {
        name: 'Aliyun Codex bridge',
        base_url: settings.baseUrl,
        wire_api: 'responses',
        ...(webSearch && { supports_standalone_web_search: true }),
        ...(catalogUrl !== undefined && { model_catalog_url: catalogUrl, experimental_bearer_token: 'bridge' }),
        ...(settings.envKey !== undefined && { env_key: settings.envKey }),
        http_headers: { ...settings.headers },
      });
    });

    it('has consistent line endings', () => {
      if (!before.includes('\r\n')) assert.ok(!after.includes('\r'));
      else if (!/(?<!\r)\n/.test(before)) assert.doesNotMatch(after, /(?<!\r)\n/);
    });
  });
}
