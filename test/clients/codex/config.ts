/** Codex's config.toml, as users of the bridge are told to write it (codex-protocol.md, section 10). */
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../support/source-tree';

/** What a scenario adds to the recommended configuration. */
export interface CodexConfig {
  /** More keys of the top level, and their values. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** More keys of the provider's table. */
  readonly provider?: Readonly<Record<string, string | number | boolean>>;
  /** More tables, as TOML text. */
  readonly tables?: string;
}

/** The table of the MCP server `mini`, with the tools `echo` and `get_image`. */
export const MINI_SERVER = [
  '[mcp_servers.mini]',
  `command = ${JSON.stringify(process.execPath)}`,
  `args = ${JSON.stringify([join(PROJECT_ROOT, 'test/clients/support/mcp-server.cjs')])}`,
  '',
].join('\n');

/** Renders the file. `bridgeUrl` ends in `/v1`. */
export function renderCodexConfig(model: string, bridgeUrl: string, config: CodexConfig = {}): string {
  return [
    ...assign({ model, model_provider: 'aliyun', ...config.settings }),
    '',
    '[model_providers.aliyun]',
    ...assign({
      name: 'Aliyun Codex bridge',
      base_url: bridgeUrl,
      env_key: 'AI_API_KEY',
      wire_api: 'responses',
      ...config.provider,
    }),
    '',
    config.tables ?? '',
  ].join('\n');
}

/** JSON strings, numbers and booleans are TOML ones too. */
const assign = (values: Readonly<Record<string, string | number | boolean>>): readonly string[] =>
  Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
