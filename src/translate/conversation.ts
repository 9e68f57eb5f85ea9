/** Reads input items as a conversation: groups the items of one response and pairs every result with its call. */
import { isJsonObject, parseJsonObject, replaceLoneSurrogates, type JsonObject } from '../base/json';
import type { Notes } from '../base/notes';
import { openReasoning, openSummary, type ReasoningPayload } from '../tools/envelope';
import { callIdOf, listTools, readCall } from '../tools/kinds';
import type { ToolSet } from '../tools/tool-set';
import type { NativeReasoning } from '../wire/native';
import { isReasoningItem } from '../wire/read-native';
import type {
  AgentMessageItem, ContentPart, InputItem, MessageItem, ReasoningItem, ToolSearchOutputItem, UnreadCall,
} from '../wire/responses-request';

export interface PairedCall {
  /** Unique in the conversation. */
  readonly id: string;
  /** Upstream name of the tool. */
  readonly name: string;
  /** A JSON object, as text. */
  readonly arguments: string;
  /** Undefined if the conversation has none. */
  result: readonly ContentPart[] | undefined;
  /** The fields that contain the provider's signature of the call (`extra_content`), unchanged. */
  signature?: JsonObject;
}

export interface InstructionsNode { readonly kind: 'instructions'; readonly text: string }
export interface UserNode { readonly kind: 'user'; readonly content: readonly ContentPart[] }
export interface AssistantNode {
  readonly kind: 'assistant';
  readonly reasoning: string[];
  readonly reasoningDetails: unknown[];
  /** The same reasoning as input items for a native Responses endpoint. */
  readonly reasoningItems: NativeReasoning[];
  readonly text: string[];
  readonly calls: PairedCall[];
}
export type ConversationNode = InstructionsNode | UserNode | AssistantNode;

/**
 * Builds the conversation and repairs what strict upstreams reject (upstreams.md, section 2): messages between calls
 * and results, results that are out of order or have no call, repeated or empty call ids.
 *
 * @param origin the model that will read the conversation: from reasoning that another model signed, only the text is
 * kept; if absent, all signatures are kept
 */
export function readConversation(
  items: readonly InputItem[], tools: ToolSet, notes: Notes, origin?: string,
): readonly ConversationNode[] {
  const reader = new ConversationReader(tools, notes, countCalls(items), origin);
  for (const item of items) reader.read(item);
  return reader.nodes;
}

function countCalls(items: readonly InputItem[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    if (item.type !== 'call') continue;
    const callId = callIdOf(item);
    counts.set(callId, (counts.get(callId) ?? 0) + 1);
  }
  return counts;
}

class ConversationReader {
  readonly nodes: ConversationNode[] = [];
  /** Calls without a result, by the client's id; the next result belongs to the oldest one. */
  private readonly pendingCalls = new Map<string, PendingCall[]>();
  /** The latest call for each of the client's ids. */
  private readonly latestCalls = new Map<string, PairedCall>();
  /** Results that precede their call. */
  private readonly earlyResults = new Map<string, (readonly ContentPart[])[]>();
  /** The latest assistant turn while none of its calls has a result. */
  private openTurn: AssistantNode | undefined;
  private readonly usedIds = new Set<string>();
  /** The latest suffix of each repeated id: llama.cpp gives every call in a thread the same id. */
  private readonly suffixes = new Map<string, number>();
  private reasoningCount = 0;

  /** @param callsAhead how many calls with each id are still to come */
  constructor(
    private readonly tools: ToolSet,
    private readonly notes: Notes,
    private readonly callsAhead: Map<string, number>,
    private readonly origin: string | undefined,
  ) {}

  read(item: InputItem): void {
    switch (item.type) {
      case 'message':
        return this.addMessage(item);
      case 'reasoning':
        return this.addReasoning(item);
      case 'call':
        return this.addCall(item);
      case 'call_output':
        return item.callId === undefined
          ? this.addOrphan(item.output, item.label)
          : this.addResult(item.callId, item.output, item.label);
      case 'tool_search_output':
        return this.addResult(item.callId, [{ type: 'text', text: this.listFoundTools(item) }]);
      case 'agent_message':
        return this.addUser(renderAgentMessage(item));
      case 'compaction':
        return this.addSummary(openSummary(item.encryptedContent));
      case 'additional_tools':
      case 'configuration_update':
      case 'compaction_trigger':
        // request.ts reads these: they change the tools, the settings and the kind of the turn.
        return undefined;
      case 'item_reference':
        return void this.notes.add(`dropped a reference to item ${item.id}: nothing is stored under it`);
      case 'unrecognized':
        return void this.notes.add(`dropped an input item of type ${item.kind}`);
      default:
        return item satisfies never;
    }
  }

  private addMessage(item: MessageItem): void {
    if (item.role === 'user') return this.addUser(item.content);
    const text = textsOf(item.content).join('\n');
    if (text === '') return undefined;
    if (item.role === 'assistant') this.openOrStartTurn().text.push(text);
    else this.nodes.push({ kind: 'instructions', text });
    return undefined;
  }

  private addUser(content: readonly ContentPart[]): void {
    if (content.length > 0) this.nodes.push({ kind: 'user', content });
  }

  /** Prefers raw text, then the text in our envelope, then the summary. An envelope of call signatures has no text. */
  private addReasoning(item: ReasoningItem): void {
    const sealed = openReasoning(item.encryptedContent, this.origin);
    if (sealed?.calls) return this.addSignatures(sealed.calls);
    const text = item.content ?? sealed?.text ?? item.summary;
    if (text === '' && item.encryptedContent !== undefined && !sealed) {
      this.notes.add('left out reasoning that another provider encrypted');
    }
    const turn = this.openOrStartTurn();
    if (text !== '') turn.reasoning.push(text);
    this.reasoningCount += 1;
    const { items, details } = splitReasoning(item, sealed, this.reasoningCount);
    turn.reasoningItems.push(...items);
    turn.reasoningDetails.push(...details);
  }

  /** Adds the provider's signatures to calls; the envelope that contains them follows the calls of its response. */
  private addSignatures(signatures: JsonObject): void {
    for (const [id, signature] of Object.entries(signatures)) {
      const call = this.latestCalls.get(id);
      if (call && isJsonObject(signature)) call.signature = signature;
    }
  }

  private addCall(item: UnreadCall): void {
    const callId = callIdOf(item);
    this.callsAhead.set(callId, (this.callsAhead.get(callId) ?? 1) - 1);
    const read = readCall(item);
    if (read === undefined) return void this.notes.add(`dropped an input item of type ${item.itemType}`);
    const result = this.earlyResults.get(callId)?.shift();
    if (read.name === '') this.notes.add('used the name "unknown_tool" for an earlier call without a name');
    const name = this.tools.nameOf(read.name === '' ? { name: 'unknown_tool' } : read);
    const args = this.repairArguments(read.arguments, name);
    const call: PairedCall = { id: this.makeUnique(callId), name, arguments: args, result };
    const turn = this.openOrStartTurn();
    turn.calls.push(call);
    this.latestCalls.set(callId, call);
    if (result === undefined) pushTo(this.pendingCalls, callId, { call, turn });
    else this.openTurn = undefined;
    return undefined;
  }

  /**
   * Strict upstreams parse the arguments of calls: a single truncated call would fail every later request
   * (upstreams.md, section 2).
   */
  private repairArguments(text: string, name: string): string {
    if (parseJsonObject(text) !== undefined) return replaceLoneSurrogates(text);
    // In a damaged session, NUL bytes surround the JSON (openai/codex#24369).
    const clean = text.replaceAll('\0', '').trim();
    if (clean === '' || parseJsonObject(clean) !== undefined) return clean === '' ? '{}' : replaceLoneSurrogates(clean);
    this.notes.add(`wrapped the arguments of an earlier call to ${name}: they are not a JSON object`);
    return JSON.stringify({ _raw: text });
  }

  private addResult(callId: string, content: readonly ContentPart[], label?: string): void {
    const pending = this.pendingCalls.get(callId)?.shift();
    if (pending) {
      pending.call.result = content;
      if (pending.turn === this.openTurn) this.openTurn = undefined;
    } else if ((this.callsAhead.get(callId) ?? 0) > 0) {
      pushTo(this.earlyResults, callId, content);
    } else {
      this.addOrphan(content, label ?? callId);
    }
  }

  /** Adds a result without a call as a user message, because the model can still use it. */
  private addOrphan(content: readonly ContentPart[], label: string | undefined): void {
    this.notes.add('turned a tool result without a call into a user message');
    const head: ContentPart = { type: 'text', text: `[Result of ${label ?? 'a tool'}]` };
    this.nodes.push({ kind: 'user', content: [head, ...content] });
  }

  private addSummary(summary: string | undefined): void {
    if (summary === undefined) return void this.notes.add('dropped a compaction item that this bridge did not write');
    return this.addUser([{ type: 'text', text: `${SUMMARY_HEAD}\n\n${summary}` }]);
  }

  /** Lists the tools that a search found; the tools themselves are added to the tool list. */
  private listFoundTools(item: ToolSearchOutputItem): string {
    const lines = listTools(item.tools).map((tool) => {
      const name = this.tools.nameOf(tool);
      return tool.description === undefined ? `- ${name}` : `- ${name}: ${tool.description}`;
    });
    return lines.length === 0 ? 'No tools found.' : `These tools can be called now:\n${lines.join('\n')}`;
  }

  /** Returns the open assistant turn. A new turn starts after any other node, and after the first result. */
  private openOrStartTurn(): AssistantNode {
    if (this.openTurn !== undefined && this.openTurn === this.nodes.at(-1)) return this.openTurn;
    const turn: AssistantNode =
      { kind: 'assistant', reasoning: [], reasoningDetails: [], reasoningItems: [], text: [], calls: [] };
    this.nodes.push(turn);
    this.openTurn = turn;
    return turn;
  }

  /** Returns the client's id. A repeated or empty id gets a suffix, which is the same in every request. */
  private makeUnique(id: string): string {
    const base = id === '' ? 'call' : id;
    let unique = id === '' ? 'call_1' : id;
    let suffix = this.suffixes.get(base) ?? 1;
    while (this.usedIds.has(unique)) unique = `${base}_${(suffix += 1)}`;
    if (suffix > 1) this.suffixes.set(base, suffix);
    this.usedIds.add(unique);
    return unique;
  }
}

const SUMMARY_HEAD =
  'The conversation so far was compacted. This summary of it was written by the model that held it; ' +
  'build on it and do not repeat finished work:';

/** Renders a multi-agent message with its sender and recipient (fixture 15). */
function renderAgentMessage(item: AgentMessageItem): readonly ContentPart[] {
  const route = [item.author && `from ${item.author}`, item.recipient && `to ${item.recipient}`].filter(Boolean);
  const head = route.length === 0 ? '' : `[Message ${route.join(' ')}]\n`;
  return [
    { type: 'text', text: `${head}${textsOf(item.content).join('\n\n')}` },
    ...item.content.filter((part) => part.type !== 'text'),
  ];
}

/** Returns the non-empty texts of a message. */
const textsOf = (content: readonly ContentPart[]): readonly string[] =>
  content.flatMap((part) => (part.type === 'text' && part.text !== '' ? [part.text] : []));

interface PendingCall { readonly call: PairedCall; readonly turn: AssistantNode }

function pushTo<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

interface SplitReasoning {
  /** Several if the endpoint sent several without text in between. */
  readonly items: readonly NativeReasoning[];
  /** Unparsed blocks of Chat providers. */
  readonly details: readonly unknown[];
}

/**
 * Restores the endpoint's own items from our envelope. Other reasoning becomes an item of raw text, or of the summary:
 * vLLM answers "Encrypted content is not supported.", and llama.cpp "item['content'] is empty" to an item without text.
 *
 * @param sealed the content of our envelope; undefined if the envelope is not ours
 * @param number position among the reasoning items, for the id that vLLM requires
 */
function splitReasoning(item: ReasoningItem, sealed: ReasoningPayload | undefined, number: number): SplitReasoning {
  const sealedDetails = sealed?.details ?? [];
  const details = sealedDetails.filter((detail) => !isReasoningItem(detail));
  const own = sealedDetails.filter(isReasoningItem);
  if (own.length > 0) return { items: own, details };
  const text = item.content ?? sealed?.text ?? '';
  const summary = text !== '' || sealed ? '' : item.summary;
  if (text === '' && summary === '') return { items: [], details };
  const rebuilt: NativeReasoning = {
    type: 'reasoning',
    id: `rs_${number}`,
    summary: summary === '' ? [] : [{ type: 'summary_text', text: summary }],
    ...(text !== '' && { content: [{ type: 'reasoning_text', text }] }),
  };
  return { items: [rebuilt], details };
}
