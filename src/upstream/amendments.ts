/**
 * Refusals that name what to leave out: each row recognises one and says how the request changes. What a model refused
 * once it refuses always, so the change is remembered for the life of the process.
 */
import type { BridgeError } from '../errors/bridge-error';
import type { ChatRequest } from '../wire/chat-request';

export interface Amendment {
  readonly name: string;
  /** Whether the refusal is about this, and the request has it. */
  readonly fits: (message: string, chat: ChatRequest) => boolean;
  readonly amend: (chat: ChatRequest) => ChatRequest;
}

/** One request may need several; each is tried once. */
export const AMENDMENTS: readonly Amendment[] = [
  {
    // DashScope: "The tool_choice parameter does not support being set to required or object in thinking mode";
    // Kimi: "tool_choice 'specified' is incompatible with thinking enabled"; DeepSeek: "Thinking mode does not support this tool_choice".
    name: 'tool_choice: auto',
    fits: (message, chat) => /tool_choice/.test(message) && chat.tool_choice !== undefined && chat.tool_choice !== 'auto' && chat.tool_choice !== 'none',
    amend: (chat) => ({ ...chat, tool_choice: 'auto' }),
  },
];

/** What each model was seen to refuse. */
export class LearnedAmendments {
  private readonly byModel = new Map<string, Set<Amendment>>();

  /** The request with everything left out that its model is known to refuse. */
  apply(chat: ChatRequest): ChatRequest {
    let amended = chat;
    for (const amendment of this.byModel.get(chat.model) ?? []) amended = amendment.amend(amended);
    return amended;
  }

  /**
   * @param chat the request that was refused
   * @returns the amendment for another try, now remembered; undefined when the refusal is about something else
   */
  learn(error: BridgeError, chat: ChatRequest): Amendment | undefined {
    if (error.kind !== 'upstream_rejected') return undefined;
    const known = this.byModel.get(chat.model) ?? new Set();
    const amendment = AMENDMENTS.find((row) => !known.has(row) && row.fits(error.message, chat));
    if (amendment) this.byModel.set(chat.model, known.add(amendment));
    return amendment;
  }
}
