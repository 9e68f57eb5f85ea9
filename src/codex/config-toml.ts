/** What Codex has to be told about the bridge, as text for its config.toml and as words for its command line. */
import { renderKey, renderString } from './toml/render';

/** The table of config.toml with the providers of Codex. */
export const PROVIDERS_KEY = 'model_providers';

/** The bridge's name among them: `[model_providers.aliyun]`. */
export const PROVIDER_ID = 'aliyun';

/** What Codex shows. Any name but "OpenAI", which switches on remote compaction (codex-protocol.md, section 5). */
const DISPLAY_NAME = 'Aliyun Codex bridge';

export interface BridgeSettings {
  /** The model to begin with; undefined leaves the choice to the user's own configuration. */
  readonly model: string | undefined;
  /** Absolute path of the model catalog. */
  readonly catalogFile: string | undefined;
  /** Where the bridge is, with `/v1`. */
  readonly baseUrl: string;
  /** The variable whose value Codex sends as the key; without it Codex sends none, and the bridge has the key. */
  readonly envKey?: string;
  /** Headers that Codex adds to every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A key and its value as TOML. */
type Pair = readonly [key: string, value: string];

/** The keys that stand above the first table of config.toml. */
export function renderRootLines(settings: BridgeSettings): readonly string[] {
  const { model, catalogFile } = settings;
  return listTexts({ model, model_provider: PROVIDER_ID, model_catalog_json: catalogFile }).map(renderLine);
}

/** The table of the bridge: its header and its lines. */
export function renderProviderLines(settings: BridgeSettings): readonly string[] {
  return [`[${PROVIDERS_KEY}.${PROVIDER_ID}]`, ...listProviderPairs(settings).map(renderLine)];
}

/** The table of the bridge on one line. */
export function renderInlineProvider(settings: BridgeSettings): string {
  return `{ ${listProviderPairs(settings).map(renderLine).join(', ')} }`;
}

/** The text for config.toml as a person would write it; it ends with a line feed. */
export function renderBlock(settings: BridgeSettings): string {
  return [...renderRootLines(settings), '', ...renderProviderLines(settings), ''].join('\n');
}

/**
 * The same as words for the command line of Codex: `-c KEY=VALUE`, the value as TOML. The inline table stands in for the
 * user's whole table of that name, measured with Codex 0.99, 0.125, 0.146 and 0.169.
 */
export function renderOverrides(settings: BridgeSettings): readonly string[] {
  const provider = `{${listProviderPairs(settings).map(([key, value]) => `${key}=${value}`).join(',')}}`;
  const { model, catalogFile } = settings;
  const pairs: readonly Pair[] = [
    ...listTexts({ model_provider: PROVIDER_ID }),
    [`${PROVIDERS_KEY}.${PROVIDER_ID}`, provider],
    ...listTexts({ model, model_catalog_json: catalogFile }),
  ];
  return pairs.flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}

const renderLine = ([key, value]: Pair): string => `${key} = ${value}`;

function listProviderPairs({ baseUrl, envKey, headers = {} }: BridgeSettings): readonly Pair[] {
  const texts = listTexts({ name: DISPLAY_NAME, base_url: baseUrl, env_key: envKey, wire_api: 'responses' });
  const fields = Object.entries(headers).map(([name, value]) => renderLine([renderKey([name]), renderString(value)]));
  return fields.length === 0 ? texts : [...texts, ['http_headers', `{ ${fields.join(', ')} }`]];
}

function listTexts(texts: Readonly<Record<string, string | undefined>>): readonly Pair[] {
  return Object.entries(texts).flatMap(([key, text]): readonly Pair[] =>
    (text === undefined ? [] : [[key, renderString(text)]]));
}
