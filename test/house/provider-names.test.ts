/** Checks that only src/providers names providers and models; elsewhere, a quirk is a field of the dialect. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { PROVIDERS } from '../../src/providers/catalog';
import {
  violation, loadSyntax, parseProduct, parseSources, renderViolation, walk, type Violation, type Source,
} from './source-tree';

/** Words that occur in many host names and identify no provider; `auto` is a word of both protocols. */
const COMMON_LABELS = [
  'auto',
  'api',
  'www',
  'chat',
  'coding',
  'compatible',
  'localhost',
  'platform',
  'gateway',
  'cloud',
  'open',
];

/** The names by which code could refer to a provider. */
interface ProviderNames {
  readonly name: string;
  readonly baseUrls: readonly string[];
  readonly models: readonly { readonly id: string }[];
}

/** Returns names, model ids, model families (`abc` of `abc3-plus`) and distinctive host labels, in lower case. */
function wordsOf(providers: readonly ProviderNames[]): readonly string[] {
  const words = providers.flatMap(({ name, baseUrls, models }) => [
    name,
    ...models.flatMap(({ id }) => [id, /^[a-z]{3,}/i.exec(id)?.[0] ?? id]),
    ...baseUrls.flatMap((url) => new URL(url).hostname.split('.').filter((label) => /^[a-z]{5,}$/.test(label))),
  ]);
  return [...new Set(words.map((word) => word.toLowerCase()))].filter((word) => !COMMON_LABELS.includes(word));
}

/** Finds the words in literals, templates, regular expressions and identifiers; comments may contain them. */
async function findNames(sources: readonly Source[], words: readonly string[]): Promise<readonly Violation[]> {
  const syntax = await loadSyntax();
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  // Adjacent letters make it a different word; digits and underscores do not.
  const pattern = new RegExp(`(?<![a-z])(?:${escaped.join('|')})(?![a-z])`, 'i');
  return sources.filter(({ path }) => !path.startsWith('src/providers/')).flatMap((source) =>
    [...walk(source.tree)].flatMap((node) => {
      const isText =
        syntax.isStringLiteral(node) || syntax.isTemplateLiteralLikeNode(node) ||
        syntax.isRegularExpressionLiteral(node) || syntax.isIdentifier(node);
      // camelCase is split, so that `fooHost` is read as `foo Host`.
      const text = isText ? node.text.replace(/([a-z0-9])([A-Z])/g, '$1 $2') : '';
      const hit = pattern.exec(text);
      return hit ? [violation(source, node, `names ${hit[0]}`)] : [];
    }),
  );
}

test('no file outside src/providers names a provider or model', async () => {
  const found = await findNames(await parseProduct(), wordsOf(PROVIDERS));
  assert.deepEqual(found.map(renderViolation), []);
});

const ACME: ProviderNames = {
  name: 'acme-coding',
  baseUrls: ['https://api.acmescope.example/v1'],
  models: [{ id: 'roadrunner3.5-plus' }],
};

test('the words are names, model ids, model families and distinctive host labels', () => {
  assert.deepEqual(wordsOf([ACME]), ['acme-coding', 'roadrunner3.5-plus', 'roadrunner', 'acmescope', 'example']);
});

test('the rule finds names in text and identifiers, and allows comments, longer words and src/providers', async () => {
  const words = wordsOf([ACME]);
  const lines = [
    `export const a = 'acme-coding';`,
    `export const b = model.startsWith('Roadrunner');`,
    'export const c = `https://${host}.acmescope.test/`;',
    `export const acmescopeKey = 1;`,
    `export const isRoadrunner = 1;`,
    'export const d = /^roadrunner\\d/i;',
    `export const e = environment.ACMESCOPE_API_KEY;`,
  ];
  const found = await findNames(await parseSources({ 'src/stream/names.ts': lines.join('\n') }), words);
  assert.deepEqual(found.map(({ line }) => line), lines.map((_, index) => index + 1));
  const fine = {
    'src/stream/fine.ts':
      '// acmescope answers 400 here\n/** roadrunner */\nexport const roadrunners = "roadrunnerish";',
    'src/providers/acme.ts': lines.join('\n'),
  };
  assert.deepEqual(await findNames(await parseSources(fine), words), []);
});
