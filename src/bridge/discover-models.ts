/** Asks the provider for its own list of models. A provider without one costs a note in the log, never an error. */
import { messageOf } from '../base/thrown';
import type { Logger } from '../observe/log';
import { readDiscovered, type DiscoveredModel } from '../providers/discovered-models';
import { fetchJson } from '../upstream/fetch-json';
import { upstreamHeaders } from './upstream-call';
import type { ProviderSettings } from './settings';

/** Shorter than the ten seconds for which a starting Codex waits for GET /models (codex-protocol.md, section 6). */
const TIMEOUT_MS = 4_000;

/** The longest lists, of hosts with hundreds of models, have about a megabyte. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * GET {base}/models with the key of the environment.
 *
 * @returns the models that Codex can use; none when there is no list, or no way to it
 */
export async function discoverModels(
  settings: ProviderSettings,
  log: Logger,
  timeoutMs = TIMEOUT_MS,
): Promise<readonly DiscoveredModel[]> {
  const url = `${settings.aiBaseUrl}/models`;
  const headers = { ...upstreamHeaders({}, settings), accept: 'application/json' };
  try {
    const found = readDiscovered(await fetchJson({ url, headers, timeoutMs, maxBytes: MAX_BYTES }));
    if (found) return found;
    log.info('the model catalog stays as it is: what the provider sent is no list of models', { url });
  } catch (error) {
    const reason = messageOf(error);
    log.info('the model catalog stays as it is: the provider gave no list of models', { url, reason });
  }
  return [];
}
