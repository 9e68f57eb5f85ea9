/**
 * The Chat Completions provider of every integration test: answers by script, in the shape of a real provider, and
 * rejects what a real provider would reject. Sources: strict/ for the rules, chat-stream.ts for the shapes.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { asRecord, parseJson } from '../../../src/base/json';
import { findBehavior } from '../strict/providers';
import { validateQuirks, type QuirkName } from '../strict/quirks';
import { validate, renderRejection, type StrictRuleName } from '../strict/rules';
import type { ProviderBehavior } from '../strict/provider';
import type { StrictSettings, UpstreamDialect } from '../strict/rule';
import { reply, type Step } from './steps';
import { breakOff, readText, sendAnswer, sendRaw, sendReply, wasBrokenOff } from './writer';

export { answer, createTurnstile, raw, refuse, reply, silence } from './steps';
export type { Gate, Step, StreamEnd, Turnstile } from './steps';
export type { UpstreamDialect } from '../strict/rule';
export { chatRequest } from './chat-bodies';

/** A request as received, accepted or not. */
export interface CapturedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON; `undefined` if it is invalid. */
  readonly body: any;
  readonly rawBody: string;
  /** Resolves when the client closes the connection before the answer ends; otherwise stays pending. */
  readonly aborted: Promise<void>;
}

export interface ScriptedUpstreamOptions {
  /** Default: `dashscope`, the stricter of the two. */
  readonly dialect?: UpstreamDialect;
  /**
   * The name of a provider row: uses its rules, messages and answers instead of those of a dialect
   * (strict/providers.ts).
   */
  readonly provider?: string;
  /** One step for each accepted completion request, or a function that picks it; `index` counts accepted requests. */
  readonly script: readonly Step[] | ((request: CapturedRequest, index: number) => Step);
  /** If set, every other key gets the provider's 401. */
  readonly apiKey?: string | readonly string[];
  /** If set, every other model gets the dialect's rejection; also the model list of the openai dialect. */
  readonly models?: readonly string[];
  /** Highest `max_tokens`. Default: 65,536, as for Qwen on the Coding Plan. */
  readonly maxTokens?: number;
  /** What the host rejects in addition to the rules of its dialect or provider. */
  readonly quirks?: readonly QuirkName[];
  /** Rules that are turned off. */
  readonly without?: readonly StrictRuleName[];
  /** Fields accepted in addition to the dialect's own, at the top level, in messages and in functions. */
  readonly allowFields?: readonly string[];
}

export interface ScriptedUpstream {
  /** Base URL ending in `/v1`. */
  readonly url: string;
  readonly requests: readonly CapturedRequest[];
  /** Every rejection as `rule: message`, and every error that a script function or a gate threw as `script: error`. */
  readonly rejections: readonly string[];
  /** True if a request arrived after the end of the script. */
  readonly overrun: boolean;
  readonly openConnections: number;
  /** Returns each request once, in order, waiting if necessary. Rejects if the upstream closes first. */
  nextRequest(): Promise<CapturedRequest>;
  /** Throws unless every request was accepted and, if the script is a list, each step was used once. */
  assertClean(): void;
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
}

/** Starts the upstream on a free loopback port. */
export async function startScriptedUpstream(options: ScriptedUpstreamOptions): Promise<ScriptedUpstream> {
  const upstream = new Upstream(options);
  await upstream.listen();
  return upstream;
}

interface Waiter { resolve(request: CapturedRequest): void; reject(error: Error): void }

class Upstream implements ScriptedUpstream {
  readonly requests: CapturedRequest[] = [];
  readonly rejections: string[] = [];
  url = '';
  overrun = false;

  private readonly settings: StrictSettings;
  private readonly behavior: ProviderBehavior | undefined;
  private readonly server = createServer((message, response) => {
    this.handle(message, response).catch((error: unknown) => {
      this.rejections.push(`script: ${String(error)}`);
      breakOff(response);
    });
  });
  private readonly waiters: Waiter[] = [];
  private readonly connections = new Set<Socket>();
  private handedOut = 0;
  private accepted = 0;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: ScriptedUpstreamOptions) {
    const { provider, maxTokens = 65_536, allowFields = [], apiKey, models } = options;
    const behavior = provider === undefined ? undefined : findBehavior(provider);
    const dialect = behavior?.column ?? options.dialect ?? 'dashscope';
    this.behavior = behavior;
    this.settings = {
      dialect,
      ...(behavior === undefined ? {} : { behavior }),
      maxTokens,
      allowFields,
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(models === undefined ? {} : { models }),
    };
    this.server.on('connection', (socket) => {
      socket.setNoDelay(true);
      this.connections.add(socket);
      socket.once('close', () => this.connections.delete(socket));
    });
  }

  get openConnections(): number {
    return this.connections.size;
  }

  async listen(): Promise<void> {
    await new Promise<void>((listening) => this.server.listen(0, '127.0.0.1', listening));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  nextRequest(): Promise<CapturedRequest> {
    const request = this.requests[this.handedOut];
    if (request !== undefined) {
      this.handedOut += 1;
      return Promise.resolve(request);
    }
    if (this.closing !== undefined) return Promise.reject(new Error('The scripted upstream is closed'));
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  assertClean(): void {
    const { script } = this.options;
    assert.ok(this.rejections.length === 0, `The scripted upstream rejected:\n${this.rejections.join('\n')}`);
    assert.ok(!this.overrun, `The script ended before the last of ${this.accepted} requests`);
    const steps = typeof script === 'function' ? this.accepted : script.length;
    assert.equal(this.accepted, steps, `${this.accepted} of ${steps} steps of the script were used`);
  }

  close(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  private async shutDown(): Promise<void> {
    const error = new Error('The scripted upstream closed before the request arrived');
    for (const { reject } of this.waiters.splice(0)) reject(error);
    const closed = [...this.connections].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    this.server.close();
    this.server.closeAllConnections();
    await Promise.all([once(this.server, 'close'), ...closed]);
  }

  private async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client may disconnect while it sends or reads.
    response.on('error', () => undefined);
    const rawBody = await readText(message);
    if (rawBody === undefined) return;
    const request = this.capture(message, response, rawBody);
    const rejection = validate(request, this.settings, this.options.without);
    if (rejection !== undefined) {
      this.rejections.push(`${rejection.rule}: ${rejection.message}`);
      const body = renderRejection(rejection, this.settings, `req-${this.requests.length}`);
      return sendReply(response, { status: rejection.status, headers: { 'content-type': 'application/json' }, body });
    }
    const quirk = request.method === 'POST' && validateQuirks(this.options.quirks ?? [], request.body);
    if (quirk) {
      this.rejections.push(`${quirk.name}: ${quirk.message}`);
      const { status, body } = quirk;
      return sendReply(response, { status, headers: { 'content-type': 'application/json' }, body });
    }
    if (request.method === 'GET') return this.run(this.modelList(), request, response);
    await this.run(this.nextStep(request), request, response);
  }

  private capture(message: IncomingMessage, response: ServerResponse, rawBody: string): CapturedRequest {
    const aborted = new Promise<void>((resolve) => {
      response.once('close', () => {
        if (this.closing === undefined && !response.writableFinished && !wasBrokenOff(response)) resolve();
      });
    });
    const { method = '', url = '', headers } = message;
    const request = { method, path: url, headers, body: parseJson(rawBody), rawBody, aborted };
    this.requests.push(request);
    const waiter = this.waiters.shift();
    if (waiter !== undefined) {
      this.handedOut += 1;
      waiter.resolve(request);
    }
    return request;
  }

  private nextStep(request: CapturedRequest): Step {
    const { script } = this.options;
    const index = this.accepted;
    this.accepted += 1;
    try {
      const step = typeof script === 'function' ? script(request, index) : script[index];
      if (step !== undefined) return step;
      this.overrun = true;
      return scriptError(`The script of the scripted upstream has ${index} steps; this is request ${index + 1}`);
    } catch (error) {
      this.rejections.push(`script: ${String(error)}`);
      return scriptError(`The script of the scripted upstream threw: ${String(error)}`);
    }
  }

  private modelList(): Step {
    const models = this.settings.models ?? ['scripted-model'];
    const data = models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'scripted' }));
    return reply({ status: 200, body: { object: 'list', data } });
  }

  private async run(step: Step, request: CapturedRequest, response: ServerResponse): Promise<void> {
    switch (step.kind) {
      case 'reply':
        return sendReply(response, step);
      case 'raw':
        return sendRaw(response, step);
      case 'answer':
        return sendAnswer(response, step.options, this.contextOf(request), request.body.stream === true);
      case 'refuse':
        return breakOff(response);
      case 'silence':
        return undefined;
    }
  }

  private contextOf({ body }: CapturedRequest) {
    const style = this.behavior?.answers?.(asRecord(body) ?? {});
    return {
      dialect: this.settings.dialect,
      ...(style === undefined ? {} : { style }),
      model: body.model,
      number: this.accepted,
      includeUsage: body.stream_options?.include_usage === true,
      choices: body.n ?? 1,
    };
  }
}

const scriptError = (message: string): Step =>
  reply({ status: 500, body: { error: { message, type: 'server_error', param: null, code: 'script_error' } } });
