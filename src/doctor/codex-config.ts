/** Codex's config.toml as far as the bridge is concerned: which provider is in force, and whether that is the bridge. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnknownRecord } from '../base/json';
import { asRecord, asText } from '../base/narrow';
import { codeOf, messageOf } from '../base/thrown';
import { isBefore } from '../base/version';
import { PROVIDER_ID } from '../codex/config-toml';
import { parseToml } from '../codex/toml/parse-toml';
import { isLoopback, portOf, readUrl } from './address';
import type { Examination } from './examination';

export type CodexConfig =
  | { readonly kind: 'absent'; readonly path: string }
  | { readonly kind: 'unreadable'; readonly path: string; readonly problem: string }
  | BrokenConfig
  | ReadConfig;

/** A config.toml that is no TOML. */
export interface BrokenConfig {
  readonly kind: 'broken';
  readonly path: string;
  readonly problem: string;
  /** From 1, as the column. */
  readonly line: number;
  readonly column: number;
  /** The whole line. */
  readonly text: string;
}

/** A config.toml without mistakes of TOML. */
export interface ReadConfig {
  readonly kind: 'read';
  readonly path: string;
  /** The root keys, with those of the profile in force over them. */
  readonly root: UnknownRecord;
  /** `profile`, where the installed Codex follows it. */
  readonly profile: string | undefined;
  /** What stands in the file without its profile. */
  readonly table: {
    readonly providerId: string | undefined;
    readonly profiles: Readonly<Record<string, UnknownRecord>>;
  };
  /** The id that `model_provider` names. */
  readonly providerId: string | undefined;
  /** The table of that provider. */
  readonly provider: UnknownRecord | undefined;
  /** Whether that provider is the bridge. */
  readonly usesBridge: boolean;
  /** Ids of all providers in the file that are the bridge. */
  readonly bridgeIds: readonly string[];
  /** `openai_base_url` leads to the bridge. */
  readonly redirectsOpenai: boolean;
}

/** From this one on Codex refuses to start with `profile = …` in its file; 0.125 still follows it (measured). */
export const NO_PROFILES_SINCE = '0.146.0';

/** Reads the file in CODEX_HOME. Never rejects. */
export async function readCodexConfig(examination: Examination): Promise<CodexConfig> {
  const path = join(examination.places.codexHome, 'config.toml');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { kind: 'absent', path };
    return { kind: 'unreadable', path, problem: messageOf(error) };
  }
  const parsed = parseToml(text);
  if (!parsed.ok) {
    const { problem, line, column } = parsed;
    const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
    return { kind: 'broken', path, problem, line, column, text: lines[line - 1] ?? '' };
  }
  return describe(path, asRecord(parsed.value) ?? {}, examination);
}

async function describe(path: string, table: UnknownRecord, examination: Examination): Promise<ReadConfig> {
  const profile = await findProfile(table, examination);
  const profiles = readTables(table['profiles']);
  const root = { ...table, ...(profile === undefined ? {} : profiles[profile]) };
  const providers = readTables(root['model_providers']);
  const providerId = asText(root['model_provider']);
  const provider = providerId === undefined ? undefined : providers[providerId];
  const bridgeIds: string[] = [];
  for (const [id, row] of Object.entries(providers)) {
    if (id === PROVIDER_ID || await leadsToBridge(row['base_url'], examination)) bridgeIds.push(id);
  }
  return {
    kind: 'read', path, root, profile, providerId, provider, bridgeIds,
    table: { providerId: asText(table['model_provider']), profiles },
    usesBridge: providerId !== undefined && bridgeIds.includes(providerId),
    redirectsOpenai: await leadsToBridge(root['openai_base_url'], examination),
  };
}

function readTables(value: unknown): Readonly<Record<string, UnknownRecord>> {
  const entries = Object.entries(asRecord(value) ?? {}).map(([name, inner]) => [name, asRecord(inner)] as const);
  return Object.fromEntries(entries.flatMap(([name, inner]) => (inner ? [[name, inner] as const] : [])));
}

async function findProfile(table: UnknownRecord, { findCodex }: Examination): Promise<string | undefined> {
  const profile = asText(table['profile']);
  if (profile === undefined) return undefined;
  const codex = await findCodex();
  const version = codex.kind === 'found' ? codex.version : undefined;
  return version !== undefined && isBefore(version, NO_PROFILES_SINCE) ? profile : undefined;
}

/** An address on this machine with the port of the bridge, or one where a bridge answers. */
async function leadsToBridge(address: unknown, { setup, askPort }: Examination): Promise<boolean> {
  const url = readUrl(address);
  if (!url || !isLoopback(url.hostname)) return false;
  const port = portOf(url);
  return port === setup?.config.port || (await askPort(port)).kind === 'bridge';
}
