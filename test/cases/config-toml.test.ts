/** Every config.toml fixture: what setup makes of it, byte for byte, and that undo restores it. */
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
  /** What is awkward about the file. */
  readonly from: string;
  /** Settings that differ from the usual ones; null leaves one out. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The file holds an earlier setup: undo does not give it back, but what it was before. */
  readonly older?: true;
  /** Why the file stays as it is; then there is no after.toml. */
  readonly refused?: Omit<ConfigEdit & { ok: false }, 'ok'>;
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

/** What setup sets toCommentOut in `text` because Codex rejects it. */
function findToCommentOut(text: string) {
  const document = parseToml(text);
  return listWhatToCommentOut(document.ok ? findConfigFlaws(document) : []);
}

for (const fixture of listFixtures('config-toml')) {
  describe(`config-toml/${fixture.name}`, () => {
    const options = fixture.options as unknown as ConfigCase;
    const settings = settingsOf(options);
    const before = fixture.text('before.toml');

    if (options.refused) {
      it('is refused', () => {
        assert.deepEqual(mergeConfig(before, settings), { ok: false, ...options.refused });
        assert.ok(!fixture.has('after.toml'));
      });
      return;
    }

    const original = textOf(removeConfig(before));
    const toCommentOut = findToCommentOut(original);
    const merge = (text: string, wanted: CodexSettings): string => textOf(mergeConfig(text, wanted, toCommentOut));
    const after = merge(before, settings);

    it('becomes the expected file', () => {
      fixture.expect('after.toml', after);
      if (options.older) fixture.expect('undone.toml', original);
      else assert.equal(original, before, 'undo leaves a file alone that setup has not written');
    });

    it('comes back byte for byte', () => assert.equal(textOf(removeConfig(after)), original));

    it('is the same after a second setup, and depends on the last settings alone', () => {
      assert.equal(merge(after, settings), after);
      const other = merge(after, OTHER);
      assert.equal(other, merge(original, OTHER));
      assert.equal(textOf(removeConfig(other)), original);
      assert.equal(merge(other, settings), after);
    });

    it('has nothing left that Codex rejects', () =>
      assert.deepEqual(findToCommentOut(after), { keys: [], providers: [] }));

    it('comes back byte for byte when only what Codex rejects was set aside', () => {
      const edited = commentOutInConfig(original, toCommentOut);
      if (edited.ok) assert.equal(textOf(removeConfig(edited.text)), original);
    });

    it('chooses the bridge', () => {
      const document = parseToml(after);
      assert.ok(document.ok);
      const { model_provider: provider, model, model_providers: providers } = document.value;
      assert.equal(provider, 'aliyun');
      if (settings.model !== undefined) assert.equal(model, settings.model);
      const table = (providers as Record<string, Record<string, unknown>>)['aliyun'];
      assert.deepEqual({ ...table, http_headers: { ...(table?.['http_headers'] as object) } }, {
        name: 'Aliyun Codex bridge',
        base_url: settings.baseUrl,
        wire_api: 'responses',
        ...(settings.envKey !== undefined && { env_key: settings.envKey }),
        http_headers: { ...settings.headers },
      });
    });

    it('mixes no line ends', () => {
      if (!before.includes('\r\n')) assert.ok(!after.includes('\r'));
      else if (!/(?<!\r)\n/.test(before)) assert.doesNotMatch(after, /(?<!\r)\n/);
    });
  });
}
