/** An assembler for answers that no provider gives: without tools, without reasoning. */
import type { ClientKind } from '../errors/error-body';
import { ResponsesAssembler } from '../stream/responses-assembler';
import { createCallWriter } from '../tools/kinds';
import type { Runtime } from './runtime';

/** @param model the name the client asked for, empty when it is not known */
export function bareAssembler(model: string, client: ClientKind, runtime: Runtime): ResponsesAssembler {
  const { clock, makeId } = runtime;
  return new ResponsesAssembler({
    responseId: makeId('resp'),
    createdAt: Math.floor(clock() / 1_000),
    model,
    client,
    clock,
    makeId,
    reasoning: 'hidden',
    findTarget: (name) => ({ kind: 'function', name }),
    createCallWriter,
    note: () => undefined,
  });
}
