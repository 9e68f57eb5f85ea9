/** Every model of every provider becomes an entry that Codex accepts: it rejects a whole list for one invalid field. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BASE_INSTRUCTIONS } from '../../src/providers/base-instructions';
import { PROVIDERS } from '../../src/providers/catalog';
import { describeForCodex, type CodexModel } from '../../src/providers/codex-models';
import { listEntries, type CatalogEntry } from '../../src/providers/model-list';
import type { Model } from '../../src/providers/provider';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value.trim() !== '';
const isTokens: Check = (value) => Number.isSafeInteger(value) && Number(value) > 0;
const isOneOf = (...words: readonly unknown[]): Check => (value) => words.includes(value);

/** The fields that Codex 0.125 to 0.169 requires (codex-protocol.md, section 6; tested with each), and those we add. */
const FIELDS: Readonly<Record<keyof CodexModel, Check>> = {
  slug: isText,
  display_name: isText,
  description: isText,
  default_reasoning_level: (value) => value === undefined || isText(value),
  supported_reasoning_levels: (value) =>
    Array.isArray(value) &&
    value.every((level: unknown) => {
      const { effort, description, ...rest } = level as Record<string, unknown>;
      return isText(effort) && isText(description) && Object.keys(rest).length === 0;
    }),
  default_reasoning_summary: isOneOf('auto'),
  supports_reasoning_summaries: isOneOf(true),
  shell_type: isOneOf('unified_exec'),
  visibility: isOneOf('list'),
  supported_in_api: isOneOf(true),
  priority: (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) < 2 ** 31,
  base_instructions: isOneOf(BASE_INSTRUCTIONS),
  support_verbosity: isOneOf(false),
  apply_patch_tool_type: isOneOf('freeform'),
  web_search_tool_type: isOneOf('text'),
  truncation_policy: (value) => {
    const { mode, limit } = value as Record<string, unknown>;
    return mode === 'tokens' && isTokens(limit);
  },
  supports_parallel_tool_calls: isOneOf(true),
  supports_search_tool: isOneOf(false),
  context_window: isTokens,
  max_context_window: isTokens,
  auto_compact_token_limit: isTokens,
  effective_context_window_percent: isOneOf(95),
  experimental_supported_tools: (value) => Array.isArray(value) && value.length === 0,
  input_modalities: (value) =>
    Array.isArray(value) && value.includes('text') && value.every((word) => word === 'text' || word === 'image'),
};

for (const provider of PROVIDERS) {
  test(`every model of ${provider.name} has every field with the right type`, () => {
    for (const preferred of [undefined, 'an-unknown-model']) {
      const entries = listEntries(provider, { preferred });
      const models = describeForCodex(entries);
      assert.equal(models.length, entries.length);
      for (const model of models) {
        for (const [field, check] of Object.entries(FIELDS)) {
          const value: unknown = Reflect.get(model, field);
          assert.ok(check(value), `${model.slug}: ${field} is ${JSON.stringify(value)}`);
        }
        assert.deepEqual(Object.keys(model).filter((field) => !(field in FIELDS)), [], model.slug);
        const levels = model.supported_reasoning_levels.map(({ effort }) => effort);
        assert.equal(model.default_reasoning_level === undefined, levels.length === 0, model.slug);
        if (levels.length > 0) assert.ok(levels.includes(model.default_reasoning_level ?? ''), model.slug);
        assert.ok(model.auto_compact_token_limit <= model.context_window * 0.9, model.slug);
        assert.ok(model.auto_compact_token_limit >= Math.floor(model.context_window * 0.8), model.slug);
      }
      assert.equal(new Set(models.map(({ slug }) => slug)).size, models.length, 'slugs are unique');
      assert.deepEqual(models.map(({ priority }) => priority), models.map((_, index) => index + 1));
    }
  });
}

const entry = (more: Partial<Model>): CatalogEntry => ({
  model: {
    id: 'm',
    name: 'M',
    contextWindow: 200_000,
    maxOutput: 8_000,
    input: ['text'],
    efforts: [],
    evidence: 'documented',
    ...more,
  },
  provider: PROVIDERS[0]!,
  basis: 'documented',
  isDefault: false,
});

const describe = (more: Partial<Model>, codexVersion?: string): CodexModel | undefined =>
  describeForCodex([entry(more)], codexVersion)[0];

test('compaction leaves room for the longest answer, up to a fifth of the window', () => {
  const limitOf = (contextWindow: number, maxOutput: number) =>
    describe({ contextWindow, maxOutput })?.auto_compact_token_limit;
  assert.equal(limitOf(200_000, 8_000), 180_000);
  assert.equal(limitOf(200_000, 30_000), 170_000);
  assert.equal(limitOf(200_000, 128_000), 160_000);
});

test('the output of a tool is limited to a tenth of a small window', () => {
  const limitOf = (contextWindow: number) => describe({ contextWindow })?.truncation_policy.limit;
  assert.deepEqual([1_000_000, 100_000, 32_768, 4_096].map(limitOf), [10_000, 10_000, 3_276, 1_000]);
});

test('the default effort is the provider’s, or medium, or high, or the last one', () => {
  assert.equal(
    describe({ efforts: ['low', 'medium', 'xhigh'], defaultEffort: 'xhigh' })?.default_reasoning_level,
    'xhigh',
  );
  assert.equal(
    describe({ efforts: ['low', 'high', 'max'], defaultEffort: 'max' }, '0.125.0')?.default_reasoning_level,
    'high',
  );
  const levelOf = (...efforts: readonly string[]) => describe({ efforts })?.default_reasoning_level;
  assert.equal(levelOf('low', 'medium', 'xhigh'), 'medium');
  assert.equal(levelOf('none', 'high'), 'high');
  assert.equal(levelOf('low', 'high', 'max'), 'high');
  assert.equal(levelOf('low', 'max'), 'max');
  assert.equal(levelOf(), undefined);
});

test('a Codex before 0.146 gets only efforts that it accepts', () => {
  const levels = (codexVersion?: string) =>
    describe({ efforts: ['low', 'max', 'ultra'] }, codexVersion)?.supported_reasoning_levels.map(
      ({ effort }) => effort,
    );
  assert.deepEqual(levels('0.125.0'), ['low']);
  assert.deepEqual(levels('0.145.9-alpha.1'), ['low']);
  for (const version of [undefined, '0.146.0', '0.169.0', '1.0.0', 'soon'])
    assert.deepEqual(levels(version), ['low', 'max', 'ultra']);
  assert.equal(describe({ efforts: ['max'] }, '0.125.0')?.default_reasoning_level, undefined);
});

test('the instructions are one page and name the tools of Codex', () => {
  assert.ok(BASE_INSTRUCTIONS.length < 5_000, `${BASE_INSTRUCTIONS.length} characters`);
  for (const word of [
    'exec_command',
    'write_stdin',
    'apply_patch',
    'update_plan',
    'MCP',
    '*** Begin Patch',
    'git reset --hard',
  ]) {
    assert.ok(BASE_INSTRUCTIONS.includes(word), word);
  }
  const names = PROVIDERS.flatMap(({ title, models }) => [title, ...models.map(({ name }) => name)]);
  assert.deepEqual(names.filter((name) => BASE_INSTRUCTIONS.includes(name)), [], 'the same page is for all models');
});
