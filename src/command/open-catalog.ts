/** The model catalog of a configuration, for the commands that show or write it. */
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

/** What goes wrong while the provider is asked for its list is told on standard error. */
export function openCatalog(config: Config, io: CommandIo): OpenCatalog {
  const provider = findProvider(config.provider, config.aiBaseUrl);
  const log = createLogger({
    level: config.logLevel,
    format: config.logFormat,
    write: (line) => io.error(line),
    secrets: config.aiApiKey === undefined ? [] : [config.aiApiKey],
  });
  return { catalog: createModelCatalog(config, provider, log), provider };
}

/** What to do when there is no model to write down. */
export const NO_MODEL = 'no model is known. Name one with --default-model, or ask the provider with --discover-models';
