/** Defines a row of provider behavior, and the defaults that the rows extend. */
import type { AnswerStyle } from '../upstream/answer-styles';
import { OPENAI_BODY } from './bodies';
import { BASE_BEHAVIOR } from './behavior';
import type { Behavior } from './rule';
import type { StrictRuleName } from './rules';

/** The behavior of a provider, including the form of its answers. */
export interface ProviderBehavior extends Behavior {
  readonly says: Partial<Readonly<Record<StrictRuleName, Behavior['says'][string]>>>;
  /** The form of the answers to a request. Default: that of the column. */
  readonly answers?: (body: Readonly<Record<string, unknown>>) => AnswerStyle;
}

/** Top-level fields that every host is assumed to accept; this is not verified for all of them. */
export const CORE = [
  'model', 'messages', 'stream', 'stream_options', 'tools', 'tool_choice', 'max_tokens', 'temperature', 'top_p',
  'presence_penalty', 'frequency_penalty', 'n', 'seed', 'stop', 'logprobs', 'top_logprobs', 'response_format',
] as const;

/** The core fields and OpenAI fields that servers of open models also accept (inferred). */
export const OPEN = [...CORE, 'max_completion_tokens', 'parallel_tool_calls', 'user', 'logit_bias'] as const;

/**
 * Defines a maker's API: it accepts no `developer` role (table b, quirk 1), only documented fields, and text only as
 * strings (quirk 3).
 */
export const maker = (
  row: Partial<ProviderBehavior> & Pick<ProviderBehavior, 'name' | 'fields' | 'says' | 'models'>,
): ProviderBehavior => ({
  ...BASE_BEHAVIOR.openai,
  roles: ['system', 'user', 'assistant', 'tool'],
  partTypes: ['text', 'image_url', 'video_url', 'input_audio'],
  functionFields: ['name', 'description', 'parameters'],
  formats: ['text', 'json_object'],
  efforts: [],
  errorBody: OPENAI_BODY,
  ...row,
});

/** Defines a server of open models: OpenAI's behavior, except for what `row` overrides. */
export const server = (
  row: Partial<ProviderBehavior> & Pick<ProviderBehavior, 'name' | 'fields'>,
): ProviderBehavior => ({
  ...BASE_BEHAVIOR.openai,
  models: [{ names: /^/, thinks: 'on' }],
  says: {},
  ...row,
});
