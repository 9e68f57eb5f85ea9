/** POST /responses. */
import { answerTurn } from '../answer-turn';
import type { Handler } from '../exchange';

/** Answers a Responses request; a body with `messages` is answered as a Chat Completion. */
export const answerResponses: Handler = (exchange) => answerTurn(exchange, 'responses');
