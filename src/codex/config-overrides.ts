/** Finds what overrides config.toml: profiles, and the files of projects that the user trusts. */
import { renderList } from '../base/quantities';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '../command/edit-file';
import { parseToml } from './toml/parse-toml';
import { isTomlTable, type TomlTable, type TomlValue } from './toml/value';

/** The keys written by setup that another file can override. */
const KEYS = ['model_provider', 'model', 'model_catalog_json'] as const;

/** Returns a message for each file or profile that overrides what setup writes into `text`, a config.toml. */
export async function findConfigOverrides(text: string, codexHome: string): Promise<readonly string[]> {
  const parsed = parseToml(text);
  const config = parsed.ok ? parsed.value : {};
  const files = [...(await describeProfileFiles(codexHome)), ...(await describeProjectFiles(config))];
  return [...describeProfileTables(config), ...files];
}

/** Codex 0.146 and later reject `--profile NAME` while `[profiles.NAME]` exists; 0.125 applies it (measured). */
function describeProfileTables({ profiles }: TomlTable): readonly string[] {
  if (!isTomlTable(profiles)) return [];
  return Object.entries(profiles).flatMap(([name, table]) => {
    const keys = renderKeys(table);
    if (keys === '') return [];
    const file = `${name}.config.toml`;
    return [`[profiles.${name}] sets ${keys}. Codex 0.146 and later reject --profile ${name} while this table exists; `
      + `move its keys to ${file} next to config.toml.`];
  });
}

/** Describes the files that Codex 0.146 and later read for `--profile NAME`. */
async function describeProfileFiles(codexHome: string): Promise<readonly string[]> {
  const names = await readdir(codexHome).catch(() => []);
  const notes = names.filter((name) => /^.+\.config\.toml$/.test(name)).sort().map(async (name) => {
    const keys = await readKeys(join(codexHome, name));
    const profile = name.slice(0, -'.config.toml'.length);
    return keys === '' ? [] : [`${name} sets ${keys}, which overrides setup in: codex --profile ${profile}`];
  });
  return (await Promise.all(notes)).flat();
}

/** The `.codex/config.toml` of a trusted project overrides config.toml, but cannot define providers. */
async function describeProjectFiles({ projects }: TomlTable): Promise<readonly string[]> {
  if (!isTomlTable(projects)) return [];
  const trusted = Object.entries(projects).filter(([, row]) => isTomlTable(row) && row['trust_level'] === 'trusted');
  const notes = trusted.map(async ([folder]) => {
    const path = join(folder, '.codex', 'config.toml');
    const keys = await readKeys(path);
    return keys === '' ? [] : [`${path} sets ${keys}, which overrides setup in that project.`];
  });
  return (await Promise.all(notes)).flat();
}

async function readKeys(path: string): Promise<string> {
  const bytes = await readIfThere(path).catch(() => undefined);
  const parsed = parseToml(bytes?.toString() ?? '');
  return parsed.ok ? renderKeys(parsed.value) : '';
}

/** Renders the names of the keys that `table` sets; empty if it sets none. */
const renderKeys = (table: TomlValue | undefined): string =>
  isTomlTable(table) ? renderList(KEYS.filter((key) => table[key] !== undefined), 'and') : '';
