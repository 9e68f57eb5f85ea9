/** A client that behaves as Codex does when its stream fails: it repeats the request by itself, or ends the turn. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { StreamReply } from './sse-client';
import { ask, CODEX, finalResponse, type TestBridge } from '../bridge/test-bridge';

/** `stream_max_retries` of Codex, as it is by default: the first request and five more. */
const POSTS = 6;

/** Codes of `response.failed` after which Codex 0.169 retries (codex-protocol.md, section 3). */
const REPEATED = new Set(['server_error', 'rate_limit_exceeded']);

export interface CodexTurn {
  /** What each request of the turn was answered, in order. */
  readonly replies: readonly StreamReply[];
  readonly last: StreamReply;
}

let turns = 0;

/** Plays one turn: the same request until it succeeds, fails for good, or was repeated as often as Codex does. */
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
    if (status !== 'failed' || !REPEATED.has(error.code) || replies.length === POSTS) return { replies, last };
  }
}
