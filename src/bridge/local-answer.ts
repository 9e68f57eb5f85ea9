/** Creates responses without a provider: for a request that only loads a model, and for a turn that never started. */
import { asText, isRecord } from '../base/json';
import type { BridgeError } from '../errors/bridge-error';
import type { ClientKind } from '../errors/error-body';
import { ResponsesAssembler } from '../stream/responses-assembler';
import { encodeEcho, SSE_DONE, SseEncoder } from '../stream/sse';
import { ToolSet } from '../tools/tool-set';
import type { ResponsesRequest } from '../wire/responses-request';
import type { Turn } from './bridge';
import { createResponsesProtocol } from './stream-turn';
import type { Runtime } from './turn-context';

/**
 * Answers the preload request of `codex --oss --local-provider lmstudio`: a completed Response with one empty message.
 * No provider is called, so no quota is used (fixture 27).
 */
export function answerPreload(request: ResponsesRequest, runtime: Runtime): Turn {
  const assembler = createBareAssembler(request.model ?? '', 'generic', runtime);
  const protocol = createResponsesProtocol(encodeEcho(request.echo), 'generic');
  const events = [
    ...assembler.start(),
    ...assembler.step({ type: 'text-delta', text: '' }),
    ...assembler.step({ type: 'finish', reason: 'stop' }),
    ...assembler.end(),
  ];
  protocol.collect(events);
  return {
    stream: request.stream,
    notes: ['answered the preload request without calling the provider'],
    keepAlive: () => protocol.keepAlive(),
    fail: (error) => protocol.fail(error) + protocol.done,
    async *frames() {
      yield protocol.encode(events) + protocol.done;
    },
    collect: () => Promise.resolve({ status: 200, body: protocol.body() }),
  };
}

/**
 * Returns the stream of a turn that never started: Codex shows the message of `response.failed`, not that of an HTTP
 * error.
 * @param body the request body, undefined if it could not be read
 */
export function renderFailedTurn(error: BridgeError, body: unknown, runtime: Runtime): string {
  const model = isRecord(body) ? asText(body['model']) : undefined;
  const assembler = createBareAssembler(model ?? '', 'codex', runtime);
  return new SseEncoder('').encode([...assembler.start(), ...assembler.fail(error)]) + SSE_DONE;
}

/** @param model the name that the client sent; empty if unknown */
function createBareAssembler(model: string, client: ClientKind, { clock, makeId }: Runtime): ResponsesAssembler {
  return new ResponsesAssembler({
    responseId: makeId('resp'),
    createdAt: Math.floor(clock() / 1_000),
    model,
    client,
    clock,
    makeId,
    reasoning: 'hidden',
    tools: new ToolSet(),
    notes: new Set(),
  });
}
