/** Builds request bodies of about a given size, with the same conversation for Responses and for Chat Completions. */
import type { Protocol, Thread } from './messages';

interface ToolRound {
  readonly callId: string;
  readonly arguments: string;
  readonly output: string;
}
interface Conversation {
  readonly instructions: string;
  readonly prompt: string;
  readonly rounds: readonly ToolRound[];
}

const MODEL = 'glm-4.7';
/** About the length of Codex's own instructions. */
const INSTRUCTIONS_BYTES = 17_000;
const PROMPT = 'Say something.';
const OUTPUT_BYTES = 4_000;
const TOOL_NAMES = ['exec_command', 'write_stdin', 'view_image', 'get_goal', 'create_goal', 'update_goal'] as const;

/** Text that resembles source code. Like real histories, it has characters that make V8 store two bytes for each. */
function sourceText(bytes: number, seed: number): string {
  const lines: string[] = [];
  for (let size = 0, line = 0; size < bytes; line++) {
    const name = `value${(seed * 31 + line) % 997}`;
    const text = `${line + 1}\tconst ${name} = read("item ${line}", 'x'); // 步骤 → ${seed}`;
    lines.push(text);
    size += text.length + 1;
  }
  return lines.join('\n');
}

const toolRound = (index: number, bytes: number): ToolRound => ({
  callId: `call_bench_${index}`,
  arguments: JSON.stringify({ cmd: `sed -n '1,80p' src/part-${index}.ts` }),
  output: sourceText(bytes, index + 1),
});

function buildConversation(historyBytes: number): Conversation {
  const instructions = sourceText(Math.min(INSTRUCTIONS_BYTES, historyBytes / 2), 0);
  const rounds: ToolRound[] = [];
  let size = Buffer.byteLength(JSON.stringify(instructions));
  for (let index = 0; size < historyBytes; index++) {
    const round = toolRound(index, Math.min(OUTPUT_BYTES, historyBytes));
    rounds.push(round);
    size += Buffer.byteLength(JSON.stringify(round));
  }
  return { instructions, prompt: PROMPT, rounds };
}

const PARAMETERS = {
  type: 'object',
  properties: {
    cmd: { type: 'string', description: 'Shell command to execute.' },
    workdir: { type: 'string', description: 'Working directory for the command.' },
    yield_time_ms: { type: 'number', description: 'Wait before yielding output.' },
  },
  required: ['cmd'],
  additionalProperties: false,
};
const toolDefinition = (name: string): object => ({
  name,
  description: `The tool ${name}, which acts in the working directory of the session.`,
  parameters: PARAMETERS,
  strict: false,
});

const message = (role: string, text: string): object => ({
  type: 'message',
  role,
  content: [{ type: 'input_text', text }],
});

function responsesBody({ instructions, prompt, rounds }: Conversation): object {
  const history = rounds.flatMap((round) => [
    { type: 'function_call', name: 'exec_command', arguments: round.arguments, call_id: round.callId },
    { type: 'function_call_output', call_id: round.callId, output: round.output },
  ]);
  return {
    model: MODEL,
    stream: true,
    input: [message('developer', instructions), message('user', prompt), ...history],
    tools: TOOL_NAMES.map((name) => ({ type: 'function', ...toolDefinition(name) })),
    tool_choice: 'auto',
    parallel_tool_calls: true,
    reasoning: { summary: 'auto' },
    store: false,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: 'bench',
  };
}

function chatBody({ instructions, prompt, rounds }: Conversation): object {
  const history = rounds.flatMap((round) => [
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: round.callId, type: 'function', function: { name: 'exec_command', arguments: round.arguments } },
      ],
    },
    { role: 'tool', tool_call_id: round.callId, content: round.output },
  ]);
  return {
    model: MODEL,
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'system', content: instructions }, { role: 'user', content: prompt }, ...history],
    tools: TOOL_NAMES.map((name) => ({ type: 'function', function: toolDefinition(name) })),
    tool_choice: 'auto',
    parallel_tool_calls: true,
  };
}

const BODY_BUILDERS: Record<Protocol, (conversation: Conversation) => object> = {
  responses: responsesBody, chat: chatBody,
};

/** The bodies of consecutive requests. */
export interface Bodies {
  /** The characters of tool results in the first body. */
  readonly toolCharacters: number;
  /** Returns the next body: of the same thread, longer by one tool round, or of a new thread. */
  next(): Buffer;
}

/** A growing thread starts over after this many requests, so that its size stays about the same. */
const REQUESTS_PER_THREAD = 8;
const ADDED_ROUND_BYTES = 400;

/** Creates bodies with a history of about `historyBytes`. */
export function createBodies(protocol: Protocol, historyBytes: number, thread: Thread): Bodies {
  const conversation = buildConversation(historyBytes);
  const toolCharacters = conversation.rounds.reduce((sum, round) => sum + round.output.length, 0);
  const render = (changed: Conversation): Buffer => Buffer.from(JSON.stringify(BODY_BUILDERS[protocol](changed)));
  let count = 0;
  if (thread === 'new') {
    const body = render(conversation);
    const offset = body.indexOf(conversation.prompt);
    return {
      toolCharacters,
      next() {
        count += 1;
        const changed = Buffer.from(body);
        changed.write(String(count).padStart(PROMPT.length - 1, '0'), offset);
        return changed;
      },
    };
  }
  const bodies: Buffer[] = [];
  return {
    toolCharacters,
    next() {
      const length = count % REQUESTS_PER_THREAD;
      count += 1;
      const { rounds } = conversation;
      const added = Array.from({ length }, (_, index) => toolRound(rounds.length + index, ADDED_ROUND_BYTES));
      return (bodies[length] ??= render({ ...conversation, rounds: [...rounds, ...added] }));
    },
  };
}
