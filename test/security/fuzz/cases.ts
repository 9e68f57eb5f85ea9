/** Creates the cases: a request of a client and the answer of a provider, one or both of them mutated. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseJsonObject, type JsonObject } from '../../../src/base/json';
import { listCodexRequests, listFixtures } from '../../support/fixtures';
import { mutateBytes, mutateEvents, mutateJson, splitBytes } from './mutate';
import { Random } from './random';

export type Wire = 'chat' | 'responses';

export interface FuzzRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface FuzzAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly reads: readonly Buffer[];
  /** Whether the connection breaks instead of ending. */
  readonly breaks: boolean;
  /** The bytes of the whole HTTP response, for a case over a real connection; most cases use none. */
  readonly http?: Buffer;
}

export interface FuzzCase {
  readonly number: number;
  /** The sources of the case. */
  readonly name: string;
  readonly wire: Wire;
  readonly client: 'codex' | 'sdk';
  readonly request: FuzzRequest;
  readonly answer: FuzzAnswer;
}

/** The key that the bridge has in every case; some answers repeat it. */
export const FUZZ_KEY = 'sk-fuzz-0123456789abcdef';

interface Sample {
  readonly name: string;
  readonly path: string;
  readonly body: JsonObject;
}

interface AnswerSample {
  readonly name: string;
  readonly status: number;
  readonly type: string;
  readonly bytes: Buffer;
}

const ERRORS_FOLDER = join(__dirname, '..', '..', 'fixtures', 'errors');
const CODEX = { originator: 'codex_exec', 'user-agent': 'codex_exec/0.171.0', accept: 'text/event-stream' };
const GREETING = { input: 'Hello', stream: true };

const SAMPLES = listSamples();
const ERRORS = listErrors();
const STREAMS: Readonly<Record<Wire, readonly AnswerSample[]>> = {
  chat: listStreams('streams'), responses: listStreams('native-streams'),
};

function listSamples(): readonly Sample[] {
  const recorded = listCodexRequests().map(({ name, url, body }) =>
    ({ name, path: url.includes('compact') ? '/v1/responses/compact' : '/v1/responses', body }));
  const cases = listFixtures('requests').filter((fixture) => fixture.has('request.json')).map((fixture) => {
    const body = fixture.json('request.json');
    return { name: fixture.name, path: 'messages' in body ? '/v1/chat/completions' : '/v1/responses', body };
  });
  const calls = [{ type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c', output: 'x' }];
  const own: readonly Sample[] = [
    { name: 'greeting', path: '/v1/responses', body: GREETING },
    { name: 'stored', path: '/v1/responses', body: { input: 'Hello', store: true, previous_response_id: 'resp_1' } },
    { name: 'background', path: '/v1/responses', body: { input: 'Hello', background: true } },
    { name: 'in a conversation', path: '/v1/responses', body: { input: 'Hello', conversation: { id: 'conv_1' } } },
    { name: 'compaction', path: '/v1/responses/compact', body: { input: calls, model: 'm' } },
    { name: 'estimate', path: '/v1/responses/input_tokens', body: { input: calls, instructions: 'x' } },
    { name: 'conversation', path: '/v1/conversations', body: { items: calls, metadata: { a: 'b' } } },
    { name: 'items', path: '/v1/conversations/conv_1/items', body: { items: calls } },
    { name: 'search', path: '/v1/alpha/search', body: { id: 's', commands: { search_query: [{ q: 'x' }] } } },
  ];
  return [...recorded, ...cases, ...own, ...own];
}

function listErrors(): readonly AnswerSample[] {
  return readdirSync(ERRORS_FOLDER).map((name) => {
    const { status, body, text } = parseJsonObject(readFileSync(join(ERRORS_FOLDER, name), 'utf8')) ?? {};
    const bytes = Buffer.from(typeof text === 'string' ? text : JSON.stringify(body ?? null));
    return { name, status: Number(status ?? 200), type: 'application/json', bytes };
  });
}

function listStreams(area: string): readonly AnswerSample[] {
  return listFixtures(area).map((fixture) => {
    const isStream = fixture.has('upstream.sse');
    const type = isStream ? 'text/event-stream' : 'application/json';
    const bytes = fixture.bytes(isStream ? 'upstream.sse' : 'upstream.json');
    return { name: fixture.name, status: 200, type, bytes };
  });
}

/** The case of this number; the same seed gives the same cases. */
export function createCase(seed: number, number: number): FuzzCase {
  const random = new Random(seed, number);
  const wire = random.pick(['chat', 'responses'] as const);
  const client = random.pick(['codex', 'sdk'] as const);
  const mutated = random.pick(['request', 'answer', 'both'] as const);
  const sample = mutated === 'answer' ? plainSample(random) : random.pick(SAMPLES);
  const answer = random.chance(0.15) ? random.pick(ERRORS) : random.pick(STREAMS[wire]);
  return {
    number,
    name: `${mutated}: ${sample.name} for ${client}, ${answer.name} over ${wire}`,
    wire,
    client,
    request: createRequest(sample, client, mutated !== 'answer', random),
    answer: createAnswer(answer, mutated !== 'request', random),
  };
}

/** A small request, so that most of the time goes into reading the answer. */
function plainSample(random: Random): Sample {
  const tools = [{ type: 'function', name: 'exec_command', parameters: { type: 'object' } },
    { type: 'custom', name: 'apply_patch', description: 'Patches files.' }];
  const body: JsonObject = { ...GREETING, stream: random.chance(0.7), tools };
  const chat = { messages: [{ role: 'user', content: 'Hello' }], stream: random.chance(0.7) };
  return random.chance(0.8)
    ? { name: 'plain', path: '/v1/responses', body }
    : { name: 'plain chat', path: '/v1/chat/completions', body: chat };
}

function createRequest(sample: Sample, client: FuzzCase['client'], mutates: boolean, random: Random): FuzzRequest {
  const value = mutates ? mutateJson(sample.body, random) : sample.body;
  const text = Buffer.from(JSON.stringify(value));
  const body = mutates && random.chance(0.1) ? mutateBytes(text, random) : text;
  const coding = random.chance(0.03) ? { 'content-encoding': random.pick(['gzip', 'br', 'deflate', 'zstd', 'x']) } : {};
  return {
    path: sample.path,
    headers: { 'content-type': 'application/json', ...(client === 'codex' && CODEX), ...coding },
    body: coding['content-encoding'] === 'gzip' && random.chance(0.7) ? gzipSync(body) : body,
  };
}

function createAnswer(sample: AnswerSample, mutates: boolean, random: Random): FuzzAnswer {
  const { status, type, bytes } = sample;
  if (!mutates) return { status, headers: { 'content-type': type }, reads: [bytes], breaks: false };
  const changed = random.pick([mutateEvents, mutateEvents, mutateBytes])(bytes, random);
  const headers: Record<string, string> = { 'content-type': random.chance(0.9) ? type : random.pick(TYPES) };
  if (random.chance(0.2)) headers[random.pick(ECHO_HEADERS)] = random.pick(ECHO_VALUES);
  const answer = {
    status: random.chance(0.9) ? status : random.pick(STATUSES),
    headers,
    reads: splitBytes(changed, random),
    breaks: random.chance(0.1),
  };
  return random.chance(0.08) ? { ...answer, http: renderHttp(answer, random) } : answer;
}

/** A response as bytes, its head mutated too, in one of the framings of HTTP/1.1. */
function renderHttp({ status, headers, reads }: FuzzAnswer, random: Random): Buffer {
  const isChunked = random.chance(0.5);
  const body = isChunked
    ? Buffer.concat([...reads.filter(({ length }) => length > 0).map(toChunk), Buffer.from('0\r\n\r\n')])
    : Buffer.concat(reads);
  const length = body.length + random.pick([0, 0, 1, -1]);
  const framing = isChunked ? 'transfer-encoding: chunked' : `content-length: ${length}`;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = Buffer.from([`HTTP/1.1 ${status} x`, ...lines, framing, '', ''].join('\r\n'));
  return Buffer.concat([random.chance(0.5) ? mutateBytes(head, random) : head, body]);
}

const toChunk = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

const TYPES = ['application/json', 'text/html', 'text/plain', '', 'text/event-stream', 'application/octet-stream'];
const STATUSES = [
  200, 201, 204, 206, 301, 302, 307, 400, 401, 403, 404, 408, 413, 418, 422, 429, 499, 500, 502, 503, 529,
];
const ECHO_HEADERS = [
  'x-request-id', 'location', 'retry-after', 'retry-after-ms', 'www-authenticate', 'x-ds-request-id',
];
const ECHO_VALUES = [
  FUZZ_KEY, `Bearer ${FUZZ_KEY}`, `https://x/?key=${FUZZ_KEY}`, '-1', '1e9', 'NaN', '\u007f', 'x'.repeat(500),
];
