/** Creates the AI SDK's OpenAI provider, which uses the Responses API, with the bridge of a scenario. */
import { createOpenAI } from '@ai-sdk/openai';
import type { LanguageModel } from 'ai';
import type { SdkScenario } from '../support/sdk-scenario';

export function createModel({ baseURL, apiKey, fetch, model }: SdkScenario): LanguageModel {
  return createOpenAI({ baseURL, apiKey, fetch })(model);
}
