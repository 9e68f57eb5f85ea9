/** Reloads the user's providers file in a running bridge: each turn uses the latest rows. */
import type { LogFields } from '../observe/log';
import { readProvidersFile, versionOf } from '../command/read-providers-file';
import type { Config } from '../config/options';
import { addProviderValues } from '../config/provider-values';
import { resolveConfig, type ValueSources } from '../config/resolve';

interface WatchOptions {
  /** What the first configuration was resolved from; the environment is not read again. */
  readonly given: ValueSources;
  readonly path: string;
  /** Whether the file did not exist when the bridge started. */
  readonly isNew?: boolean;
  readonly config: Config;
  readonly info: (message: string, fields: LogFields) => void;
  readonly warn: (message: string, fields: LogFields) => void;
}

/**
 * Returns a function that returns the configuration with the file's current rows. It reads the file only if its times,
 * size or inode have changed. Address, key and headers come from a single read, so they always belong together. An
 * invalid or missing file changes nothing and is reported once.
 */
export function watchProviders({ given, path, isNew = false, config, info, warn }: WatchOptions): () => Config {
  let current = config;
  // The file may have changed since the start: the first turn reads it again.
  let seen = isNew ? '' : undefined;
  return () => {
    const version = versionOf(path);
    if (version === seen) return current;
    const isFirst = seen === undefined;
    seen = version;
    const read = readProvidersFile(path, given.env);
    const { flags, env, findOrigin } = given;
    const resolved = read.ok ? addProviderValues(resolveConfig(flags, env, findOrigin), given, read.rows) : read;
    if (resolved.ok) {
      current = resolved.config;
      if (!isFirst) info('the providers file was reloaded', { path });
    } else warn('the providers file is invalid; the previous rows stay in use', { path, errors: resolved.errors });
    return current;
  };
}
