/** A provider's own Responses endpoint, for tests: answers by script, and rejects what native-rules.ts lists. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseJsonObject, type UnknownRecord } from '../../../src/base/json';
import { validateNative, type NativeBehavior, type NativeRejection } from '../strict/native-rules';
import { renderNativeAnswer, type NativeReasoningForm } from './native-stream';
import { reply, type AnswerOptions, type Step } from './steps';
import { breakOff, readText, sendRaw, sendReply } from './writer';

export interface NativeRequestSeen {
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON; `undefined` if it is invalid. */
  readonly body: any;
  readonly rawBody: string;
}

export interface NativeUpstreamOptions {
  /** One step for each accepted request. */
  readonly script: readonly Step[];
  /** Default: `content`. */
  readonly reasoning?: NativeReasoningForm;
  readonly apiKey?: string;
  /** Efforts that the model accepts. Default: all. */
  readonly efforts?: readonly string[];
  /** The behavior of a provider's endpoint. Default: a plain endpoint. */
  readonly behavior?: NativeBehavior;
  /** Accepts every request that would get a 400. */
  readonly lenient?: boolean;
  /** Answers with one JSON object even if a stream was requested. */
  readonly asJson?: boolean;
}

export interface NativeUpstream {
  /** Base URL ending in `/v1`. */
  readonly url: string;
  readonly requests: readonly NativeRequestSeen[];
  /** The message of every rejection, and every error that a gate threw as `script: error`. */
  readonly rejections: readonly string[];
  /** Throws unless every request was accepted and each step was used once. */
  assertClean(): void;
  close(): Promise<void>;
}

/** Starts the endpoint on a free loopback port. */
export async function startNativeUpstream(options: NativeUpstreamOptions): Promise<NativeUpstream> {
  const upstream = new Upstream(options);
  await upstream.listen();
  return upstream;
}

class Upstream implements NativeUpstream {
  url = '';
  readonly requests: NativeRequestSeen[] = [];
  readonly rejections: string[] = [];
  /** Reasoning items by the model that sent them: no other model can decrypt them. */
  private readonly issued = new Map<unknown, UnknownRecord[]>();
  private readonly server = createServer((message, response) => {
    this.handle(message, response).catch((error: unknown) => {
      this.rejections.push(`script: ${String(error)}`);
      breakOff(response);
    });
  });
  private accepted = 0;

  constructor(private readonly options: NativeUpstreamOptions) {}

  async listen(): Promise<void> {
    await new Promise<void>((listening) => this.server.listen(0, '127.0.0.1', listening));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  assertClean(): void {
    assert.deepEqual(this.rejections, []);
    assert.equal(this.accepted, this.options.script.length, 'accepted requests');
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const rawBody = await readText(message);
    if (rawBody === undefined) return;
    const body = parseJsonObject(rawBody);
    this.requests.push({ headers: message.headers, body, rawBody });
    const { apiKey, efforts, behavior } = this.options;
    const route = `${message.method} ${message.url}`;
    if (route.endsWith(' /v1/models')) return sendReply(response, { status: 404, headers: {}, body: 'File Not Found' });
    const rejection = validateNative({
      route, headers: message.headers, body, apiKey, efforts, issued: this.issued.get(body?.['model']) ?? [], behavior,
    });
    if (rejection && !(this.options.lenient && rejection.status === 400)) {
      this.rejections.push(rejection.message);
      return this.run(reply({ status: rejection.status, body: renderRejection(rejection, behavior) }), '', response);
    }
    const step = this.options.script[this.accepted];
    this.accepted += 1;
    await this.run(
      step ?? reply({ status: 500, body: { error: { message: 'The script has no more steps.' } } }),
      String(body?.['model']),
      response,
    );
  }

  private async run(step: Step, model: string, response: ServerResponse): Promise<void> {
    switch (step.kind) {
      case 'reply':
        return sendReply(response, step);
      case 'raw':
        return sendRaw(response, step);
      case 'answer':
        return this.answer(step.options, model, response);
      case 'refuse':
        return breakOff(response);
      case 'silence':
        return undefined;
    }
  }

  private async answer(options: AnswerOptions, model: string, response: ServerResponse): Promise<void> {
    const { behavior, reasoning = behavior?.reasoning ?? 'content', asJson = false } = this.options;
    const uuids = behavior?.uuids === true;
    const rendered = renderNativeAnswer(options, { model, number: this.accepted, reasoning, uuids });
    this.issued.set(model, [...this.issued.get(model) ?? [], ...rendered.reasoning]);
    if (asJson) {
      const headers = { 'content-type': 'application/json' };
      return sendReply(response, { status: 200, headers, body: JSON.stringify(rendered.response) });
    }
    const { cutAfter, end = 'eof', gate, writeSize } = options;
    const events = rendered.events.slice(0, cutAfter);
    const chunks = writeSize === undefined ? events : splitBytes(events.join(''), writeSize);
    return sendRaw(response, {
      status: 200,
      headers: { 'content-type': 'text/event-stream', ...options.headers },
      chunks,
      end,
      ...(gate && { gate }),
    });
  }
}

function renderRejection(rejection: NativeRejection, behavior: NativeBehavior | undefined): object {
  const { message, param = null } = rejection;
  return behavior?.body?.(rejection) ?? { error: { message, type: 'invalid_request_error', param, code: null } };
}

function splitBytes(text: string, size: number): readonly Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}
