/** Finds settings in config.toml that keep Codex from starting, or that Codex silently ignores. */
import { countEdits, findNearest } from '../base/nearest';
import { renderList } from '../base/quantities';
import { isBefore } from '../base/version';
import { RESERVED_PROVIDER_IDS } from '../providers/codex-models';
import { PROVIDERS_KEY } from './config-toml';
import { listProviders, type ConfigNames } from './config-meaning';
import type { TomlDocument, TomlStatement } from './toml/parse-toml';
import { isTomlTable, renderKey, renderString, type TomlTable, type TomlValue } from './toml/value';

export interface ConfigFlaw {
  /** `rejected`: Codex does not start. `ignored`: Codex ignores the key. */
  readonly effect: 'rejected' | 'ignored';
  /** Counted from 1. */
  readonly line: number;
  /** A sentence without a full stop: what the file contains, and how Codex reacts. */
  readonly problem: string;
  /** How to fix it by hand, in a sentence. */
  readonly fix: string;
  /** What setup comments out to fix it. */
  readonly commentOut?: Partial<ConfigNames>;
  /** A `-c` override that fixes a key for one run; those for providers are rendered by `renderFlawOverrides`. */
  readonly override?: string;
}

type FlawRule = (config: TomlTable, codexVersion: string | undefined) => readonly FoundFlaw[];

interface FoundFlaw extends Omit<ConfigFlaw, 'line'> {
  /** The path of the key or table. */
  readonly path: readonly string[];
}

/**
 * Finds the flaws of a parsed config.toml, in document order. Every rule was measured with real versions of Codex.
 *
 * @param codexVersion the installed version; if undefined, a recent one is assumed
 */
export function findConfigFlaws(document: TomlDocument, codexVersion?: string): readonly ConfigFlaw[] {
  const found = RULES.flatMap((rule) => rule(document.value, codexVersion));
  const flaws = found.map(({ path, ...flaw }) => ({ ...flaw, line: findLine(document.statements, path) }));
  return flaws.sort((left, right) => left.line - right.line);
}

/** Joins the different fixes. */
export const joinFixes = (flaws: readonly Pick<ConfigFlaw, 'fix'>[]): string =>
  [...new Set(flaws.map(({ fix }) => fix))].join(' ');

/** Lists what to comment out so that Codex starts. */
export function listWhatToCommentOut(flaws: readonly ConfigFlaw[]): ConfigNames {
  return {
    keys: flaws.flatMap(({ commentOut }) => commentOut?.keys ?? []),
    providers: [...new Set(flaws.flatMap(({ commentOut }) => commentOut?.providers ?? []))],
  };
}

/** The keys that `[model_providers.amazon-bedrock]` may have; `aws` is a table. */
const BEDROCK_KEYS: readonly string[] = ['base_url', 'auth', 'http_headers', 'aws'];

const RULES: readonly FlawRule[] = [
  forEachProvider((id, table) => {
    const { wire_api: wire } = table;
    if (wire === undefined || wire === 'responses' || isBuiltIn(id)) return undefined;
    return {
      key: 'wire_api',
      problem: wire === 'chat' ? 'wire_api = "chat", which Codex no longer supports'
        : 'Codex supports only wire_api = "responses"',
      fix: `Remove the table, or write wire_api = "responses" if the provider has a Responses API.`,
    };
  }),
  forEachProvider((id) => (RESERVED_PROVIDER_IDS.includes(id) ? {
    problem: `${id} is a built-in provider of Codex, which no table may redefine`,
    fix: 'Rename the table.',
  } : undefined)),
  forEachProvider((id, table) => {
    const invalid = Object.keys(table).find((key) => !BEDROCK_KEYS.includes(key));
    return id === 'amazon-bedrock' && invalid !== undefined ? {
      key: invalid,
      problem: `Codex allows only ${renderList(BEDROCK_KEYS, 'and')} for ${id}, not ${invalid}`,
      fix: 'Remove the key, or rename the table.',
    } : undefined;
  }),
  forEachProvider((id, { name }) => {
    if (isBuiltIn(id) || (typeof name === 'string' && name.trim() !== '')) return undefined;
    const fix = `Add a line such as name = ${renderString(id)}.`;
    return { problem: 'the table has no name, which Codex requires', fix };
  }),
  forRootKey('approval_policy', 'on-request', (value, version) =>
    // 0.146 accepts it, 0.169 rejects it.
    value === 'untrusted' && !isOlder(version, '0.147.0')
      ? ['which Codex no longer supports', 'Remove the line.'] : undefined),
  forRootKey('notify', [], (value) =>
    typeof value === 'string'
      ? ['where Codex expects a list', `Write notify = [${renderString(value)}] if that is a command.`] : undefined),
  forRootKey('web_search', 'live', (value) =>
    typeof value === 'boolean'
      ? ['where Codex expects "disabled", "cached" or "live"', 'Write one of these.'] : undefined),
  forRootKey('profile', undefined, (value, version) =>
    // 0.125 applies it; 0.146 and later reject it ("legacy `profile = …` config is no longer supported").
    typeof value === 'string' && !isOlder(version, '0.146.0')
      ? ['which Codex no longer supports', `Remove it; codex --profile ${value} reads ${value}.config.toml instead.`]
      : undefined),
  (config) => listMisspelledKeys(config, ROOT_KEYS, []),
  (config) => Object.entries(listProviders(config)).flatMap(([id, table]) =>
    (isTomlTable(table) ? listMisspelledKeys(table, PROVIDER_KEYS, [PROVIDERS_KEY, id]) : [])),
];

const isBuiltIn = (id: string): boolean => RESERVED_PROVIDER_IDS.includes(id) || id === 'amazon-bedrock';

const isOlder = (version: string | undefined, than: string): boolean =>
  version !== undefined && isBefore(version, than);

interface ProviderProblem {
  /** The invalid key; absent when the whole table is invalid. */
  readonly key?: string;
  readonly problem: string;
  readonly fix: string;
}

/** Creates a rule that checks every provider table. */
function forEachProvider(check: (id: string, table: TomlTable) => ProviderProblem | undefined): FlawRule {
  return (config) => Object.entries(listProviders(config)).flatMap(([id, table]) => {
    const found = isTomlTable(table) ? check(id, table) : undefined;
    if (found === undefined) return [];
    const path = [PROVIDERS_KEY, id];
    return [{
      effect: 'rejected' as const,
      path: found.key === undefined ? path : [...path, found.key],
      problem: `[${renderKey(path)}]: ${found.problem}`,
      fix: found.fix,
      commentOut: { providers: [id] },
    }];
  });
}

type ProblemAndFix = readonly [problem: string, fix: string] | undefined;

/** Creates a rule for one root key. @param accepted a value that overrides it; undefined if no value fixes it */
function forRootKey(
  key: string, accepted: string | readonly [] | undefined,
  check: (value: TomlValue, version: string | undefined) => ProblemAndFix,
): FlawRule {
  return (config, version) => {
    const value = config[key];
    const verdict = value === undefined ? undefined : check(value, version);
    if (verdict === undefined) return [];
    const [problem, fix] = verdict;
    const text = typeof value === 'string' ? renderString(value) : String(value);
    const override = `${key}=${typeof accepted === 'string' ? renderString(accepted) : '[]'}`;
    return [{
      effect: 'rejected' as const, path: [key], problem: `${key} = ${text}, ${problem}`, fix,
      commentOut: { keys: [key] },
      ...(accepted !== undefined && { override }),
    }];
  };
}

/** A key that differs by more edits may belong to a newer Codex. */
const MAX_EDITS = 2;

/** Finds keys that resemble known ones and are unknown to Codex, which silently ignores them. */
function listMisspelledKeys(table: TomlTable, known: readonly string[], path: readonly string[]) {
  return Object.keys(table).filter((key) => !known.includes(key)).flatMap((key) => {
    const nearest = findNearest(key, known);
    if (nearest === undefined || countEdits(key, nearest) > MAX_EDITS) return [];
    const where = path.length === 0 ? '' : `[${renderKey(path)}]: `;
    return [{
      effect: 'ignored' as const,
      path: [...path, key],
      problem: `${where}Codex ignores the unknown key ${key}`,
      fix: `Did you mean ${nearest}?`,
    }];
  });
}

/** Returns the line of the first statement at or below `path`, else of its closest parent; 1 if there is none. */
function findLine(statements: readonly TomlStatement[], path: readonly string[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const wanted = path.slice(0, length);
    const found = statements.find((statement) => wanted.every((part, index) => statement.path[index] === part));
    if (found) return found.line;
  }
  return 1;
}

/**
 * Renders command-line arguments with which Codex starts despite the flaws; undefined if one of them has no such fix:
 * overrides are merged with the file (measured with 0.171), so they cannot remove a table or a key.
 */
export function renderFlawOverrides(flaws: readonly ConfigFlaw[]): readonly string[] | undefined {
  const rejected = flaws.filter(({ effect }) => effect === 'rejected');
  const { providers } = listWhatToCommentOut(rejected);
  if (providers.some(isBuiltIn)) return undefined;
  if (rejected.some(({ commentOut, override }) => commentOut?.keys && !override)) return undefined;
  const tables = providers.map((id) => `${renderKey([id])}={${VALID_PROVIDER.join(',')}}`);
  const tableArgs = tables.length === 0 ? [] : [`${PROVIDERS_KEY}={${tables.join(',')}}`];
  return [...tableArgs, ...listKeyOverrides(rejected)].flatMap((override) => ['-c', override]);
}

/** Settings that make a provider's table valid. */
const VALID_PROVIDER: readonly string[] = ['name="disabled"', 'wire_api="responses"'];

const listKeyOverrides = (flaws: readonly ConfigFlaw[]): readonly string[] =>
  flaws.flatMap(({ override }) => override ?? []);

/** Renders the same overrides as lines of a profile, which Codex also merges with the file. Skips other flaws. */
export function renderProfileOverrides(
  flaws: readonly ConfigFlaw[],
): { readonly keys: string; readonly tables: string } {
  const rejected = flaws.filter(({ effect }) => effect === 'rejected');
  const providers = listWhatToCommentOut(rejected).providers.filter((id) => !isBuiltIn(id));
  const tables = providers.map((id) => ['', `[${renderKey([PROVIDERS_KEY, id])}]`, ...VALID_PROVIDER]);
  const join = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
  return { keys: join(listKeyOverrides(rejected)), tables: join(tables.flat()) };
}

/** The keys of a provider's table in Codex 0.171. */
const PROVIDER_KEYS: readonly string[] = `name base_url model_catalog_url env_key env_key_instructions auth aws wire_api
  experimental_bearer_token gateway_oauth query_params http_headers env_http_headers request_max_retries
  stream_max_retries stream_idle_timeout_ms websocket_connect_timeout_ms requires_openai_auth supports_websockets
  supports_standalone_web_search credential_file`.split(/\s+/);

/** The root keys of Codex 0.171. */
const ROOT_KEYS: readonly string[] = `model model_provider model_providers model_catalog_json review_model profile
  profiles model_context_window model_auto_compact_token_limit model_auto_compact_token_limit_scope
  model_post_turn_compact_threshold_percent approval_policy approvals_reviewer auto_review browser_use computer_use
  shell_environment_policy allow_login_shell sandbox_mode allow_symlinked_codex_home sandbox_workspace_write
  default_permissions permissions notify instructions developer_instructions include_apps_instructions
  include_collaboration_mode_instructions include_environment_context model_instructions_file compact_prompt
  forced_chatgpt_workspace_id forced_login_method cli_auth_credentials_store mcp_servers mcp_enterprise_managed_auth
  mcp_oauth_credentials_store mcp_oauth_callback_port mcp_oauth_callback_url mcp_optional_startup_grace_ms
  project_doc_max_bytes project_doc_fallback_filenames tool_output_token_limit background_terminal_max_timeout
  thread_unload_delay_secs js_repl_node_path js_repl_node_module_dirs history rollout_trace sqlite_home log_dir
  file_opener tui hide_agent_reasoning show_raw_agent_reasoning model_reasoning_effort plan_mode_reasoning_effort
  model_reasoning_summary model_verbosity model_supports_reasoning_summaries personality service_tier
  apps_mcp_product_sku responses responses_api_metadata orchestrator cloud openai_base_url chatgpt_base_url audio
  realtime tools tool_suggest code_mode goals hooks plugins suppress_unstable_features_warning ghost_snapshot
  project_root_markers check_for_update_on_startup disable_paste_burst analytics desktop notice feedback otel windows
  experimental_use_unified_exec_tool experimental_compact_prompt_file experimental_instructions_file oss_provider
  web_search features projects apps agents memories skills marketplaces commit_attribution zsh_path`.split(/\s+/);
