/** What a request demands of its answer: JSON, and which calls, and how many. */
import type { ClientKind } from '../errors/error-body';
import type { JsonCheckOptions } from '../stream/json-answer';
import type { CallRules } from '../stream/small-stages';
import type { ToolSet } from '../tools/tool-set';
import { forbidsCall } from '../translate/request';
import type { ResponsesRequest } from '../wire/responses-request';

/** The checks that the request requires of an answer. */
export interface AnswerRules {
  /** Options for checking a JSON answer; undefined if it need not be JSON. */
  readonly json: JsonCheckOptions | undefined;
  /** Undefined if the request does not limit calls. */
  readonly calls: CallRules | undefined;
}

/** Keeps only a few strings of `request`, which may be megabytes. */
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
 * Codex sends `parallel_tool_calls: false` for every model that is not in its catalog, but can run several calls, so
 * the field does not limit the calls of Codex.
 */
function mostCalls({ maxToolCalls, parallelToolCalls }: ResponsesRequest, client: ClientKind): number | undefined {
  return parallelToolCalls === false && client !== 'codex' ? 1 : maxToolCalls;
}
