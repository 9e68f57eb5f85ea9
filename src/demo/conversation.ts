/** The demo's conversation: a question, the tools the model calls, and the question again with their results. */
import { parseJsonObject, type UnknownRecord } from '../base/json';
import { asString } from '../base/narrow';
import { ask, type Answer, type Question } from './client';
import { findCalls, findItems } from './read-answer';
import { INSTRUCTIONS, PROMPT } from './script';
import { findTool } from './tools';

/** A tool that was run, and the item that tells the model of it. */
export interface ToolResult {
  readonly name: string;
  readonly output: string;
  readonly item: UnknownRecord;
}

export interface Round {
  readonly answer: Answer;
  readonly results: readonly ToolResult[];
}

export interface Spectator {
  /** Before the request with this number is sent. */
  beginRequest(number: number): void;
  readonly onEvent: Question['onEvent'];
  /** The answer has ended. */
  endAnswer(answer: Answer): void;
  onToolResult(result: ToolResult): void;
}

/** One round more than the script needs would be one too many. */
const MOST_ROUNDS = 2;

/** Asks until the model calls no tool any more; what goes wrong is left in the answers. */
export async function converse(
  { baseUrl, limitMs }: Pick<Question, 'baseUrl' | 'limitMs'>,
  spectator: Spectator,
): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  let input: readonly unknown[] = [message('developer', INSTRUCTIONS), message('user', PROMPT)];
  while (rounds.length < MOST_ROUNDS) {
    spectator.beginRequest(rounds.length + 1);
    const answer = await ask({ baseUrl, input, limitMs, onEvent: spectator.onEvent });
    spectator.endAnswer(answer);
    const results = await runTools(answer, spectator);
    rounds.push({ answer, results });
    if (results.length === 0) break;
    // What Codex sends back: the finished items as they are, then the results (codex-protocol.md, section 4).
    input = [...input, ...findItems(answer), ...results.map(({ item }) => item)];
  }
  return rounds;
}

const message = (role: 'developer' | 'user', text: string): UnknownRecord =>
  ({ type: 'message', role, content: [{ type: 'input_text', text }] });

async function runTools(answer: Answer, spectator: Spectator): Promise<readonly ToolResult[]> {
  const results: ToolResult[] = [];
  for (const call of findCalls(answer)) {
    const result = await runTool(call);
    spectator.onToolResult(result);
    results.push(result);
  }
  return results;
}

/** A call that fits no tool gets the answer that Codex gives (codex-protocol.md, "Tool calls"). */
async function runTool(call: UnknownRecord): Promise<ToolResult> {
  const name = asString(call['name']) ?? 'no name';
  const tool = findTool(name, asString(call['namespace']));
  const given = parseJsonObject(asString(call['arguments']) ?? '') ?? {};
  const output = tool === undefined ? `unsupported call: ${name}` : await tool.run(given);
  return { name, output, item: { type: 'function_call_output', call_id: call['call_id'], output } };
}
