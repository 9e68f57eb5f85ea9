/** Translates requests with the production code, from JSON bodies to the chat request and its notes. */
import { DEFAULT_DIALECT, type Dialect } from '../../../src/providers/dialect';
import type { ToolSet } from '../../../src/tools/tool-set';
import { translateRequest, type TranslateOptions } from '../../../src/translate/request';
import { readChatRequest } from '../../../src/wire/read-chat-request';
import { readResponsesRequest } from '../../../src/wire/read-responses';
import type { ChatRequest } from '../../../src/wire/chat';

export interface Translation {
  readonly chat: ChatRequest;
  readonly tools: ToolSet;
  readonly notes: readonly string[];
}

export interface TranslationOptions extends Partial<Omit<TranslateOptions, 'dialect'>> {
  readonly dialect?: Partial<Dialect>;
}

/** Translates a Responses body. Defaults: the bridge's settings and the neutral dialect. */
export function translate(body: object, options: TranslationOptions = {}): Translation {
  const notes = new Set<string>();
  const translated = translateRequest(readResponsesRequest({ input: 'Hi', ...body }), withDefaults(options), notes);
  return { ...translated, notes: [...notes] };
}

/** Translates a Chat Completions body, with the same defaults. */
export function translateChat(body: object, options: TranslationOptions = {}): Translation {
  const notes = new Set<string>();
  const translated = translateRequest(readChatRequest(body).request, withDefaults(options), notes);
  return { ...translated, notes: [...notes] };
}

function withDefaults({ dialect, ...options }: TranslationOptions): TranslateOptions {
  return {
    model: 'm', tools: 'auto', system: true, forwardReasoning: false, multipleCalls: true, webSearch: false,
    ...options,
    dialect: { ...DEFAULT_DIALECT, ...dialect },
  };
}
