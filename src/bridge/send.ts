/** From a request to the answer that is coming: which model, in which words, and another try where a refusal says how. */
import { Notes } from '../base/result';
import { BridgeError } from '../errors/bridge-error';
import { resolveModel } from '../providers/catalog';
import type { Dialect } from '../providers/dialect';
import type { ToolSet } from '../tools/tool-set';
import { translateRequest } from '../translate/request';
import type { UpstreamAnswer } from '../upstream/transport';
import type { ChatRequest, ChatTool } from '../wire/chat-request';
import type { ResponsesRequest } from '../wire/responses-request';
import type { Caller } from './bridge';
import { isThreadTitle } from './codex-metadata';
import type { TurnContext } from './turn-context';
import { callUpstream } from './upstream-call';

/** What a turn keeps of its request while the answer streams: not the messages, they may be megabytes. */
export interface Sent {
  readonly answer: UpstreamAnswer;
  /** The id that went upstream. */
  readonly model: string;
  readonly dialect: Dialect;
  /** Names of the tools, for the way back. */
  readonly tools: ToolSet;
  /** The tools as they were offered. */
  readonly offered: readonly ChatTool[];
  readonly notes: Notes;
}

const TOOLS = { auto: 'auto', '1': 'force', '0': 'off' } as const;

/** @throws BridgeError for a request that cannot be served, a refusal of the provider, or no answer at all. */
export async function send(request: ResponsesRequest, caller: Caller, context: TurnContext): Promise<Sent> {
  const { settings, provider } = context;
  const asked = isThreadTitle(caller.headers) ? (settings.smallModel ?? request.model) : request.model;
  const { id, dialect } = resolveModel(provider, asked, settings.defaultModel);
  if (id === '') throw new BridgeError('invalid_request', 'Cannot choose a model: the request names none and DEFAULT_MODEL is not set', { param: 'model' });
  const translated = translateRequest(request, {
    model: id,
    dialect,
    tools: TOOLS[settings.allowTools],
    system: settings.allowSystem,
    forwardReasoning: settings.forwardReasoning,
    multipleCalls: settings.allowMultiToolCalls,
    webSearch: settings.webSearch,
  });
  const { chat, tools } = translated.value;
  const notes = new Notes(translated.notes);
  return { answer: await callAmended(chat, caller, context, notes), model: id, dialect, tools, offered: chat.tools ?? [], notes };
}

/** Sends the request without what its model is known to refuse; a refusal that names more of it is amended and tried again. */
async function callAmended(chat: ChatRequest, caller: Caller, context: TurnContext, notes: Notes): Promise<UpstreamAnswer> {
  const { learned, log } = context;
  for (let current = learned.apply(chat); ; ) {
    try {
      return await callUpstream(current, caller, context.settings, context.runtime.transport);
    } catch (cause) {
      const amendment = cause instanceof BridgeError ? learned.learn(cause, current) : undefined;
      if (!amendment) throw cause;
      log.info(`learned that ${chat.model} needs "${amendment.name}"`, { refusal: String(cause) });
      notes.add(`sent again with "${amendment.name}": the model refused the request as it was`);
      current = amendment.amend(current);
    }
  }
}
