/** Where a provider's own Responses endpoint is, if it has one for the model. */
import type { Provider } from './provider';

/**
 * @param baseUrl the user's base URL, which decides the host
 * @param model the id that goes upstream
 * @returns the base URL in front of `/responses`; undefined when the model must be asked over Chat Completions
 */
export function nativeBaseUrl({ responses }: Provider, baseUrl: string, model: string): string | undefined {
  if (!responses || (responses.models && !responses.models.includes(model))) return undefined;
  return responses.basePath === undefined ? baseUrl : new URL(baseUrl).origin + responses.basePath;
}
