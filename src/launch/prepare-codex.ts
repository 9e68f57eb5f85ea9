/** Prepares the command-line overrides, the model catalog and the environment of a launched Codex. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asArray, asText, isRecord } from '../base/json';
import { writeCatalogFile } from '../codex/catalog-file';
import { findBridgeId, findEnvKey } from '../codex/config-meaning';
import {
  canFetchCatalog, canSearch, describeCatalog, describeCredentials, FIRST_WITH_SEARCH, KEY_VARIABLE, renderOverrides,
  TOKEN_VARIABLE,
} from '../codex/config-toml';
import { readProfileModel } from '../codex/profile-model';
import { parseToml } from '../codex/toml/parse-toml';
import type { CommandIo } from '../command/command';
import type { Paths } from '../command/paths';
import type { Address } from '../command/render';
import { OPTIONS, type Config } from '../config/options';
import { isSet, type Environment } from '../config/resolve';
import { getJson, probePort } from '../instance/bridge-client';
import { catalogFileOf, prepareStateFolder } from '../instance/bridge-record';
import { renderBase } from '../instance/target';
import { PROVIDERS } from '../providers/catalog';
import { LAUNCH_HEADER } from '../server/idle-shutdown';
import { removeLink } from '../state/replace-file';
import { pickModel } from './pick-model';

/** The address of the bridge, and what Codex is launched with. */
export interface CodexLaunch extends Address {
  readonly config: Config;
  readonly paths: Paths;
  /** The user's arguments for Codex. */
  readonly args: readonly string[];
  readonly io: CommandIo;
  /** The version of the launched Codex; undefined if unknown. The catalog has only what this version can read. */
  readonly codexVersion: string | undefined;
  /** The bridge's access token; undefined if it requires none. */
  readonly token: string | undefined;
}

export interface CodexArguments {
  /** Arguments to place before the user's own, so that the user's override them. */
  readonly args: readonly string[];
  /** Messages for the user. */
  readonly notes: readonly string[];
  /** A variable without which Codex does not start, although the bridge ignores it: config.toml names it. */
  readonly envKey: string | undefined;
}

/**
 * Prepares the arguments, and the catalog file if Codex needs one. Requests the models from the bridge, because a
 * running bridge may be configured differently. @returns a problem if no model can be chosen
 */
export async function prepareArguments(launch: CodexLaunch): Promise<CodexArguments | { readonly problem: string }> {
  const { config, paths } = launch;
  const [{ models, file, problem }, webSearch] = await Promise.all([fetchCatalog(launch), hasWebSearch(launch)]);
  const parsed = parseToml(await readFile(join(paths.codexHome, 'config.toml'), 'utf8').catch(() => ''));
  const codexConfig = parsed.ok ? parsed.value : {};
  const configured = asText(codexConfig['model']);
  const profileModel = await readProfileModel(launch.args, paths.codexHome, codexConfig);
  const { args: given, io } = launch;
  const picked = await pickModel({ config, offered: models, configured, profileModel, args: given, io });
  if ('problem' in picked) return picked;
  const { model } = picked;
  const notes = [
    ...(problem === undefined ? [] : [`Cannot write the model catalog for Codex: ${problem}`]),
    ...(config.search === undefined || webSearch ? [] : [NO_SEARCH]),
  ];
  const providerId = findBridgeId(codexConfig, config.port);
  const credentials = describeCredentials(config.forceEnvAuth, launch.token !== undefined);
  const args = renderOverrides({
    model,
    ...(models.length === 0 ? { catalogFile: file } : describeCatalog(renderBase(launch), launch.codexVersion, file)),
    baseUrl: renderBase(launch),
    providerId,
    webSearch,
    headers: { [LAUNCH_HEADER]: '1' },
    ...credentials,
  });
  // Codex merges the table of `-c` with that of config.toml (codex-protocol.md, section 12).
  return { args, notes, envKey: credentials.envKey === undefined ? findEnvKey(codexConfig, providerId) : undefined };
}

const NO_SEARCH =
  `No web search: it requires Codex ${FIRST_WITH_SEARCH} or later and a bridge started with --search. ` +
  'To restart the bridge, run: aliyun-codex-bridge restart';

async function hasWebSearch({ host, port, codexVersion }: CodexLaunch): Promise<boolean> {
  if (!canSearch(codexVersion)) return false;
  const state = await probePort({ host, port });
  return state.kind === 'bridge' && state.health.search !== undefined;
}

interface FetchedCatalog {
  /** Model ids, the preferred one first; empty if the bridge has none. */
  readonly models: readonly string[];
  /** Absent if Codex fetches the catalog itself, there is nothing to write, or writing failed. */
  readonly file?: string;
  /** Why writing failed, in sentences. */
  readonly problem?: string;
}

/** The bridge may have to fetch the provider's list first, which can take seconds. */
const CATALOG_TIMEOUT_MS = 20_000;

async function fetchCatalog({ host, port, paths, codexVersion, token }: CodexLaunch): Promise<FetchedCatalog> {
  const query = codexVersion === undefined ? '' : `?client_version=${codexVersion}`;
  const answer = await getJson({ host, port, path: `/v1/models${query}`, token, timeoutMs: CATALOG_TIMEOUT_MS });
  const entries = (isRecord(answer) ? asArray(answer['models']) ?? [] : []).filter(isRecord);
  const models = entries.flatMap((entry) => asText(entry['slug']) ?? []);
  if (models.length === 0 || canFetchCatalog(codexVersion)) return { models };
  const file = catalogFileOf(paths.state, port);
  const unsafe = prepareStateFolder(paths.state);
  if (unsafe !== undefined) return { models, problem: unsafe };
  removeLink(file);
  const written = await writeCatalogFile(file, entries, true);
  return written.ok ? { models, file: written.path } : { models, problem: `${written.problem}.` };
}

/** What Codex sends as the key to a bridge that ignores it. */
const UNUSED_KEY = 'unused';

/**
 * Creates Codex's environment: without provider keys, which its child processes could read, with the bridge's token and
 * a value for `envKey`, and without a proxy for requests to the bridge.
 */
export function createCodexEnvironment(
  env: Environment, config: Config, token?: string, envKey?: string,
): Environment {
  const keyNames = (config.catalog ?? PROVIDERS).flatMap(({ keyEnv }) => keyEnv);
  const names = [...OPTIONS.aiApiKey.env, ...OPTIONS.searchKey.env, ...keyNames];
  const keys = new Set([config.aiApiKey, config.searchKey, ...names.map((name) => env[name]?.trim())].filter(isSet));
  // If the bridge uses its clients' keys, Codex must send the key (`env_key`).
  const sentKey = config.forceEnvAuth ? undefined : KEY_VARIABLE;
  const visible: Environment = Object.fromEntries(
    Object.entries(env).filter(([name, text = '']) => name === sentKey || !keys.has(text.trim())),
  );
  return bypassProxy({
    ...visible,
    ...(envKey !== undefined && !isSet(visible[envKey]) && { [envKey]: UNUSED_KEY }),
    ...(token !== undefined && { [TOKEN_VARIABLE]: token }),
  });
}

const PROXY_VARIABLES = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

/**
 * Keeps requests to this machine from going through a proxy. Codex uses the proxy even for 127.0.0.1, unless NO_PROXY
 * lists the address (reqwest, its HTTP client); `*` covers names but not addresses (measured with Codex 0.169).
 */
export function bypassProxy(env: Environment): Environment {
  if (!PROXY_VARIABLES.some((name) => env[name])) return env;
  const listed = env['NO_PROXY'] ?? env['no_proxy'] ?? '';
  const hosts = listed.split(',').map((host) => host.trim()).filter((host) => host !== '');
  const missing = ['127.0.0.1', 'localhost', '::1'].filter((host) => !hosts.includes(host));
  const all = [...hosts, ...missing].join(',');
  return { ...env, NO_PROXY: all, no_proxy: all };
}
