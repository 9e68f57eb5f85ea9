/** The response half of a tool codec: turns the arguments a model writes into the item its client expects. */
import type { CallEvent } from '../wire/responses-events';
import type { OutputCall } from '../wire/responses-output';
import type { CallTarget } from './call-target';

/** Where the call stands in the response. */
export interface CallPlace {
  readonly itemId: string;
  readonly outputIndex: number;
  readonly callId: string;
}

/** Writes one call. `begin` once, `push` for each piece of arguments, `end` once the call is whole. */
export interface CallWriter {
  begin(): OutputCall;
  push(text: string): readonly CallEvent[];
  end(): { readonly events: readonly CallEvent[]; readonly item: OutputCall; readonly notes?: readonly string[] };
}

export type CreateCallWriter = (target: CallTarget, place: CallPlace) => CallWriter;

/** Prefix of the item ids of each kind, as Codex makes them (codex-protocol.md, section 1). */
export const CALL_ID_PREFIX: { readonly [K in CallTarget['kind']]: string } = {
  function: 'fc',
  custom: 'ctc',
  tool_search: 'tsc',
  local_shell: 'lsh',
  shell: 'sh',
  apply_patch: 'apc',
};
