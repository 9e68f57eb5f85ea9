/** Creates LangChain's ChatOpenAI in Responses mode with the bridge of a scenario. */
import { ChatOpenAI } from '@langchain/openai';
import type { SdkScenario } from '../support/sdk-scenario';

export function createModel({ baseURL, apiKey, fetch, model }: SdkScenario, fields: object = {}): ChatOpenAI {
  return new ChatOpenAI({
    model,
    apiKey,
    maxRetries: 0,
    useResponsesApi: true,
    configuration: { baseURL, fetch },
    ...fields,
  });
}
