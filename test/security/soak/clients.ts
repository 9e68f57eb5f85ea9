/** Clients that send one request after the other, abandon some of them, and check every answer. */
import { Agent, request as httpRequest } from 'node:http';
import { isRecord, parseJson } from '../../../src/base/json';
import type { Random } from '../fuzz/random';

/** What the clients saw. */
export interface Tally {
  answered: number;
  /** Responses that say why there is no answer. */
  failed: number;
  /** Requests that the client disconnected on purpose. */
  abandoned: number;
  /** Responses that no client may get: how often, by description. */
  readonly wrong: Map<string, number>;
}

export const createTally = (): Tally => ({ answered: 0, failed: 0, abandoned: 0, wrong: new Map() });

const CODEX = { originator: 'codex_exec', 'user-agent': 'codex_exec/0.171.0', accept: 'text/event-stream' };
const TOOLS = [{ type: 'function', name: 'exec_command', parameters: { type: 'object', properties: {} } }];
const HISTORY = 'The quick brown fox jumps over the lazy dog. '.repeat(500);

interface Kind {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
  /** Matches exactly once in a complete stream. */
  readonly end?: RegExp;
}

const TERMINAL = /^data: .*"type":"response\.(?:completed|incomplete|failed)"/gm;
const DONE = /^data: \{"error":.*\n\ndata: \[DONE\]$|^data: \[DONE\]$|^data: \{"error":.*$/gm;

const KINDS: readonly Kind[] = [
  { path: '/v1/responses', headers: CODEX, body: { input: HISTORY, tools: TOOLS, stream: true }, end: TERMINAL },
  { path: '/v1/responses', headers: {}, body: { input: HISTORY, tools: TOOLS, stream: true }, end: TERMINAL },
  { path: '/v1/responses', headers: {}, body: { input: 'Hi', store: true, stream: true }, end: TERMINAL },
  { path: '/v1/responses', headers: {}, body: { input: HISTORY } },
  {
    path: '/v1/chat/completions', headers: {}, end: DONE,
    body: { messages: [{ role: 'user', content: HISTORY }], stream: true },
  },
];

/** Longer than the slowest turn: two timeouts and a retry wait. */
const PATIENCE_MS = 60_000;

/** Runs `count` clients in parallel, until `isOver`; resolves when the last of them has its answer. */
export async function runClients(
  count: number, port: number, tally: Tally, random: Random, isOver: () => boolean,
): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  await Promise.all(Array.from({ length: count }, async () => {
    while (!isOver()) {
      const leaveMs = random.chance(0.25) ? random.below(400) : undefined;
      await ask(agent, port, random.pick(KINDS), tally, leaveMs);
    }
  }));
  agent.destroy();
}

function ask(agent: Agent, port: number, kind: Kind, tally: Tally, leaveMs: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wrong = (what: string): void => void tally.wrong.set(what, (tally.wrong.get(what) ?? 0) + 1);
    const headers = { 'content-type': 'application/json', ...kind.headers };
    const request = httpRequest({ agent, host: '127.0.0.1', port, method: 'POST', path: kind.path, headers });
    let text = '';
    let settled = false;
    const settle = (record: () => void): void => {
      clearTimeout(timer);
      if (!settled) record();
      settled = true;
      resolve();
    };
    const timer = setTimeout(() => {
      settle(() => (leaveMs === undefined ? wrong('no answer in time') : (tally.abandoned += 1)));
      request.destroy();
    }, leaveMs ?? PATIENCE_MS);
    request.on('error', (error) => settle(() => wrong(`no answer: ${error.message}`)));
    request.on('response', (response) => {
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('error', (error) => settle(() => wrong(`a broken answer: ${error.message}`)));
      response.on('end', () => settle(() => {
        const problem = validate(response.statusCode ?? 0, text, kind);
        if (problem !== undefined) wrong(problem);
        else if (response.statusCode === 200 && !text.includes('"error":{')) tally.answered += 1;
        else tally.failed += 1;
      }));
    });
    request.end(JSON.stringify(kind.body));
  });
}

function validate(status: number, text: string, { end }: Kind): string | undefined {
  if (status !== 200 || end === undefined) {
    const body = parseJson(text);
    if (!isRecord(body)) return `status ${status} without a JSON object: ${text.slice(0, 100)}`;
    const message = isRecord(body['error']) ? body['error']['message'] : undefined;
    if (status !== 200 && (typeof message !== 'string' || message === '')) return `status ${status} without a message`;
    return text.includes('Internal error') ? 'an internal error' : undefined;
  }
  if (text.includes('Internal error')) return 'an internal error';
  const count = (text.match(end) ?? []).length;
  return count === 1 ? undefined : `${count} ends in one stream`;
}
