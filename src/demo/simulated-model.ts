/** Simulates a model: a Chat Completions server on a free loopback port that streams a scripted tool round. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { asArray, asString, isRecord, type JsonObject, parseJsonObject, type UnknownRecord } from '../base/json';
import { PROVIDERS } from '../providers/catalog';
import { LIST_FILES, NOW, type DemoTool } from './tools';

/** The provider whose rules apply: the first one in the catalog, which is the default. */
export const DEMO_PROVIDER = PROVIDERS[0];

/** The name of the simulated model. */
export const DEMO_MODEL = DEMO_PROVIDER?.defaultModel ?? 'demo-model';

/** The key that the bridge must send; it is not a real key. */
export const DEMO_KEY = 'demo-key';

/** The instructions for the model. */
export const INSTRUCTIONS = 'You are an assistant with two tools. Use them before you answer.';

/** The user's question. */
export const PROMPT = 'What is in this folder, and what time is it?';

interface ScriptedCall {
  readonly id: string;
  readonly tool: DemoTool;
  readonly arguments: string;
}

export interface ScriptedAnswer {
  readonly reasoning: string;
  readonly text: string;
  readonly calls: readonly ScriptedCall[];
  /** Token counts. */
  readonly usage: {
    readonly prompt: number;
    readonly cached: number;
    readonly completion: number;
    readonly reasoning: number;
  };
}

/** Answers the question by calling both tools at once. */
export const FIRST_ANSWER: ScriptedAnswer = {
  reasoning: 'The user asks about a folder and the time. I know neither, but I have a tool for each. '
    + 'They are independent, so I call both at once.',
  text: 'I will look at the folder and the clock.',
  calls: [
    { id: 'call_demo_files', tool: LIST_FILES, arguments: '{"path":"."}' },
    { id: 'call_demo_clock', tool: NOW, arguments: '{"zone":"UTC"}' },
  ],
  usage: { prompt: 412, cached: 0, completion: 96, reasoning: 41 },
};

/** Composes the answer to the results of both tools, in the order of the calls, by repeating them. */
export function composeSecondAnswer(results: readonly string[]): ScriptedAnswer {
  // A tool's error message ends with a full stop.
  const [listing = 'no result', time = 'no result'] = results.map((result) => result.replace(/\.$/, ''));
  return {
    reasoning: 'Both tools have answered. That is all I need.',
    text: `The folder: ${listing}. The time: ${time}. `
      + 'Your question, my reasoning, my tool calls and their results all went through the bridge.',
    calls: [],
    usage: { prompt: 538, cached: 384, completion: 62, reasoning: 18 },
  };
}

export interface SimulatedModel {
  readonly baseUrl: string;
  /** Closes the port and all connections. */
  close(): Promise<void>;
}

/** Starts the server of the simulated model. @param pauseMs how long the model waits before each chunk */
export async function startSimulatedModel(pauseMs: number): Promise<SimulatedModel> {
  const server = createServer((request, response) => {
    answer(request, response, pauseMs).catch(() => response.destroy());
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('the simulated model has no port'));
    });
  });
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, pauseMs: number): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body = parseJsonObject(Buffer.concat(chunks).toString('utf8')) ?? {};
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  for (const chunk of renderChunks(chooseAnswer(body))) {
    await pause(pauseMs);
    if (response.destroyed) return;
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  }
  response.end('data: [DONE]\n\n');
}

/** Chooses the first answer without tool results, and the second one with them. */
function chooseAnswer(body: UnknownRecord): ScriptedAnswer {
  const results = (asArray(body['messages']) ?? []).filter(isRecord).filter(({ role }) => role === 'tool');
  if (results.length === 0) return FIRST_ANSWER;
  return composeSecondAnswer(results.map(({ content }) => asString(content) ?? ''));
}

/** Streams like a thinking model: reasoning, text, calls, finish reason, then usage on a chunk without choices. */
function* renderChunks({ reasoning, text, calls, usage }: ScriptedAnswer): Generator<JsonObject> {
  yield renderChunk({ role: 'assistant', content: null, reasoning_content: '' });
  for (const piece of splitWords(reasoning)) yield renderChunk({ content: null, reasoning_content: piece });
  for (const piece of splitWords(text)) yield renderChunk({ content: piece });
  for (const [index, { id, tool, arguments: json }] of calls.entries()) {
    const head = { index, id, type: 'function', function: { name: tool.upstreamName, arguments: '' } };
    yield renderChunk({ tool_calls: [head] });
    for (const piece of json.match(/.{1,5}/gs) ?? []) {
      yield renderChunk({ tool_calls: [{ index, function: { arguments: piece } }] });
    }
  }
  yield renderChunk({}, calls.length > 0 ? 'tool_calls' : 'stop');
  yield { ...CHUNK, choices: [], usage: renderUsage(usage) };
}

const CHUNK = { id: 'chatcmpl-demo', object: 'chat.completion.chunk', created: 0, model: DEMO_MODEL };

const renderChunk = (delta: JsonObject, finish: string | null = null): JsonObject =>
  ({ ...CHUNK, choices: [{ index: 0, delta, finish_reason: finish }], usage: null });

const renderUsage = ({ prompt, cached, completion, reasoning }: ScriptedAnswer['usage']): JsonObject => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
  prompt_tokens_details: { cached_tokens: cached },
  completion_tokens_details: { reasoning_tokens: reasoning },
});

/** Splits text into words, each with the space before it, like tokens. */
const splitWords = (text: string): readonly string[] => text.match(/\s*\S+/g) ?? [];
