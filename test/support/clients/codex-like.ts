/** A client that handles failed streams like Codex: it retries the request, or ends the turn. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { StreamReply } from './sse-client';
import { ask, CODEX, finalResponse, type TestBridge } from '../bridge/test-bridge';

/** The first request and 5 retries, the default `stream_max_retries` of Codex. */
const MAX_REQUESTS = 6;

/** Codes of `response.failed` after which Codex 0.169 retries (codex-protocol.md, section 3). */
const RETRIED = new Set(['server_error', 'rate_limit_exceeded']);

export interface CodexTurn {
  /** The answer to each request of the turn, in order. */
  readonly replies: readonly StreamReply[];
  readonly last: StreamReply;
}

let turns = 0;

/** Runs one turn: retries the request until it succeeds, fails permanently, or Codex would give up. */
export async function playCodexTurn(bridge: TestBridge, body: object = {}): Promise<CodexTurn> {
  turns += 1;
  const headers: OutgoingHttpHeaders = {
    ...CODEX,
    'x-codex-turn-metadata': JSON.stringify({ turn_id: `turn-${turns}` }),
  };
  const replies: StreamReply[] = [];
  for (;;) {
    const last = await bridge.stream({ input: ask(), ...body }, headers);
    replies.push(last);
    const { status, error } = finalResponse(last);
    if (status !== 'failed' || !RETRIED.has(error.code) || replies.length === MAX_REQUESTS) return { replies, last };
  }
}
