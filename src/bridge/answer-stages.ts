/** Chooses the reader and the stages of an answer, by the dialect of its model and what the request demands of it. */
import type { ClientKind } from '../errors/error-body';
import type { FailureSource } from '../errors/error-rule';
import type { Dialect } from '../providers/dialect';
import type { AnswerStreamOptions } from '../stream/answer-stream';
import { ChatReader } from '../stream/chat-reader';
import { JsonCheckStage, JsonFenceStage, type JsonCheckOptions } from '../stream/json-answer';
import { CallFilterStage, CumulativeStage, type CallRules } from '../stream/small-stages';
import { ThinkTagStage } from '../stream/think-tags';
import { ToolMarkupStage } from '../stream/tool-markup';
import { TypedArgumentsStage } from '../stream/typed-arguments';
import type { ToolSet } from '../tools/tool-set';
import { forbidsCall } from '../translate/request';
import type { ChatRequest } from '../wire/chat';
import type { ResponsesRequest } from '../wire/responses-request';
import type { TurnContext } from './turn-context';

/** Creates the reader and the stages of one answer. */
export type CreateAttempt = () => Omit<AnswerStreamOptions<never>, 'assembler'>;

/** The endpoint that an answer comes from. */
interface AnswerSource {
  readonly dialect: Dialect;
  readonly source: () => FailureSource;
  readonly native: Pick<typeof import('../stream/native-reader'), 'NativeReader'> | undefined;
}

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

/**
 * Think tags come first, because markup may be inside reasoning; the filter comes last, because markup becomes calls.
 */
export function attemptsOf(
  { dialect, source, native }: AnswerSource,
  /** Not the whole request: its messages would stay in memory while the answer streams. */
  declared: ChatRequest['tools'],
  offered: ToolSet,
  rules: AnswerRules,
  context: TurnContext,
): CreateAttempt {
  const { settings, runtime } = context;
  const { makeId } = runtime;
  const tools = settings.toolMarkup ? (declared ?? []) : [];
  const { sendsFinishReason } = dialect;
  const options = { makeId, single: !settings.allowMultiToolCalls, source, sendsFinishReason };
  return () => ({
    reader: native ? new native.NativeReader(options) : new ChatReader(options),
    stages: [
      ...(dialect.cumulative ? [new CumulativeStage()] : []),
      ...(dialect.thinkTags === 'off' ? [] : [new ThinkTagStage(dialect.thinkTags)]),
      ...(tools.length === 0 ? [] : [new ToolMarkupStage({ tools, makeId })]),
      ...(declared ? [new TypedArgumentsStage((name) => offered.parametersOf(name))] : []),
      ...(rules.json ? [new JsonFenceStage(), new JsonCheckStage(rules.json)] : []),
      ...(rules.calls ? [new CallFilterStage(rules.calls)] : []),
    ],
  });
}
