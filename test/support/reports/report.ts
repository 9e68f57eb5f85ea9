/**
 * Runs public reports as tests. A report has a provider that answers as reported, the client's requests, and the
 * correct result. Each one runs through a complete bridge in this process, configured by the report's environment.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { parseJson } from '../../../src/base/json';
import { resolveConfig } from '../../../src/config/resolve';
import { doneItems, eventsOf, finalResponse, KEY, startBridge, type Loose } from '../bridge/test-bridge';
import { postStream, type StreamReply } from '../clients/sse-client';
import { assertPaired } from './expectations';

/** A request as the provider received it. */
export interface ReportedCall {
  /** From 1. */
  readonly number: number;
  readonly path: string;
  readonly raw: string;
  readonly body: Loose;
}

/** An answer of the provider: the events of a stream, or a status with a body. */
export type ReportedAnswer =
  | { readonly events: readonly object[]; readonly done?: boolean }
  | { readonly status: number; readonly body: unknown; readonly headers?: OutgoingHttpHeaders };

/** What the client sends. Default `path`: /v1/responses. */
export interface ReportedRequest {
  readonly path?: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: object;
}

/** An answer as the client read it. */
export interface ReportedReply {
  readonly status: number;
  readonly raw: string;
  readonly events: readonly Loose[];
  readonly items: readonly Loose[];
  /** The items that are calls. */
  readonly calls: readonly Loose[];
  readonly text: string;
  /** The Response of the last event, or the JSON body. */
  readonly response: Loose;
}

export interface Seen {
  readonly replies: readonly ReportedReply[];
  readonly reply: ReportedReply;
  readonly calls: readonly ReportedCall[];
  readonly last: ReportedCall;
}

export interface Report {
  /** What a user saw: the name of the test. */
  readonly saw: string;
  /** The public threads of the report; a variant names its original. */
  readonly source: string;
  /** Environment variables, in which `UPSTREAM` is replaced by the provider's address. */
  readonly env?: Readonly<Record<string, string>>;
  readonly upstream: (call: ReportedCall) => ReportedAnswer;
  readonly requests: readonly ReportedRequest[];
  /** How each answer ends. Default: `completed`. */
  readonly ends?: 'completed' | 'incomplete' | 'failed';
  /** The text of each answer. */
  readonly text?: string;
  /** The error code of each response. */
  readonly code?: string;
  /** Matches the error message of each response. */
  readonly words?: RegExp;
  /** Requests to the provider in total. */
  readonly calls?: number;
  readonly check?: (seen: Seen) => void;
}

/** Declares one test for each report. */
export function testReports(theme: string, reports: readonly Report[]): void {
  describe(theme, () => {
    for (const report of reports) {
      it(`${report.saw} [${report.source}]`, async (context) => validate(report, await play(context, report)));
    }
  });
}

function validate(report: Report, seen: Seen): void {
  const { ends = 'completed', text, code, words, calls, check } = report;
  for (const reply of seen.replies.filter(({ response }) => response !== undefined)) {
    const { status, error } = reply.response;
    assert.equal(status, ends, `${error?.code}: ${error?.message}`);
    if (text !== undefined) assert.equal(reply.text, text);
    if (code !== undefined) assert.equal(error?.code, code, error?.message);
    if (words !== undefined) assert.match(error?.message, words);
  }
  if (calls !== undefined) assert.equal(seen.calls.length, calls, seen.calls.map(({ raw }) => raw).join('\n'));
  if (seen.last.body?.messages) assertPaired(seen.last);
  check?.(seen);
}

async function play(context: TestContext, { env = {}, upstream, requests }: Report): Promise<Seen> {
  const { url, calls, rejections } = await startReportedUpstream(context, upstream);
  const overrides = Object.entries(env).map(([name, value]) => [name, value.replace('UPSTREAM', url)] as const);
  const variables = { AI_API_BASE: `${url}/v1`, AI_API_KEY: KEY, ...Object.fromEntries(overrides) };
  const resolved = resolveConfig({}, variables);
  assert.ok(resolved.ok);
  const bridge = await startBridge(context, { settings: { ...resolved.config, port: 0, drainTimeoutMs: 0 } });
  const replies: ReportedReply[] = [];
  for (const { path = '/v1/responses', headers, body } of requests) {
    const isStream = path === '/v1/responses' && 'stream' in body && body.stream === true;
    const reply = isStream ? await bridge.stream(body, headers) : await postStream(bridge.url + path, body, headers);
    replies.push(readReply(reply));
  }
  assert.deepEqual(rejections, [], 'a request had no key, or a wrong one');
  const [reply, last] = [replies.at(-1), calls.at(-1)];
  assert.ok(reply !== undefined && last !== undefined, 'no request reached the provider');
  return { replies, reply, calls, last };
}

function readReply(reply: StreamReply): ReportedReply {
  const json: Loose = parseJson(reply.text);
  const complete = json?.object === 'response' ? json : undefined;
  const response = finalResponse(reply) ?? complete ?? (json?.error && { status: 'failed', error: json.error });
  const items = complete ? complete.output : doneItems(reply);
  const parts = items.filter(({ type }: Loose) => type === 'message').flatMap(({ content }: Loose) => content);
  return {
    status: reply.status,
    raw: reply.text,
    events: eventsOf(reply),
    items,
    calls: items.filter(({ type }: Loose) => /_call$/.test(type)),
    text: parts.map(({ text = '' }: Loose) => text).join(''),
    response,
  };
}

/** OpenAI's answer to a wrong key. */
const WRONG_KEY: ReportedAnswer = {
  status: 401, body: { error: { message: 'Incorrect API key provided.', code: 'invalid_api_key' } },
};

const isAuthorized = ({ headers }: IncomingMessage): boolean => headers.authorization === `Bearer ${KEY}`;

/** Starts a provider that answers every request with its key by `script`, and closes it after the test. */
async function startReportedUpstream(context: TestContext, script: Report['upstream']) {
  const calls: ReportedCall[] = [];
  const rejections: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const raw = Buffer.concat(parts).toString('utf8');
      const call = { number: calls.length + 1, path: request.url ?? '', raw, body: parseJson(raw) };
      const answer = isAuthorized(request) ? script(call) : WRONG_KEY;
      if (answer === WRONG_KEY) rejections.push(`${call.path}: ${request.headers.authorization}`);
      else calls.push(call);
      if ('events' in answer) {
        const events = answer.events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(events.join('') + (answer.done === false ? '' : 'data: [DONE]\n\n'));
      } else {
        response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
        response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
      }
    });
  });
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, rejections };
}
