/** Simulates Codex: sends the question, runs the tools that the model calls, and sends their results. */
import { request as startRequest, type IncomingMessage } from 'node:http';
import { asRecord, asString, asText, parseJsonObject, type UnknownRecord } from '../base/json';
import { SseDecoder } from '../stream/sse';
import { DEMO_KEY, DEMO_MODEL, INSTRUCTIONS, PROMPT } from './simulated-model';
import { declareTools, findTool } from './tools';

/** A Responses event. */
export interface DemoEvent {
  readonly type: string;
  readonly fields: UnknownRecord;
}

/** Displays the conversation. */
export interface DemoView {
  /** Called before the request with this number is sent. */
  beginRequest(number: number, title: string): void;
  onEvent(event: DemoEvent): void;
  /** Called when the response has ended; `problem` is set if the response is incomplete. */
  endResponse(problem: string | undefined): void;
  onToolResult(name: string, output: string): void;
}

interface DemoTarget {
  /** Base URL of the bridge. */
  readonly baseUrl: string;
  readonly limitMs: number;
}

/** The requests of the script: the question, then the tool results. */
const REQUESTS = ['the question', 'the tool results'] as const;

/** Runs the conversation. @returns whether the model called tools and then completed its answer without another call */
export async function runConversation(target: DemoTarget, view: DemoView): Promise<boolean> {
  let input: readonly unknown[] = [message('developer', INSTRUCTIONS), message('user', PROMPT)];
  for (const [index, title] of REQUESTS.entries()) {
    view.beginRequest(index + 1, title);
    const { events, problem } = await ask(target, input, view.onEvent);
    view.endResponse(problem);
    if (problem !== undefined || events.filter(isCompleted).length !== 1) return false;
    const items = events.flatMap(({ type, fields }) => {
      const item = type === 'response.output_item.done' ? asRecord(fields['item']) : undefined;
      return item === undefined ? [] : [item];
    });
    const calls = items.filter(({ type }) => type === 'function_call');
    if (calls.length === 0) return index === REQUESTS.length - 1;
    // Codex sends back the finished items unchanged, then the results (codex-protocol.md, section 4).
    input = [...input, ...items, ...(await runTools(calls, view))];
  }
  return false;
}

const isCompleted = ({ type }: DemoEvent): boolean => type === 'response.completed';

/** Codex sends its instructions as a developer message (codex-protocol.md, section 1). */
const message = (role: 'developer' | 'user', text: string): UnknownRecord =>
  ({ type: 'message', role, content: [{ type: 'input_text', text }] });

/** Runs the called tools. An unknown tool gives the same result as in Codex (codex-protocol.md, "Tool calls"). */
async function runTools(calls: readonly UnknownRecord[], view: DemoView): Promise<readonly UnknownRecord[]> {
  const results: UnknownRecord[] = [];
  for (const call of calls) {
    const name = asString(call['name']) ?? 'no name';
    const tool = findTool(name, asString(call['namespace']));
    const given = parseJsonObject(asString(call['arguments']) ?? '') ?? {};
    const output = tool === undefined ? `unsupported call: ${name}` : await tool.run(given);
    view.onToolResult(name, output);
    results.push({ type: 'function_call_output', call_id: call['call_id'], output });
  }
  return results;
}

interface CollectedAnswer {
  readonly events: readonly DemoEvent[];
  /** The error, if the response was incomplete. */
  readonly problem: string | undefined;
}

/** Sends one request over HTTP. Never rejects. */
function ask(
  { baseUrl, limitMs }: DemoTarget, input: readonly unknown[], onEvent: DemoView['onEvent'],
): Promise<CollectedAnswer> {
  const events: DemoEvent[] = [];
  const record = (event: DemoEvent): void => {
    events.push(event);
    onEvent(event);
  };
  return new Promise((resolve) => {
    const settle = (problem?: string): void => resolve({ events, problem });
    const signal = AbortSignal.timeout(limitMs);
    const fail = (error: Error): void => settle(signal.aborted ? `not finished within ${limitMs} ms` : error.message);
    const body = JSON.stringify(renderBody(input));
    const headers = { ...HEADERS, 'content-length': Buffer.byteLength(body) };
    const request = startRequest(`${baseUrl}/responses`, { method: 'POST', headers, agent: false, signal });
    request.on('response', (response) => void readEvents(response, record).then(() => settle(), fail));
    request.on('error', fail);
    request.end(body);
  });
}

const HEADERS = {
  accept: 'text/event-stream',
  'content-type': 'application/json',
  authorization: `Bearer ${DEMO_KEY}`,
  // The bridge recognizes Codex by this header and then reports failures inside the stream.
  originator: 'codex_demo',
} as const;

/** The body that Codex sends (codex-protocol.md, section 1). */
const renderBody = (input: readonly unknown[]): UnknownRecord => ({
  model: DEMO_MODEL,
  stream: true,
  input,
  tools: declareTools(),
  tool_choice: 'auto',
  parallel_tool_calls: true,
  reasoning: { summary: 'auto' },
  store: false,
  include: ['reasoning.encrypted_content'],
  prompt_cache_key: 'demo',
});

async function readEvents(response: IncomingMessage, record: (event: DemoEvent) => void): Promise<void> {
  const decoder = new SseDecoder();
  const read = ({ data }: { readonly data: string }): void => {
    const fields = data === '[DONE]' ? undefined : parseJsonObject(data);
    if (fields !== undefined) record({ type: asText(fields['type']) ?? '', fields });
  };
  for await (const chunk of response) decoder.push(Buffer.from(chunk)).forEach(read);
  decoder.end().forEach(read);
}
