/** LM Studio's way to load a model: an empty request for one token, answered here because it asks for nothing. */
import { ResponsesAssembler } from '../stream/responses-assembler';
import { encodeEcho } from '../stream/sse-encoder';
import type { ResponsesRequest } from '../wire/responses-request';
import type { Turn } from './bridge';
import { responsesProtocol } from './client-protocol';
import { bareAssembler } from './bare-assembler';
import type { Runtime } from './runtime';

/** `codex --oss --local-provider lmstudio` sends this before its first turn (fixture 27). */
export function isPreload(request: ResponsesRequest): boolean {
  return request.input.length === 0 && request.maxOutputTokens === 1 && request.instructions === undefined;
}

/** A completed Response with one empty message; no provider is asked, no request of a plan is spent. */
export function answerPreload(request: ResponsesRequest, runtime: Runtime): Turn {
  const assembler: ResponsesAssembler = bareAssembler(request.model ?? '', 'generic', runtime);
  const protocol = responsesProtocol(encodeEcho(request.echo), 'generic');
  const events = [
    ...assembler.start(),
    ...assembler.step({ type: 'text-delta', text: '' }),
    ...assembler.step({ type: 'finish', reason: 'stop' }),
    ...assembler.end(),
  ];
  protocol.collect(events);
  return {
    stream: request.stream,
    notes: ['answered the preload request without asking the provider'],
    pulse: () => protocol.pulse(),
    async *frames() {
      yield protocol.encode(events) + protocol.done;
    },
    collect: () => Promise.resolve({ status: 200, body: protocol.body() }),
  };
}
