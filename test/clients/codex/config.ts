/**
 * Writes Codex's config.toml as recommended to users (codex-protocol.md, section 10), and its catalog.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../house/source-tree';

type Values = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Additions of a scenario to the recommended configuration. */
export interface CodexConfig {
  /** Additional top-level keys and their values; `undefined` omits a key. */
  readonly settings?: Readonly<Record<string, Values[string] | undefined>>;
  /** Additional keys of the provider's table. */
  readonly provider?: Values;
  /** Additional tables, as TOML text. */
  readonly tables?: string;
  /**
   * Use Codex's own `openai` provider with the bridge as its base URL, like @openai/codex-sdk; there is no table then.
   */
  readonly builtIn?: boolean;
}

/** Fields of a catalog entry, in addition to those that Codex requires. */
export type ModelInfo = Readonly<Record<string, unknown>>;

/** Renders the table of the MCP server `name`, with the tools `echo` and `get_image`. */
export const mcpServer = (name: string): string => [
  `[mcp_servers.${name}]`,
  ...assign({ command: process.execPath, args: [join(PROJECT_ROOT, 'test/clients/support/mcp-server.cjs'), name] }),
  '',
].join('\n');

export interface CodexHomeOptions {
  readonly model: string;
  /** Ends in `/v1`. */
  readonly bridgeUrl: string;
  readonly config?: CodexConfig | undefined;
  readonly catalog?: ModelInfo | undefined;
}

/** Writes config.toml, and a catalog next to it if requested, to the folder `codexHome`. */
export async function writeCodexHome(codexHome: string, options: CodexHomeOptions): Promise<void> {
  const { model, bridgeUrl, config = {}, catalog } = options;
  const file = join(codexHome, 'catalog.json');
  if (catalog !== undefined) await writeFile(file, JSON.stringify({ models: [describeModel(model, catalog)] }));
  const settings = { model, ...(catalog && { model_catalog_json: file }), ...config.settings };
  const provider = config.builtIn ? builtInProvider(bridgeUrl) : ownProvider(bridgeUrl, config.provider);
  await writeFile(join(codexHome, 'config.toml'), [...provider(settings), '', config.tables ?? ''].join('\n'));
}

type Render = (settings: NonNullable<CodexConfig['settings']>) => readonly string[];

const ownProvider =
  (bridgeUrl: string, more: Values = {}): Render =>
  (settings) => [
    ...assign({ model_provider: 'aliyun', ...settings }),
    '',
    '[model_providers.aliyun]',
    ...assign({
      name: 'Aliyun Codex bridge',
      base_url: bridgeUrl,
      env_key: 'AI_API_KEY',
      wire_api: 'responses',
      ...more,
    }),
  ];

const builtInProvider = (bridgeUrl: string): Render => (settings) =>
  assign({ model_provider: 'openai', openai_base_url: bridgeUrl, ...settings });

/** All fields that 0.125 and later require in an entry (codex-protocol.md, section 6). */
const describeModel = (slug: string, more: ModelInfo): ModelInfo => ({
  slug,
  display_name: slug,
  base_instructions: 'You are a coding agent.',
  supported_reasoning_levels: [],
  shell_type: 'unified_exec',
  visibility: 'list',
  supported_in_api: true,
  priority: 1,
  support_verbosity: false,
  supports_parallel_tool_calls: true,
  supports_reasoning_summaries: true,
  truncation_policy: { mode: 'tokens', limit: 10_000 },
  experimental_supported_tools: [],
  ...more,
});

/** JSON strings, numbers, booleans and lists of them are valid TOML. */
function assign(values: NonNullable<CodexConfig['settings']>): readonly string[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} = ${JSON.stringify(value)}`],
  );
}
