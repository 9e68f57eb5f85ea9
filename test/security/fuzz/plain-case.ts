/** Handwritten cases, for tests of one thing at a time. */
import type { FuzzAnswer, FuzzCase } from './cases';

/** An event stream of these values. */
export const toSse = (values: readonly unknown[]): Buffer =>
  Buffer.from([...values.map((value) => JSON.stringify(value)), '[DONE]'].map((data) => `data: ${data}\n\n`).join(''));

/** A response that streams these bytes. */
export const streamOf = (bytes: Buffer): FuzzAnswer =>
  ({ status: 200, headers: { 'content-type': 'text/event-stream' }, reads: [bytes], breaks: false });

export const JSON_TYPE = { 'content-type': 'application/json' } as const;

/** An answer of one word. */
export const ANSWER = streamOf(toSse([{ choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] }]));

/** A request of an SDK client for /v1/responses, and a short answer; `overrides` replaces parts of it. */
export const toCase = (name: string, body: unknown, answer = ANSWER, overrides: Partial<FuzzCase> = {}): FuzzCase => ({
  number: 0, name, wire: 'chat', client: 'sdk', answer, ...overrides,
  request: {
    path: '/v1/responses', headers: JSON_TYPE, ...overrides.request,
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  },
});
