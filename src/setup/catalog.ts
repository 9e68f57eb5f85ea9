/** The model catalog beside config.toml of Codex. */
import { isDeepStrictEqual } from 'node:util';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readCatalogFile, writeCatalogFile } from '../codex/catalog-file';
import type { CodexModel } from '../providers/codex-models';
import { explainFailure } from '../command/edit-file';
import type { Failure } from './config-file';

const FILE = 'aliyun-codex-bridge-models.json';

const MOVE = 'Move it away, then run this again.';

export interface Catalog {
  readonly ok: true;
  readonly path: string;
  readonly state: 'missing' | 'current' | 'stale';
}

/** Where the catalog is, and whether it says what `models` say. */
export async function checkCatalog(codexHome: string, models: readonly CodexModel[]): Promise<Catalog | Failure> {
  const path = join(codexHome, FILE);
  try {
    const found = await readCatalogFile(path);
    if (found === 'foreign') {
      return { ok: false, problem: `Cannot write ${path}: it holds something that the bridge did not write. ${MOVE}` };
    }
    if (found === 'absent') return { ok: true, path, state: 'missing' };
    // The file holds what JSON can say, without the fields that are undefined.
    return {
      ok: true,
      path,
      state: isDeepStrictEqual(found, JSON.parse(JSON.stringify(models))) ? 'current' : 'stale',
    };
  } catch (error) {
    return { ok: false, problem: `Cannot read ${path}: ${explainFailure(error)}. ${MOVE}` };
  }
}

/** @throws when it cannot be written */
export async function writeCatalog({ path }: Catalog, models: readonly CodexModel[]): Promise<void> {
  const written = await writeCatalogFile(path, models, false);
  if (!written.ok) throw new Error(`the model catalog ${path} cannot be written (${written.problem})`);
}

/** Removes the catalog, if it is the bridge's and `config` does not name it. @returns its path when it was there */
export async function removeCatalog(codexHome: string, config: string): Promise<string | undefined> {
  const path = join(codexHome, FILE);
  const found = await readCatalogFile(path).catch(() => 'foreign' as const);
  if (typeof found === 'string' || config.includes(FILE)) return undefined;
  await rm(path, { force: true });
  return path;
}
