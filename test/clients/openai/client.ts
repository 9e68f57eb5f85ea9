/** The openai library, pointed at the bridge of a scenario. */
import OpenAI from 'openai';
import type { SdkScenario } from '../support/sdk-scenario';

/** A client that never retries by itself: the script of the upstream counts requests. */
export function createOpenAi({ baseURL, apiKey, fetch }: SdkScenario): OpenAI {
  return new OpenAI({ baseURL, apiKey, fetch, maxRetries: 0 });
}

/** A function tool as the library declares it. */
export const READ_FILE = {
  type: 'function',
  name: 'Read_File',
  description: 'Reads a file.',
  strict: true,
  parameters: {
    type: 'object', properties: { path: { type: 'string' } }, required: ['path'], additionalProperties: false,
  },
} as const;
