/** Opens the model catalog of a configuration, for the commands that show or write it. */
import { createModelCatalog, type ModelCatalog } from '../bridge/models';
import type { Config } from '../config/options';
import { createLogger } from '../observe/log';
import { findProvider } from '../providers/catalog';
import type { Provider } from '../providers/provider';
import type { CommandIo } from './command';

export interface OpenCatalog {
  readonly catalog: ModelCatalog;
  readonly provider: Provider;
}

/** Opens the catalog; errors while fetching the provider's list are logged to standard error. */
export function openCatalog(config: Config, io: Pick<CommandIo, 'error'>): OpenCatalog {
  const provider = findProvider(config.provider, config.aiBaseUrl, config.catalog);
  const log = createLogger({
    level: config.logLevel,
    format: config.logFormat,
    write: (line) => io.error(line),
    secrets: config.aiApiKey === undefined ? [] : [config.aiApiKey],
  });
  return { catalog: createModelCatalog(config, provider, log), provider };
}

/** Ends a message about a catalog that would be empty. */
export const NO_MODEL = 'no model is known, and the provider lists none. Choose one with --default-model';
