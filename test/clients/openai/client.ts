/** Creates a client of the openai library for the bridge of a scenario. */
import OpenAI from 'openai';
import type { SdkScenario } from '../support/sdk-scenario';

/** Creates a client that never retries by itself, because the upstream's script counts requests. */
export function createOpenAi({ baseURL, apiKey, fetch }: SdkScenario): OpenAI {
  return new OpenAI({ baseURL, apiKey, fetch, maxRetries: 0 });
}

/** A function tool in the form that the library sends. */
export const READ_FILE = {
  type: 'function',
  name: 'Read_File',
  description: 'Reads a file.',
  strict: true,
  parameters: {
    type: 'object', properties: { path: { type: 'string' } }, required: ['path'], additionalProperties: false,
  },
} as const;
