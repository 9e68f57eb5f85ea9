/** Writes and removes the profile with which Codex resumes the bridge's threads after undo. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asRecord, asText, isRecord } from '../base/json';
import { PRIVATE, readIfThere, replaceUserFile } from '../command/edit-file';
import { findConfigFlaws, renderProfileOverrides } from './config-flaws';
import { listProviders } from './config-meaning';
import { FEATURES_KEY, PROVIDER_ID, renderBlock } from './config-toml';
import { parseToml } from './toml/parse-toml';

const PROFILE = 'aliyun-codex-bridge';

/** Codex 0.146 and later read the profile NAME from NAME.config.toml, on top of config.toml (measured with 0.171). */
const profileFileOf = (codexHome: string): string => join(codexHome, `${PROFILE}.config.toml`);

/** The command that resumes a thread with the profile. */
export const RESUME_COMMAND = `codex resume --profile ${PROFILE}`;

const HEAD = `# Written by aliyun-codex-bridge setup --undo, for: ${RESUME_COMMAND}\n`;

export interface ResumeProfile {
  /** The text of config.toml before undo, which has the bridge's settings. */
  readonly before: string;
  /** The text after undo: Codex rejects some settings that setup had commented out, so the profile overrides them. */
  readonly after: string;
  /** Used if `before` has no URL of the bridge. */
  readonly baseUrl: string;
}

/**
 * Writes the bridge's settings as a profile.
 *
 * @returns its path; undefined if a file of that name was kept, because the bridge did not write it
 */
export async function writeResumeProfile(
  codexHome: string, { before, after, baseUrl }: ResumeProfile,
): Promise<string | undefined> {
  const parsed = parseToml(before);
  const found = parsed.ok ? parsed.value : {};
  const provider = listProviders(found)[PROVIDER_ID];
  const table = asRecord(provider) ?? {};
  const envKey = asText(table['env_key']);
  const headers = Object.entries(asRecord(table['env_http_headers']) ?? {});
  const block = renderBlock({
    model: asText(found['model']),
    catalogFile: undefined,
    catalogUrl: asText(table['model_catalog_url']),
    baseUrl: asText(table['base_url']) ?? baseUrl,
    webSearch: table['supports_standalone_web_search'] === true && isRecord(found[FEATURES_KEY]),
    ...(envKey !== undefined && { envKey }),
    envHeaders: Object.fromEntries(headers.map(([name, value]) => [name, asText(value) ?? ''])),
  });
  const restored = parseToml(after);
  const { keys, tables } = renderProfileOverrides(restored.ok ? findConfigFlaws(restored) : []);
  const path = profileFileOf(codexHome);
  const text = `${HEAD}${keys}${block}${tables}`;
  if (await isOwn(path) === false) return undefined;
  await replaceUserFile(path, Buffer.from(text), PRIVATE);
  return path;
}

/** Removes the profile if the bridge wrote it. @returns the path of the removed file */
export async function removeResumeProfile(codexHome: string): Promise<string | undefined> {
  const path = profileFileOf(codexHome);
  if (await isOwn(path) !== true) return undefined;
  await rm(path, { force: true });
  return path;
}

/** Whether the bridge wrote the file; undefined if the file does not exist. */
async function isOwn(path: string): Promise<boolean | undefined> {
  return (await readIfThere(path).catch(() => Buffer.of()))?.toString().startsWith(HEAD);
}
