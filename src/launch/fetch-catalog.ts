/** The models that a running bridge offers, as a file for Codex. */
import { join } from 'node:path';
import { isRecord } from '../base/json';
import { asArray, asText } from '../base/narrow';
import { writeCatalogFile } from '../codex/catalog-file';
import { getJson } from '../instance/get-json';
import type { Paths } from '../command/paths';

export interface Catalog {
  /** Ids, the preferred one first; empty when the bridge knows none. */
  readonly models: readonly string[];
  /** Absent when there is nothing to write, and when it could not be written. */
  readonly file?: string;
  readonly problem?: string;
}

export interface CatalogQuestion {
  /** Of the bridge. */
  readonly host: string;
  readonly port: number;
  readonly places: Paths;
  /** Leaves out what this Codex cannot read. */
  readonly codexVersion: string | undefined;
}

/** A bridge that asks its provider for the list first may need some seconds. */
const PATIENCE_MS = 20_000;

/** Asks the bridge itself, so that a running one with another configuration is described as it is. */
export async function fetchCatalog({ host, port, places, codexVersion }: CatalogQuestion): Promise<Catalog> {
  const query = codexVersion === undefined ? '' : `?client_version=${codexVersion}`;
  const answer = await getJson({ host, port, path: `/v1/models${query}`, timeoutMs: PATIENCE_MS });
  const entries = (isRecord(answer) ? asArray(answer['models']) ?? [] : []).filter(isRecord);
  const models = entries.flatMap((entry) => asText(entry['slug']) ?? []);
  if (models.length === 0) return { models };
  const written = await writeCatalogFile(join(places.state, `models-${port}.json`), entries, true);
  return written.ok ? { models, file: written.path } : { models, problem: written.problem };
}
