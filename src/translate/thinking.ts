/** `reasoning` to the thinking knob of the model's family. */
import type { JsonObject } from '../base/json';
import type { Dialect, ThinkingKnob } from '../providers/dialect';
import { clampEffort } from '../providers/effort';
import type { ChatRequest } from '../wire/chat-request';
import type { ResponsesRequest } from '../wire/responses-request';
import { asksForSeveral } from './fields';

/** @param options `forwardReasoning` sends the nested object as it came, as version 0.1.2 did */
export function translateThinking(
  request: ResponsesRequest,
  options: { readonly dialect: Dialect; readonly forwardReasoning: boolean },
): Partial<ChatRequest> {
  const { thinking, preserveThinking, reasoningSplit } = options.dialect;
  return {
    ...turn(thinking, request.reasoning?.effort, asksForSeveral(request)),
    ...(preserveThinking && { preserve_thinking: true }),
    ...(reasoningSplit && { reasoning_split: true }),
    ...(options.forwardReasoning && request.reasoning && { reasoning: nested(request.reasoning) }),
  };
}

/** @param several several answers come whole, and thinking needs a stream (upstreams.md, section 0, fact 5) */
function turn(knob: ThinkingKnob, effort: string | undefined, several: boolean): Partial<ChatRequest> {
  const off = several || isOff(effort, knob);
  switch (knob.kind) {
    case 'none':
      return {};
    case 'effort':
      return effort === undefined ? {} : level(effort, knob.levels ?? [effort]);
    case 'enable_thinking':
      // Always explicit: the default differs from model to model.
      return off && !knob.fixed ? { enable_thinking: false } : { enable_thinking: true, ...depth(knob, effort) };
    case 'thinking':
      if (off && !knob.fixed) return { thinking: { type: 'disabled' } };
      return { thinking: { type: knob.on, ...knob.extra }, ...level(effort, knob.levels) };
    case 'chat_template':
      return { chat_template_kwargs: { enable_thinking: !off, preserve_thinking: true } };
    case 'reasoning':
      return effort === undefined ? {} : { reasoning: { effort } };
    default:
      return knob satisfies never;
  }
}

/** `minimal` means "do not think" where nothing between that and `high` is on offer; DeepSeek documents minimal → low. */
function isOff(effort: string | undefined, knob: ThinkingKnob): boolean {
  const thinksLittle = 'levels' in knob && knob.levels?.includes('low');
  return effort === 'none' || (effort === 'minimal' && !thinksLittle);
}

/** DashScope refuses a budget beside an effort (upstreams.md, table b, 8): levels come first. */
function depth(
  knob: Extract<ThinkingKnob, { kind: 'enable_thinking' }>,
  effort: string | undefined,
): Partial<ChatRequest> {
  const budget = knob.levels || effort === undefined ? undefined : knob.budgets?.[effort];
  return budget === undefined ? level(effort, knob.levels) : { thinking_budget: budget };
}

function level(effort: string | undefined, levels: readonly string[] | undefined): Partial<ChatRequest> {
  return effort === undefined || levels === undefined ? {} : { reasoning_effort: clampEffort(effort, levels) };
}

const nested = (settings: { readonly effort?: string; readonly summary?: string }): JsonObject => ({ ...settings });
