/** Everything about a request that is known before the first byte goes upstream: the model, its dialect, its words. */
import { Notes } from '../base/result';
import { BridgeError } from '../errors/bridge-error';
import { resolveModel } from '../providers/catalog';
import type { Dialect } from '../providers/dialect';
import type { AnswerReader, ReaderOptions } from '../stream/signal';
import type { ToolSet } from '../tools/tool-set';
import { translateRequest } from '../translate/request';
import type { ChatRequest } from '../wire/chat';
import type { ResponsesRequest } from '../wire/responses-request';
import type { Caller } from './bridge';
import { isThreadTitle } from './codex-metadata';
import { findDestination } from './destination';
import type { TurnContext } from './turn-context';
import { readAnswerRules, type AnswerRules } from './stages';
import { describeSource } from './source';
import { chooseLine, type Endpoint } from './endpoint';

export interface Prepared {
  readonly chat: ChatRequest;
  readonly dialect: Dialect;
  /** Names of the tools, for the way back. */
  readonly tools: ToolSet;
  readonly notes: Notes;
  readonly rules: AnswerRules;
  readonly endpoint: Endpoint;
  /** Reads one answer, in the protocol of the endpoint. */
  readonly createReader: (options: ReaderOptions) => AnswerReader;
}

const TOOLS = { auto: 'auto', '1': 'force', '0': 'off' } as const;

/** @throws BridgeError `invalid_request` for a request that cannot be served. */
export function prepare(request: ResponsesRequest, caller: Caller, context: TurnContext): Prepared {
  const { settings } = context;
  const asked = isThreadTitle(caller.headers) ? (settings.smallModel ?? request.model) : request.model;
  const { provider, model, defaultModel, access } = findDestination(asked, context);
  const { id, dialect: known } = resolveModel(provider, model, defaultModel);
  if (id === '')
    throw new BridgeError(
      'invalid_request',
      'Cannot choose a model: the request names none and DEFAULT_MODEL is not set',
      { param: 'model' },
    );
  const notes = new Notes();
  const line = chooseLine({ wire: settings.wire, aiBaseUrl: access.aiBaseUrl }, provider, id, notes);
  const dialect = line.dialect(known);
  const translated = translateRequest(line.accept(request, notes), {
    model: id,
    dialect,
    tools: TOOLS[settings.allowTools],
    system: settings.allowSystem,
    forwardReasoning: settings.forwardReasoning,
    multipleCalls: settings.allowMultiToolCalls,
    webSearch: settings.webSearch,
  });
  for (const note of translated.notes) notes.add(note);
  const source = describeSource(
    { url: line.url, provider, access, home: provider === context.provider, clock: context.runtime.clock },
    caller,
  );
  const endpoint = { url: line.url, access, source, render: line.renderer(request, dialect) };
  const rules = readAnswerRules(request, translated.value.tools, caller.client, (note) => notes.add(note));
  return { ...translated.value, dialect, notes, rules, endpoint, createReader: line.createReader };
}
