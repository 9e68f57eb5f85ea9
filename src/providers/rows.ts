/** Words that many rows share. */
import type { Model } from './provider';

/** Input of a model that reads. */
export const TEXT: Model['input'] = ['text'];

/** Input of a model that also sees. */
export const SIGHT: Model['input'] = ['text', 'image'];

/** Efforts of a model that thinks or does not. */
export const TOGGLE = ['none', 'high'] as const;

/** The effort of a model that always thinks. */
export const ALWAYS = ['high'] as const;

/** Efforts of a hybrid whose thinking can have a budget. */
export const GRADED = ['none', 'low', 'medium', 'high'] as const;

/** Stands in for reasoning that was not kept (upstreams.md, section 3, advice: DeepSeek, MiMo and Kimi only). */
export const NO_REASONING = '(reasoning not kept)';

/** Fields of OpenAI that no vendor's parameter list has (upstreams.md, quirk 22: only what is known is sent). */
export const VENDOR = { user: false, logitBias: false } as const;

/**
 * A model that reads text and has no reasoning control, unless `rest` says otherwise.
 *
 * @param contextWindow tokens
 * @param maxOutput tokens
 */
export function model(
  id: string,
  name: string,
  contextWindow: number,
  maxOutput: number,
  rest: Partial<Model> & Pick<Model, 'evidence'>,
): Model {
  return { id, name, contextWindow, maxOutput, input: TEXT, efforts: [], ...rest };
}
