/** Strict rules of single models and providers: thinking, and what it excludes. Their messages are in the rows. */
import { asRecord, asString, type UnknownRecord } from '../../../src/base/json';
import { first, plain, type Fault, type CheckedRequest, type StrictRule } from './rule';
import { schemaFault } from './schemas';

/** Whether the model thinks for this request: as requested, or else by default. */
export function isThinking({ body, model }: CheckedRequest): boolean {
  if (model.thinks === 'always' || model.thinks === 'never') return model.thinks === 'always';
  return requestedThinking(body) ?? model.thinks === 'on';
}

function requestedThinking(body: UnknownRecord): boolean | undefined {
  const type = asString(asRecord(body['thinking'])?.['type']);
  if (type !== undefined) return type !== 'disabled';
  const effort = asString(body['reasoning_effort']) ?? asString(asRecord(body['reasoning'])?.['effort']);
  const flags = [
    body['enable_thinking'],
    asRecord(body['chat_template_kwargs'])?.['enable_thinking'],
    effort && effort !== 'none',
  ];
  return flags.find((flag) => typeof flag === 'boolean') as boolean | undefined;
}

/** Finds a field that the host accepts and the model does not. */
function modelField({ body, model }: CheckedRequest): Fault | undefined {
  return first(model.lacks ?? [], (param) => (param in body ? { param } : undefined));
}

function thinkingShape({ body, behavior }: CheckedRequest): Fault | undefined {
  const { types, alongside } = behavior.thinking;
  return first(Object.entries(asRecord(body['thinking']) ?? {}), ([name, value]) => {
    const isFine = name === 'type' ? types.includes(plain(value)) : alongside.includes(name);
    return isFine ? undefined : { param: `thinking.${name}`, value: plain(value), known: types.join(', ') };
  });
}

function fixedThinking({ body, model }: CheckedRequest): Fault | undefined {
  if (model.thinks !== 'always') return undefined;
  if (body['enable_thinking'] === false) return { param: 'enable_thinking' };
  return asRecord(body['thinking'])?.['type'] === 'disabled' ? { param: 'thinking.type' } : undefined;
}

function budget({ body, model }: CheckedRequest): Fault | undefined {
  const value = body['thinking_budget'];
  if (typeof value !== 'number' || model.maxBudget === undefined || value <= model.maxBudget) return undefined;
  return { param: 'thinking_budget', maximum: String(model.maxBudget) };
}

function lockedTemperature(request: CheckedRequest): Fault | undefined {
  const { body, model } = request;
  const only = model.temperature?.[isThinking(request) ? 'thinking' : 'plain'];
  const value = body['temperature'];
  return only === undefined || value === undefined || value === only
    ? undefined
    : { param: 'temperature', only: String(only) };
}

/** The empty string counts as reasoning, a missing field does not (upstreams.md, section 3). */
function missingReasoning(request: CheckedRequest): Fault | undefined {
  const { replay } = request.model;
  if (replay === undefined || !isThinking(request)) return undefined;
  return first(request.messages, (message, index) => {
    const isRequired = message['role'] === 'assistant' && (replay.on === 'answers' || 'tool_calls' in message);
    if (!isRequired || request.behavior.assistantFields.some((field) => field in message)) return undefined;
    return { param: `messages[${index}].reasoning_content`, text: replay.text.replace('{index}', String(index)) };
  });
}

/** The rules of single models. They have no message of their own: a rule applies if the row has one. */
export const MODEL_RULES = [
  { name: 'model-field', check: modelField },
  { name: 'thinking-shape', check: thinkingShape },
  { name: 'fixed-thinking', check: fixedThinking },
  { name: 'budget-range', check: budget },
  { name: 'locked-temperature', check: lockedTemperature },
  { name: 'missing-reasoning', check: missingReasoning },
  { name: 'tool-schema', check: schemaFault },
] as const satisfies readonly StrictRule[];
