/** Prepares a turn: resolves everything that is known before the first byte is sent upstream. */
import type { MakeId } from '../base/clock';
import { Notes } from '../base/result';
import type { ClientKind } from '../errors/error-body';
import type { AnswerStreamOptions } from '../stream/answer-stream';
import { CallFilterStage, type CallRules, CumulativeStage, SurrogateStage } from '../stream/small-stages';
import { JsonCheckStage, JsonFenceStage, type JsonCheckOptions } from '../stream/json-answer';
import { ThinkTagStage } from '../stream/think-tags';
import { ToolMarkupStage } from '../stream/tool-markup';
import { TypedArgumentsStage } from '../stream/typed-arguments';
import type { ToolSet } from '../tools/tool-set';
import { forbidsCall, translateRequest } from '../translate/request';
import type { ChatRequest } from '../wire/chat';
import type { ResponsesRequest } from '../wire/responses-request';
import type { Caller } from './bridge';
import { findEndpoint, type Endpoint, type Render } from './endpoint';
import type { TurnContext } from './turn-context';

/** A request, ready to be sent. */
export interface Prepared {
  readonly endpoint: Endpoint;
  readonly chat: ChatRequest;
  readonly render: Render;
  /** Tool names, for translating calls back. */
  readonly tools: ToolSet;
  readonly notes: Notes;
  /** Creates the reader and stages for one answer. Retains no part of the request. */
  readonly createAttempt: () => Omit<AnswerStreamOptions<never>, 'assembler'>;
}

const TOOLS = { auto: 'auto', '1': 'force', '0': 'off' } as const;

/** @throws BridgeError `invalid_request` for a request that cannot be served */
export function prepare(request: ResponsesRequest, caller: Caller, context: TurnContext): Prepared {
  const { settings } = context;
  const notes = new Notes();
  const asked = caller.isTitle === true ? (settings.smallModel ?? request.model) : request.model;
  const endpoint = findEndpoint(asked, caller, context, notes);
  const { model, dialect } = endpoint;
  const translated = translateRequest(endpoint.accept(request, notes), {
    model,
    dialect,
    tools: TOOLS[settings.allowTools],
    system: settings.allowSystem,
    forwardReasoning: settings.forwardReasoning,
    multipleCalls: settings.allowMultiToolCalls,
    webSearch: settings.webSearch,
  });
  for (const note of translated.notes) notes.add(note);
  const { chat, tools } = translated.value;
  const rules = readAnswerRules(request, tools, caller.client, (note) => notes.add(note));
  const render = endpoint.renderer(request, dialect);
  return { endpoint, chat, render, tools, notes, createAttempt: attemptsOf(endpoint, chat, tools, rules, context) };
}

/**
 * Think tags come first, because markup may be inside reasoning; the filter comes last, because markup becomes calls.
 */
function attemptsOf(
  { dialect, source, createReader }: Endpoint,
  chat: ChatRequest,
  offered: ToolSet,
  rules: AnswerRules,
  context: TurnContext,
): Prepared['createAttempt'] {
  const { settings, runtime } = context;
  const makeId: MakeId = runtime.makeId;
  const tools = settings.toolMarkup ? (chat.tools ?? []) : [];
  const { sendsFinishReason } = dialect;
  const options = { makeId, single: !settings.allowMultiToolCalls, source, sendsFinishReason };
  return () => ({
    reader: createReader(options),
    stages: [
      new SurrogateStage(),
      ...(dialect.cumulative ? [new CumulativeStage()] : []),
      ...(dialect.thinkTags === 'off' ? [] : [new ThinkTagStage(dialect.thinkTags)]),
      ...(tools.length === 0 ? [] : [new ToolMarkupStage({ tools, makeId })]),
      ...(chat.tools ? [new TypedArgumentsStage((name) => offered.parametersOf(name))] : []),
      ...(rules.json ? [new JsonFenceStage(), new JsonCheckStage(rules.json)] : []),
      ...(rules.calls ? [new CallFilterStage(rules.calls)] : []),
    ],
  });
}

/** The checks that the request requires of an answer. */
interface AnswerRules {
  /** Options for checking a JSON answer; undefined if it need not be JSON. */
  readonly json: JsonCheckOptions | undefined;
  /** Undefined if the request does not limit calls. */
  readonly calls: CallRules | undefined;
}

/** Keeps only a few strings of `request`, which may be megabytes. */
function readAnswerRules(
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
