/** The steps between reading an answer and assembling it, for one request. */
import type { MakeId } from '../base/clock';
import type { ClientKind } from '../errors/error-body';
import type { Dialect } from '../providers/dialect';
import { CallFilterStage, type CallRules } from '../stream/call-filter';
import { CumulativeStage } from '../stream/cumulative';
import { type JsonCheckOptions, JsonCheckStage, JsonFenceStage } from '../stream/json-answer';
import type { Stage } from '../stream/signal';
import { ThinkTagStage } from '../stream/think-tags';
import { ToolMarkupStage } from '../stream/tool-markup';
import type { ToolSet } from '../tools/tool-set';
import { forbidsCall } from '../translate/offered-tools';
import type { ChatTool } from '../wire/chat';
import type { ResponsesRequest } from '../wire/responses-request';

export interface StageSettings {
  readonly dialect: Dialect;
  /** The tools whose calls are looked for in text; none when that is switched off. */
  readonly markupTools: readonly ChatTool[];
  readonly makeId: MakeId;
  readonly rules: AnswerRules;
}

/** What the request says of the answer's form. */
export interface AnswerRules {
  /** How an answer that was asked for as JSON is checked; undefined when none was. */
  readonly json: JsonCheckOptions | undefined;
  /** Undefined when the request limits no calls. */
  readonly calls: CallRules | undefined;
}

/** Keeps nothing of `request` but a few words: it may be megabytes. */
export function readAnswerRules(
  request: ResponsesRequest,
  tools: ToolSet,
  client: ClientKind,
  note: (text: string) => void,
): AnswerRules {
  const { format, toolChoice } = request;
  const most = mostCalls(request, client);
  const isLimited = most !== undefined || toolChoice.mode === 'none' || toolChoice.mode === 'allowed';
  return {
    json: format !== undefined && format.type !== 'text' ? { refuse: !request.stream, note } : undefined,
    calls: isLimited ? { most, note, allows: (name) => !forbidsCall(toolChoice, tools, name) } : undefined,
  };
}

/**
 * Codex says `parallel_tool_calls: false` of every model that its catalog does not know, and runs several calls all the
 * same: to it they are not forbidden.
 */
function mostCalls({ maxToolCalls, parallelToolCalls }: ResponsesRequest, client: ClientKind): number | undefined {
  return parallelToolCalls === false && client !== 'codex' ? 1 : maxToolCalls;
}

/**
 * New stages for one attempt. Think tags first: tool markup may stand inside the reasoning they enclose; the filter last:
 * calls may come out of markup.
 */
export function createStages({ dialect, markupTools, makeId, rules }: StageSettings): readonly Stage[] {
  return [
    ...(dialect.cumulative ? [new CumulativeStage()] : []),
    ...(dialect.thinkTags === 'off' ? [] : [new ThinkTagStage(dialect.thinkTags)]),
    ...(markupTools.length === 0 ? [] : [new ToolMarkupStage({ tools: markupTools, makeId })]),
    ...(rules.json ? [new JsonFenceStage(), new JsonCheckStage(rules.json)] : []),
    ...(rules.calls ? [new CallFilterStage(rules.calls)] : []),
  ];
}
