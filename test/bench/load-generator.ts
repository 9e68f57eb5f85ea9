/** The load generator, in a separate process: opens streams, checks each reply byte for byte, and measures latency. */
import { setMaxListeners } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBodies } from './bodies';
import { handleCalls, type LoadCalls, type LoadJob, type LoadResult, type Protocol } from './messages';
import { clockMicros, TextChecker } from './text';

/** What an SSE event contains. */
interface ParsedEvent {
  readonly text?: string | undefined;
  /** The whole text, from the finished item. */
  readonly final?: string | undefined;
  readonly failure?: string;
  readonly end?: boolean;
}
interface ProtocolClient {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parse: (data: string) => ParsedEvent;
}
interface ResponsesEvent {
  readonly type: string;
  readonly delta?: string;
  readonly item?: { readonly type: string; readonly content?: readonly { readonly text?: string }[] };
}
interface ChatChunk {
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
  readonly error?: unknown;
}

const MAX_ERRORS = 5;

function parseResponsesEvent(data: string): ParsedEvent {
  if (data === '[DONE]') return {}; // Not part of the Responses API, but Codex tolerates it.
  const event = JSON.parse(data) as ResponsesEvent;
  if (event.type === 'response.output_text.delta') return { text: event.delta };
  if (event.type === 'response.completed') return { end: true };
  if (event.type === 'response.output_item.done' && event.item?.type === 'message') {
    return { final: (event.item.content ?? []).map((part) => part.text ?? '').join('') };
  }
  const failed = ['response.failed', 'response.incomplete', 'error'].includes(event.type);
  return failed ? { failure: data.slice(0, 300) } : {};
}

function parseChatChunk(data: string): ParsedEvent {
  if (data === '[DONE]') return { end: true };
  const chunk = JSON.parse(data) as ChatChunk;
  if (chunk.error !== undefined) return { failure: data.slice(0, 300) };
  return { text: chunk.choices?.[0]?.delta?.content ?? undefined };
}

const COMMON_HEADERS = {
  accept: 'text/event-stream',
  'content-type': 'application/json',
  authorization: 'Bearer sk-test-bench',
};
const CODEX_HEADERS = {
  originator: 'codex_exec',
  'user-agent': 'codex_exec/0.169.0 (Debian 12.0.0; x86_64) xterm (codex_exec; 0.169.0)',
  'session-id': '01a00000-0000-7000-8000-000000000000',
  'thread-id': '01a00000-0000-7000-8000-000000000000',
  'x-client-request-id': '01a00000-0000-7000-8000-000000000000',
  'x-codex-window-id': '01a00000-0000-7000-8000-000000000000:0',
};
const PROTOCOLS: Record<Protocol, ProtocolClient> = {
  chat: { path: '/v1/chat/completions', headers: COMMON_HEADERS, parse: parseChatChunk },
  responses: { path: '/v1/responses', headers: { ...COMMON_HEADERS, ...CODEX_HEADERS }, parse: parseResponsesEvent },
};

/** Codex opens a connection for each request, so the load generator does too. */
const agent = new Agent({ keepAlive: false, maxSockets: Infinity });

type Tally = { -readonly [K in keyof LoadResult]: LoadResult[K] extends readonly (infer E)[] ? E[] : LoadResult[K] };

/** Reads one reply: passes its text to the checker, and adds the results to `tally`. */
class ReplyReader {
  private readonly decoder = new StringDecoder('utf8');
  private readonly checker: TextChecker;
  private readonly startedAt = clockMicros();
  private readonly texts: string[] = [];
  private rest = '';
  private bytes = 0;
  private ended = false;
  private sawText = false;
  private failure: string | undefined;

  constructor(private readonly job: LoadJob, private readonly tally: Tally) {
    this.checker = new TextChecker(job.deltas, this.startedAt + job.ignoreMs * 1000);
  }

  push(chunk: Buffer): void {
    const now = clockMicros();
    if (this.bytes === 0) this.tally.firstByteMs.push((now - this.startedAt) / 1000);
    this.bytes += chunk.length;
    const lines = (this.rest + this.decoder.write(chunk)).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data:')) this.handleEvent(line.slice(5).trim(), now);
  }

  /** Ends the reply; `problem` is the reason if the request failed. */
  finish(problem: string | undefined): void {
    this.checker.finish();
    this.tally.lost += this.checker.lost;
    this.tally.surplus += this.checker.surplus;
    this.tally.replyBytes.push(this.bytes);
    for (const latency of this.checker.latencies) this.tally.latencies.push(latency);
    const error = problem ?? this.failure ?? (this.ended ? undefined : 'the reply ended without its final event');
    if (error !== undefined && this.tally.errors.length < MAX_ERRORS) this.tally.errors.push(error);
  }

  private parse(data: string): ParsedEvent {
    try {
      return PROTOCOLS[this.job.protocol].parse(data);
    } catch (error) {
      return { failure: `cannot parse an event: ${data.slice(0, 300)} (${String(error)})` };
    }
  }

  private handleEvent(data: string, now: number): void {
    const event = this.parse(data);
    if (event.text !== undefined && event.text !== '') {
      if (!this.sawText) this.tally.firstTextMs.push((now - this.startedAt) / 1000);
      this.sawText = true;
      this.tally.deltas += 1;
      this.texts.push(event.text);
      this.checker.feed(event.text, now);
    }
    if (event.final !== undefined && event.final !== this.texts.join('')) this.tally.wrongFinals += 1;
    if (event.failure !== undefined) this.failure = event.failure;
    if (event.end === true) this.ended = true;
  }
}

/** Reads an error response. @returns its status and the beginning of its body */
async function describeErrorResponse(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming) text += String(chunk);
  return `HTTP status ${incoming.statusCode}: ${text.slice(0, 300)}`;
}

function sendRequest(job: LoadJob, body: Buffer, signal: AbortSignal): Promise<IncomingMessage> {
  const { path, headers } = PROTOCOLS[job.protocol];
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: job.port, path, method: 'POST', agent, signal };
    httpRequest({ ...options, headers: { ...headers, 'content-length': body.length } })
      .on('response', resolve)
      .on('error', reject)
      .end(body);
  });
}

/** Sends one request and reads its whole reply. Never rejects: errors go to `tally`. */
async function runRequest(job: LoadJob, body: Buffer, signal: AbortSignal, tally: Tally): Promise<void> {
  const reader = new ReplyReader(job, tally);
  let problem: string | undefined;
  try {
    const incoming = await sendRequest(job, body, signal);
    if (incoming.statusCode === 200) {
      incoming.on('data', (chunk: Buffer) => reader.push(chunk));
      await finished(incoming);
    } else problem = await describeErrorResponse(incoming);
  } catch (error) {
    problem = signal.aborted ? `not finished after ${job.deadlineMs} ms` : String(error);
  }
  reader.finish(problem);
}

async function run(job: LoadJob): Promise<LoadResult> {
  const bodies = createBodies(job.protocol, job.historyBytes, job.thread);
  const { toolCharacters } = bodies;
  const tally: Tally = {
    deltas: 0, lost: 0, surplus: 0, wrongFinals: 0, errors: [], latencies: [],
    firstByteMs: [], firstTextMs: [], replyBytes: [], toolCharacters,
  };
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  const timer = setTimeout(() => abort.abort(), job.deadlineMs);
  const stream = async (index: number): Promise<void> => {
    await sleep(index * job.staggerMs);
    for (let count = 0; count < job.requests && tally.errors.length === 0; count++) {
      await runRequest(job, bodies.next(), abort.signal, tally);
    }
  };
  await Promise.all(Array.from({ length: job.streams }, (_, index) => stream(index)));
  clearTimeout(timer);
  return tally;
}

handleCalls<LoadCalls>({ run });
