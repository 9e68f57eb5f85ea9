/** POST /chat/completions. */
import { answerTurn } from '../answer-turn';
import type { Handler } from '../exchange';

/** Answers a Chat Completions request; a body with `input` is answered as a Response. */
export const answerChatCompletions: Handler = (exchange) => answerTurn(exchange, 'chat');
