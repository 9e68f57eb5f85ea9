/** The stream of a turn that never started: Codex shows the message of `response.failed`, not that of an HTTP error. */
import { isRecord } from '../base/json';
import { asText } from '../base/narrow';
import type { BridgeError } from '../errors/bridge-error';
import { SseEncoder, SSE_DONE } from '../stream/sse-encoder';
import { bareAssembler } from './bare-assembler';
import type { Runtime } from './runtime';

/** @param body the request as far as it was read, undefined when it was not */
export function failedFrames(error: BridgeError, body: unknown, runtime: Runtime): string {
  const model = isRecord(body) ? asText(body['model']) : undefined;
  const assembler = bareAssembler(model ?? '', 'codex', runtime);
  return new SseEncoder('').encode([...assembler.start(), ...assembler.fail(error)]) + SSE_DONE;
}
