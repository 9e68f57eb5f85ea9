/** A runner of OpenAI Agents, pointed at the bridge of a scenario. */
import { OpenAIProvider, Runner } from '@openai/agents';
import OpenAI from 'openai';
import type { SdkScenario } from '../support/sdk-scenario';

/** Traces would go to OpenAI: they are off. */
export function createRunner({ baseURL, apiKey, fetch, model }: SdkScenario): Runner {
  const openAIClient = new OpenAI({ baseURL, apiKey, fetch, maxRetries: 0 });
  return new Runner({
    model,
    modelProvider: new OpenAIProvider({ openAIClient, useResponses: true }),
    tracingDisabled: true,
  });
}
