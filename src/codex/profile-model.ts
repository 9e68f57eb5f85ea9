/** Reads the model of the profile that Codex's arguments select. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asText } from '../base/json';
import { parseToml } from './toml/parse-toml';
import { isTomlTable, type TomlTable } from './toml/value';

/**
 * Returns the model that the profile sets: in NAME.config.toml (Codex 0.146 and later), or in [profiles.NAME] of
 * `config`, a parsed config.toml. `undefined` if no profile is selected, or it sets no model.
 */
export async function readProfileModel(
  args: readonly string[], codexHome: string, config: TomlTable,
): Promise<string | undefined> {
  const name = findProfile(args);
  if (name === undefined) return undefined;
  const file = parseToml(await readFile(join(codexHome, `${name}.config.toml`), 'utf8').catch(() => ''));
  const table = isTomlTable(config['profiles']) ? config['profiles'][name] : undefined;
  const inFile = file.ok ? asText(file.value['model']) : undefined;
  return inFile ?? (isTomlTable(table) ? asText(table['model']) : undefined);
}

/** Returns the name after the last `-p` or `--profile`. */
function findProfile(args: readonly string[]): string | undefined {
  const end = args.indexOf('--');
  const flags = end < 0 ? args : args.slice(0, end);
  const names = flags.flatMap((arg, index) => {
    if (arg === '-p' || arg === '--profile') return flags[index + 1] ?? [];
    return /^(?:--profile=|-p=?)([^-].*)$/s.exec(arg)?.[1] ?? [];
  });
  return names.at(-1);
}
