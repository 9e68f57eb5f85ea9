/** POST /responses/compact. */
import { answerTurn } from '../answer-turn';
import type { Handler } from '../exchange';

/** Answers with a compaction object; see bridge/turn.ts. */
export const answerCompaction: Handler = (exchange) => answerTurn(exchange, 'compaction');
