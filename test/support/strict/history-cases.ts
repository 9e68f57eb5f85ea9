/** Strict cases for tool calls and their results. */
import { calling, toolCall, toolResult, user } from '../upstream/chat-bodies';
import { ALGO, history, type StrictCase } from './case';

const rounds = (count: number): readonly unknown[] =>
  Array.from({ length: count }, (_, index) => [calling(toolCall(`c${index}`)), toolResult(`c${index}`)]).flat();

const UNANSWERED_DASHSCOPE =
  `${ALGO}An assistant message with "tool_calls" must be followed by tool messages responding to each ` +
  '"tool_call_id". The following tool_call_ids did not have response messages: ';
const UNANSWERED_OPENAI =
  "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
  'The following tool_call_ids did not have response messages: ';
const ORPHAN_DASHSCOPE = `${ALGO}messages with role "tool" must be a response to a preceeding message with ` +
  '"tool_calls".';
const ORPHAN_OPENAI =
  "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";

/** Shape, ids, pairing and repetition. */
export const HISTORY_CASES: readonly StrictCase[] = [
  {
    rule: 'calls-empty',
    rejected: history({ role: 'assistant', content: 'x', tool_calls: [] }, user()),
    accepted: history({ role: 'assistant', content: 'x' }, user()),
    dashscope: "[] is too short - 'messages.[2].tool_calls'",
    openai:
      "Invalid 'messages[2].tool_calls': empty array. Expected an array with minimum length 1, but got an empty " +
      "array instead.",
  },
  {
    rule: 'call-id',
    rejected: history(calling(toolCall('')), toolResult('')),
    accepted: history(calling(toolCall('c')), toolResult('c')),
    dashscope: `${ALGO}'messages[2].tool_calls[0].id' must be a non-empty string.`,
    openai:
      "Invalid 'messages[2].tool_calls[0].id': empty string. Expected a string with minimum length 1, but got an " +
      "empty string instead.",
  },
  {
    rule: 'call-shape',
    rejected: history(calling({ ...toolCall('c'), index: 0 }), toolResult('c')),
    accepted: history(calling(toolCall('c')), toolResult('c')),
    dashscope: `${ALGO}'messages[2].tool_calls[0]' must be a function call with name and arguments.`,
    openai: "Invalid type for 'messages[2].tool_calls[0]'.",
  },
  {
    rule: 'call-name',
    rejected: history(calling(toolCall('c', 'mcp.read file')), toolResult('c')),
    accepted: history(calling(toolCall('c', 'mcp__read-file')), toolResult('c')),
    dashscope: `${ALGO}'mcp.read file' does not match '^[a-zA-Z0-9_-]{1,64}$' - ` +
      `'messages[2].tool_calls[0].function.name'`,
    openai:
      "Invalid 'messages[2].tool_calls[0].function.name': string does not match pattern. Expected a string that " +
      "matches the pattern '^[a-zA-Z0-9_-]{1,64}$'.",
  },
  ...['', '{"path":', '"text"', '[1]', 'null'].map((text): StrictCase => ({
    rule: 'call-arguments',
    rejected: history(calling(toolCall('c', 'f', text)), toolResult('c')),
    accepted: history(calling(toolCall('c', 'f', '{}')), toolResult('c')),
    dashscope: `${ALGO}The "function.arguments" parameter of the code model must be in JSON format.`,
    openai: "Invalid 'messages[2].tool_calls[0].function.arguments': expected a JSON object.",
  })),
  {
    rule: 'duplicate-call-id',
    rejected: history(calling(toolCall('c'), toolCall('c')), toolResult('c'), toolResult('c')),
    accepted: history(calling(toolCall('c'), toolCall('d')), toolResult('d'), toolResult('c')),
    dashscope: `${ALGO}Duplicate value for 'tool_call_id' of 'c' in 'messages[2].tool_calls[1].id'.`,
    openai: "Duplicate value for 'tool_call_id' of 'c' in 'messages[2].tool_calls[1].id'.",
  },
  {
    rule: 'result-id',
    rejected: history(calling(toolCall('c')), { role: 'tool', content: 'x' }),
    accepted: history(calling(toolCall('c')), toolResult('c')),
    dashscope: `${ALGO}'messages[3].tool_call_id' must be a non-empty string.`,
    openai: "Missing required parameter: 'messages[3].tool_call_id'.",
  },
  {
    rule: 'unanswered-call',
    rejected: history(calling(toolCall('c'), toolCall('d'), toolCall('e')), toolResult('d'), user()),
    accepted: history(calling(toolCall('c'), toolCall('d')), toolResult('d'), toolResult('c'), user()),
    dashscope: `${UNANSWERED_DASHSCOPE}message[4].role`,
    openai: `${UNANSWERED_OPENAI}c, e`,
  },
  {
    // Codex's history has messages between call and result (codex-protocol.md).
    rule: 'unanswered-call',
    rejected: history(calling(toolCall('c')), user(), toolResult('c')),
    accepted: history(calling(toolCall('c')), toolResult('c'), user()),
    dashscope: `${UNANSWERED_DASHSCOPE}message[3].role`,
    openai: `${UNANSWERED_OPENAI}c`,
  },
  {
    // An id may be reused, because providers count from 0 in each answer, but then it needs another result.
    rule: 'unanswered-call',
    rejected: history(calling(toolCall('c')), toolResult('c'), calling(toolCall('c'))),
    accepted: history(calling(toolCall('c')), toolResult('c'), calling(toolCall('c')), toolResult('c')),
    dashscope: `${UNANSWERED_DASHSCOPE}message[5].role`,
    openai: `${UNANSWERED_OPENAI}c`,
  },
  ...[
    history(toolResult('c')),
    history(calling(toolCall('c')), toolResult('c'), toolResult('other')),
    history(calling(toolCall('c')), toolResult('c'), toolResult('c')),
    history(calling(toolCall('c')), toolResult('c'), user(), toolResult('c')),
  ].map((rejected): StrictCase => ({
    rule: 'orphan-result',
    rejected,
    accepted: history(calling(toolCall('c')), toolResult('c')),
    dashscope: ORPHAN_DASHSCOPE,
    openai: ORPHAN_OPENAI,
  })),
  {
    rule: 'repetitive-calls',
    rejected: history(...rounds(5)),
    accepted: history(...rounds(4), calling(toolCall('x')), toolResult('x', 'other'), ...rounds(4)),
    dashscope:
      `${ALGO}Repetitive tool calls detected in the conversation history. The same tool call with identical name and ` +
      'arguments has been repeated across multiple consecutive rounds. Please modify your request or adjust the tool ' +
      'call arguments to avoid infinite loops.',
  },
];
