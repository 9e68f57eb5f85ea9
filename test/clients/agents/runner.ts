/** Creates an OpenAI Agents runner that uses the bridge of a scenario. */
import { OpenAIProvider, Runner } from '@openai/agents';
import OpenAI from 'openai';
import type { SdkScenario } from '../support/sdk-scenario';

/** Tracing is off, because traces would be sent to OpenAI. */
export function createRunner({ baseURL, apiKey, fetch, model }: SdkScenario): Runner {
  const openAIClient = new OpenAI({ baseURL, apiKey, fetch, maxRetries: 0 });
  return new Runner({
    model,
    modelProvider: new OpenAIProvider({ openAIClient, useResponses: true }),
    tracingDisabled: true,
  });
}
