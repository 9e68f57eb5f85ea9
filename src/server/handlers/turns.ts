/** The POST routes: each asks for a turn of its kind; a body may still speak the other protocol. */
import type { TurnKind } from '../../bridge/bridge';
import { answerTurn } from '../answer-turn';
import type { Handler } from '../http-exchange';

const asking = (kind: TurnKind): Handler => (exchange) => answerTurn(exchange, kind);

/** POST /responses; a body with `messages` is answered as a Chat Completion. */
export const answerResponses = asking('responses');
/** POST /chat/completions; a body with `input` is answered as a Response. */
export const answerChatCompletions = asking('chat');
/** POST /responses/compact: a compaction object. */
export const answerCompaction = asking('compaction');
