/** What must be true after the demo: each check holds what was expected and what was seen. */
import type { UnknownRecord } from '../base/json';
import { asString } from '../base/narrow';
import type { Answer } from './client';
import type { Round } from './conversation';
import { findDisorder, findGap } from './event-order';
import { readMessages, readToolNames } from './judge-request';
import { describeTerminal, findCalls, findFirstWord, findTerminals, findUsage } from './read-answer';
import { joinDeltas, joinItemTexts, REASONING_DELTA, TEXT_DELTA } from './read-answer';
import { composeSecondAnswer, FIRST_ANSWER, INSTRUCTIONS, type ScriptedAnswer, type ScriptedUsage } from './script';
import type { ModelExchange } from './simulated-model';
import { DEMO_TOOLS } from './tools';

/** Right when both texts are the same. */
export interface Check {
  readonly claim: string;
  readonly expected: string;
  readonly seen: string;
}

/**
 * Takes what the model received and what the client received; both end where the bridge failed. Returns the checks in
 * the order of the story.
 */
export function checkDemo(exchanges: readonly ModelExchange[], rounds: readonly Round[]): readonly Check[] {
  const [first, second] = rounds;
  const results = first?.results.map(({ output }) => output) ?? [];
  return [
    ...checkFirstRequest(exchanges[0]),
    ...checkAnswer(1, first?.answer, FIRST_ANSWER, exchanges[0]),
    ...checkCalls(first?.answer),
    ...checkSecondRequest(exchanges, results),
    ...checkAnswer(2, second?.answer, composeSecondAnswer(results), exchanges[1]),
  ];
}

/** True when what was seen is what was expected. */
export const isRight = ({ expected, seen }: Check): boolean => expected === seen;

function same(claim: string, expected: unknown, seen: unknown): Check {
  return { claim, expected: toText(expected), seen: toText(seen) };
}

const toText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value) ?? 'nothing');

function checkFirstRequest(first: ModelExchange | undefined): readonly Check[] {
  const verdict = checkVerdict(1, first);
  if (first === undefined) return [verdict];
  const tools = DEMO_TOOLS.map(({ upstreamName }) => upstreamName).join(', ');
  const system = { role: 'system', content: INSTRUCTIONS };
  return [
    verdict,
    same('request 1: the developer message is the system message', system, readMessages(first.body)[0]),
    same(`request 1: the tools are ${tools}`, tools, readToolNames(first.body).join(', ')),
  ];
}

function checkSecondRequest([first, second]: readonly ModelExchange[], results: readonly string[]): readonly Check[] {
  const verdict = checkVerdict(2, second);
  if (first === undefined || second === undefined) return [verdict];
  const before = readMessages(first.body);
  const messages = readMessages(second.body);
  const [turn, ...answers] = messages.slice(before.length);
  return [
    verdict,
    same('request 2: begins with the messages of request 1', before, messages.slice(0, before.length)),
    same('request 2: the reasoning went back to the model', FIRST_ANSWER.reasoning, turn?.['reasoning_content']),
    same('request 2: each call is followed by its result', results, answers.map(({ content }) => content)),
  ];
}

function checkVerdict(number: 1 | 2, exchange: ModelExchange | undefined): Check {
  const verdict = exchange === undefined ? 'never arrived' : exchange.fault ?? 'accepted';
  return same(`request ${number}: a strict provider accepts it`, 'accepted', verdict);
}

function checkAnswer(
  number: 1 | 2,
  answer: Answer | undefined,
  script: ScriptedAnswer,
  exchange: ModelExchange | undefined,
): readonly Check[] {
  if (answer === undefined) return [same(`answer ${number}: was asked for`, 'asked for', 'no calls to answer')];
  const { events } = answer;
  const said = { reasoning: script.reasoning, text: script.text };
  const deltas = { reasoning: joinDeltas(answer, REASONING_DELTA), text: joinDeltas(answer, TEXT_DELTA) };
  const items = { reasoning: joinItemTexts(answer, 'reasoning'), text: joinItemTexts(answer, 'message') };
  const claims: readonly (readonly [claim: string, expected: unknown, seen: unknown])[] = [
    ['is an event stream, complete to its end', '200 text/event-stream, complete', `${answer.head}, ${answer.ending}`],
    [`${events.length} events are numbered without a gap`, 'no gap', findGap(events) ?? 'no gap'],
    ['every event stands in its place', 'in order', findDisorder(events) ?? 'in order'],
    ['ends once, with response.completed', 'response.completed', describeEnd(answer)],
    ['arrived while the model was still speaking', 'live', describePace(answer, exchange)],
    ['the pieces are what the model said', said, deltas],
    ['the finished items are what the model said', said, items],
    ['the usage is exact', renderUsage(script.usage), findUsage(answer)],
  ];
  return claims.map(([claim, expected, seen]) => same(`answer ${number}: ${claim}`, expected, seen));
}

function describePace(answer: Answer, exchange: ModelExchange | undefined): string {
  const first = findFirstWord(answer);
  if (first === undefined) return 'not a word';
  return first < (exchange?.lastPieceAt ?? 0) ? 'live' : 'held back until the model had ended';
}

function describeEnd(answer: Answer): string {
  const terminals = findTerminals(answer).map(describeTerminal);
  return terminals.length === 0 ? 'no terminal event' : terminals.join(', ');
}

function renderUsage({ prompt, cached, completion, reasoning }: ScriptedUsage): UnknownRecord {
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: completion,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: prompt + completion,
  };
}

/** Name, namespace and arguments of each call, exactly as the client declared the tool. */
function checkCalls(answer: Answer | undefined): readonly Check[] {
  const calls = answer ? findCalls(answer) : [];
  const checks = FIRST_ANSWER.calls.map(({ tool, arguments: json }, index) => {
    const place = tool.namespace === undefined ? '' : ` of ${tool.namespace}`;
    const seen = calls[index];
    return same(
      `answer 1: calls ${tool.name}${place} with ${json}`,
      describeCall(tool.namespace, tool.name, json),
      seen && describeCall(asString(seen['namespace']), asString(seen['name']), asString(seen['arguments'])),
    );
  });
  return [...checks, same('answer 1: calls nothing else', `${checks.length} calls`, `${calls.length} calls`)];
}

const describeCall = (namespace: string | undefined, name: string | undefined, json: string | undefined): string =>
  `namespace ${namespace ?? 'none'}, name ${name ?? 'none'}, arguments ${json ?? 'none'}`;
