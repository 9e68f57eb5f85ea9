/** Cases that are written by hand, for tests of one thing at a time. */
import type { FuzzAnswer, FuzzCase } from './cases';

/** An event stream of these values. */
export const toSse = (values: readonly unknown[]): Buffer =>
  Buffer.from([...values.map((value) => JSON.stringify(value)), '[DONE]'].map((data) => `data: ${data}\n\n`).join(''));

/** A response that streams these bytes. */
export const streamOf = (bytes: Buffer): FuzzAnswer =>
  ({ status: 200, headers: { 'content-type': 'text/event-stream' }, reads: [bytes], breaks: false });

export const JSON_TYPE = { 'content-type': 'application/json' } as const;

/** One word of a model. */
export const ANSWER = streamOf(toSse([{ choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] }]));

/** A request of an SDK client for /v1/responses, and a short answer; `rest` replaces parts of it. */
export const toCase = (name: string, body: unknown, answer = ANSWER, rest: Partial<FuzzCase> = {}): FuzzCase => ({
  number: 0, name, wire: 'chat', client: 'sdk', answer, ...rest,
  request: {
    path: '/v1/responses', headers: JSON_TYPE, ...rest.request,
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  },
});
