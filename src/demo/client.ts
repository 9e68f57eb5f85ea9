/** The demo's place of Codex: sends a Responses request over real HTTP and keeps every event with its time. */
import { request as startRequest, type IncomingMessage } from 'node:http';
import { parseJsonObject, type JsonObject, type UnknownRecord } from '../base/json';
import { asText } from '../base/narrow';
import { SseDecoder, type SseEvent } from '../stream/sse-decoder';
import { DEMO_KEY, DEMO_MODEL } from './script';
import { declareTools } from './tools';

export interface AnswerEvent {
  readonly type: string;
  readonly fields: UnknownRecord;
  /** On the clock of `performance.now`, like all times here. */
  readonly at: number;
}

/** What came back, as far as it came. */
export interface Answer {
  /** Status and content type: `200 text/event-stream`. */
  readonly head: string;
  readonly events: readonly AnswerEvent[];
  /** How the answer ended: `complete`, or what went wrong. */
  readonly ending: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface Question {
  /** Base URL of the bridge. */
  readonly baseUrl: string;
  readonly input: readonly unknown[];
  /** The answer is given up after this time. */
  readonly limitMs: number;
  /** Sees each event as it arrives. */
  readonly onEvent: (event: AnswerEvent) => void;
}

/** Asks with the body that Codex sends (codex-protocol.md, section 1). Never rejects: a failure is an ending. */
export function ask({ baseUrl, input, limitMs, onEvent }: Question): Promise<Answer> {
  const startedAt = performance.now();
  const events: AnswerEvent[] = [];
  const keep = (event: AnswerEvent): void => {
    events.push(event);
    onEvent(event);
  };
  let head = 'no answer';
  return new Promise((resolve) => {
    const settle = (ending: string): void => resolve({ head, events, ending, startedAt, endedAt: performance.now() });
    const signal = AbortSignal.timeout(limitMs);
    const fail = (error: Error): void => settle(signal.aborted ? `no end within ${limitMs} ms` : error.message);
    const body = JSON.stringify(renderBody(input));
    const headers = { ...HEADERS, 'content-length': Buffer.byteLength(body) };
    const options = { method: 'POST', headers, agent: false, signal };
    const request = startRequest(`${baseUrl}/responses`, options, (response) => {
      head = `${response.statusCode} ${response.headers['content-type'] ?? 'without a type'}`.split(';')[0] ?? '';
      readEvents(response, keep).then(settle, fail);
    });
    request.on('error', fail);
    request.end(body);
  });
}

const HEADERS = {
  accept: 'text/event-stream',
  'content-type': 'application/json',
  authorization: `Bearer ${DEMO_KEY}`,
  // The bridge knows Codex by this header and then tells failures inside the stream, as Codex wants them.
  originator: 'codex_demo',
} as const;

function renderBody(input: readonly unknown[]): UnknownRecord {
  return {
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
  };
}

async function readEvents(response: IncomingMessage, keep: (event: AnswerEvent) => void): Promise<string> {
  const decoder = new SseDecoder();
  let isDone = false;
  const read = ({ data }: SseEvent): void => {
    if (data === '[DONE]') {
      isDone = true;
      return;
    }
    const fields: JsonObject = parseJsonObject(data) ?? { data };
    keep({ type: asText(fields['type']) ?? JSON.stringify(fields), fields, at: performance.now() });
  };
  for await (const chunk of response) decoder.push(Buffer.from(chunk)).forEach(read);
  decoder.end().forEach(read);
  return isDone ? 'complete' : 'no [DONE] at the end';
}
