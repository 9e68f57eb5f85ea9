/** Settings of Codex that beat those of setup: profiles. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseToml } from '../codex/toml/parse-toml';
import { isTomlTable, type TomlTable, type TomlValue } from '../codex/toml/value';
import { readIfThere } from '../command/edit-file';

const KEYS = ['model_provider', 'model', 'model_catalog_json'] as const;

/** A note for each profile that has a word in the matter: those in `text`, a config.toml, and the files beside it. */
export async function findProfileOverrides(text: string, codexHome: string): Promise<readonly string[]> {
  const config = parseToml(text);
  return [...(config.ok ? listProfiles(config.value) : []), ...(await listProfileFiles(codexHome))];
}

/** Codex follows `profile = …` until 0.125, and refuses it from 0.146 on (measured). */
function listProfiles({ profile, profiles }: TomlTable): readonly string[] {
  if (!isTomlTable(profiles)) return [];
  return Object.entries(profiles).flatMap(([name, table]) => {
    const keys = listKeys(table);
    if (keys.length === 0) return [];
    const chosen = `config.toml chooses it with profile = "${name}", which Codex from 0.146 on refuses`;
    const when = name === profile ? chosen : inForce(name);
    return [`The profile "${name}" sets ${keys.join(' and ')} and wins over setup; ${when}.`];
  });
}

/** Where Codex from 0.146 on looks for `--profile NAME`. */
async function listProfileFiles(codexHome: string): Promise<readonly string[]> {
  const names = await readdir(codexHome).catch(() => []);
  const notes = names.filter((name) => /^.+\.config\.toml$/.test(name)).sort().map(async (name) => {
    const bytes = await readIfThere(join(codexHome, name)).catch(() => undefined);
    const parsed = parseToml(bytes?.toString() ?? '');
    const keys = parsed.ok ? listKeys(parsed.value) : [];
    if (keys.length === 0) return [];
    const when = inForce(name.slice(0, -'.config.toml'.length));
    return [`The profile file ${name} sets ${keys.join(' and ')} and wins over setup; ${when}.`];
  });
  return (await Promise.all(notes)).flat();
}

const inForce = (profile: string): string => `in force with codex --profile ${profile}`;

const listKeys = (table: TomlValue | undefined): readonly string[] =>
  isTomlTable(table) ? KEYS.filter((key) => table[key] !== undefined) : [];
