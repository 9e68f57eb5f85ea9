/** `npm run docs`: writes the documents that are generated from tables. A house test checks that they are current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderUrl } from '../../src/command/render';
import { COMMANDS } from '../../src/cli/commands';
import { renderBlock } from '../../src/codex/config-toml';
import { renderConfigurationPage } from '../../src/config/help';
import { OPTIONS } from '../../src/config/options';
import { PROVIDERS } from '../../src/providers/catalog';
import { PROTOCOL_PARTS } from './protocol-parts';
import { renderErrorsPage } from './render-errors';
import { renderUserSchema } from '../../src/providers/user-shape';
import { renderProvidersPage } from './render-providers';

/** One generated document. */
export interface GeneratedDocument {
  /** Path relative to the root of the project. */
  readonly path: string;
  /** Returns the new content; `undefined` if the current content lacks a marker for a generated part. */
  readonly render: (current: string | undefined) => string | undefined;
}

/** The generated parts of README.md, by the name in their markers. */
const README_PARTS = {
  commands: () => [
    '| command | |', '| --- | --- |',
    ...Object.entries(COMMANDS).map(([name, { summary, operand }]) =>
      `| \`${operand === undefined ? name : `${name} ${operand.placeholder}`}\` | ${summary} |`),
    '',
  ].join('\n'),
  config: () => {
    const address = { host: OPTIONS.host.default, port: OPTIONS.port.default };
    const block = renderBlock({
      model: PROVIDERS[0]?.defaultModel,
      catalogFile: undefined,
      baseUrl: `${renderUrl(address)}/v1`,
    });
    return ['```toml', `${block}\`\`\``, ''].join('\n');
  },
} satisfies Readonly<Record<string, () => string>>;

/** The markers around a generated part of a page. */
export const markersOf = (part: string) => [`<!-- ${part}:start -->`, `<!-- ${part}:end -->`] as const;

/** All documents that this command writes. */
export const GENERATED_DOCUMENTS: readonly GeneratedDocument[] = [
  { path: 'docs/configuration.md', render: renderConfigurationPage },
  { path: 'docs/errors.md', render: () => renderErrorsPage() },
  { path: 'docs/providers.schema.json', render: () => renderUserSchema() },
  { path: 'docs/providers.md', render: () => renderProvidersPage() },
  { path: 'docs/protocol.md', render: (current) => replaceParts(current, PROTOCOL_PARTS) },
  { path: 'README.md', render: (current) => replaceParts(current, README_PARTS) },
  { path: 'README.zh-CN.md', render: (current) => replaceParts(current, { config: README_PARTS.config }) },
];

type Parts = Readonly<Record<string, () => string>>;

function replaceParts(current: string | undefined, parts: Parts): string | undefined {
  return Object.entries(parts).reduce<string | undefined>(
    (text, [part, render]) => replaceBetween(text, markersOf(part), render()), current,
  );
}

/** Replaces the text between two markers. @returns undefined if `text` does not contain both, in this order */
export function replaceBetween(
  text: string | undefined,
  [start, end]: readonly [string, string],
  content: string,
): string | undefined {
  const from = text?.indexOf(start) ?? -1;
  const to = text?.indexOf(end, from) ?? -1;
  if (text === undefined || from === -1 || to === -1) return undefined;
  return `${text.slice(0, from + start.length)}\n\n${content}\n${text.slice(to)}`;
}

/** Reads a file of the project; `undefined` if it cannot be read. */
export function readDocument(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    return undefined;
  }
}

const ROOT = join(__dirname, '..', '..');

/** Why a document cannot be rendered. */
export const MISSING_PART =
  'it does not exist, or a marker such as <!-- config:start --> is missing. Restore it from Git, or add the marker.';

function writeDocuments(): void {
  for (const { path, render } of GENERATED_DOCUMENTS) {
    const current = readDocument(path);
    const updated = render(current);
    if (updated === undefined) throw new Error(`Cannot update ${path}: ${MISSING_PART}`);
    if (updated === current) continue;
    writeFileSync(join(ROOT, path), updated);
    console.log(`Updated ${path}`);
  }
}

if (require.main === module) writeDocuments();
