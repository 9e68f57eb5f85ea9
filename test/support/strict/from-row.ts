/** Derives the behavior of a provider without a row here: it accepts only what its catalog row describes. */
import { resolveModel } from '../../../src/providers/catalog';
import type { Dialect, ThinkingControl } from '../../../src/providers/dialect';
import type { Provider } from '../../../src/providers/provider';
import { OPENROUTER, PLAIN, REASONING, type AnswerStyle } from '../upstream/answer-styles';
import { CORE, maker, type ProviderBehavior } from './provider';
import type { ChoiceKind, StrictModel } from './rule';

/** The top-level fields that each kind of thinking control sends. */
const CONTROL_FIELDS: { readonly [K in ThinkingControl['kind']]: readonly string[] } = {
  none: [],
  effort: ['reasoning_effort'],
  enable_thinking: ['enable_thinking', 'thinking_budget', 'reasoning_effort'],
  thinking: ['thinking', 'reasoning_effort'],
  chat_template: ['chat_template_kwargs'],
  reasoning: ['reasoning'],
};

const CHOICES: { readonly [K in Dialect['toolChoice']]: readonly ChoiceKind[] } = {
  any: ['none', 'auto', 'required', 'named'],
  'auto-only': ['none', 'auto'],
  omit: [],
};

/** The form of answers, by the field in which reasoning is sent back. */
const STYLES: { readonly [K in Dialect['reasoningReplay']]: AnswerStyle } = {
  none: PLAIN, items: PLAIN, think: PLAIN, reasoning_content: PLAIN,
  reasoning: REASONING, reasoning_details: OPENROUTER,
};

/** Derives the behavior from a catalog row, until the real rejections are known and there is a row here. */
export function behaviorOfRow(provider: Provider): ProviderBehavior {
  const { dialect } = resolveModel(provider, undefined, undefined);
  const dialects = [dialect, ...provider.models.map(({ id }) => resolveModel(provider, id, undefined).dialect)];
  const controls = dialects.map(({ thinking }) => thinking);
  return maker({
    name: provider.name,
    fields: [...new Set([...CORE, ...dialects.flatMap(fieldsOf)])],
    functionFields: ['name', 'description', 'parameters', ...(dialect.strictTools ? ['strict'] : [])],
    choices: CHOICES[dialect.toolChoice],
    formats: formatsOf(dialect),
    limit: dialect.maxTokensField,
    efforts: [...new Set(controls.flatMap((control) => ('levels' in control && control.levels) || []))],
    thinking: {
      types: [...new Set(controls.flatMap((control) => (control.kind === 'thinking' ? [control.on, 'disabled'] : [])))],
      alongside: controls.flatMap((control) => (control.kind === 'thinking' ? Object.keys(control.extra ?? {}) : [])),
    },
    assistantFields: ['reasoning_content', 'reasoning', 'reasoning_details'],
    models: [...provider.models.map(({ id }) => modelOf(provider, id)), { names: /^/, thinks: 'on' }],
    says: {},
    answers: () => STYLES[dialect.reasoningReplay],
  });
}

function fieldsOf(dialect: Dialect): readonly string[] {
  const { thinking, user, logitBias, parallelToolCalls, preserveThinking, reasoningSplit, toolStream } = dialect;
  const switches = {
    user, logit_bias: logitBias, parallel_tool_calls: parallelToolCalls, preserve_thinking: preserveThinking,
    reasoning_split: reasoningSplit, tool_stream: toolStream, prompt_cache_key: dialect.promptCacheKey,
  };
  const on = Object.entries(switches).filter(([, isOn]) => isOn).map(([field]) => field);
  return [...CONTROL_FIELDS[thinking.kind], ...on, dialect.maxTokensField];
}

function formatsOf({ responseFormat }: Dialect): readonly string[] {
  if (responseFormat === 'prompt') return ['text'];
  return responseFormat === 'json_object' ? ['text', 'json_object'] : ['text', 'json_object', 'json_schema'];
}

function modelOf(provider: Provider, id: string): StrictModel {
  const { dialect, model } = resolveModel(provider, id, undefined);
  const { thinking } = dialect;
  return {
    names: new RegExp(`^${id.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`, 'i'),
    thinks: 'fixed' in thinking && thinking.fixed ? 'always' : 'on',
    ...(model && { maxTokens: model.maxOutput }),
    ...(dialect.images ? {} : { textOnly: true }),
  };
}
