/** Handles one turn over HTTP: identifies the client, reads the body, starts the turn, sends its answer or an error. */
import type { IncomingMessage } from 'node:http';
import { asText, isRecord, parseJsonObject } from '../base/json';
import type { Bridge, Caller, Turn, TurnKind } from '../bridge/bridge';
import { toBridgeError, type BridgeError } from '../errors/bridge-error';
import { renderErrorBody, type ClientKind } from '../errors/error-body';
import { TurnLog } from '../observe/turn-line';
import { TurnRecord, type RequestFacts } from '../observe/turn-record';
import type { Reservation } from './read-body';
import type { Handler, HttpExchange } from './http-exchange';
import { readJson } from './read-body';
import type { OpenTurn } from './turn-registry';
import {
  renderErrorHeaders, JSON_HEADERS, renderNotesHeader, SSE_HEADERS, writeBody, writeError, writeSse,
} from './write-response';

/** Monotonic, unlike Date.now, and finer than a millisecond. */
const now = (): number => performance.now();

/** POST /responses; a body with `messages` is answered as a Chat Completion. */
export const answerResponses: Handler = (exchange) => answerTurn(exchange, 'responses');
/** POST /chat/completions; a body with `input` is answered as a Response. */
export const answerChatCompletions: Handler = (exchange) => answerTurn(exchange, 'chat');
/** POST /responses/compact: a compaction object. */
export const answerCompaction: Handler = (exchange) => answerTurn(exchange, 'compaction');

/** The client of a request. */
export interface Client {
  /** Names in lower case, repeated headers joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly kind: ClientKind;
  /** The program's name, at most 40 characters: `codex_exec`, `openai-python`; `unknown` if no header contains it. */
  readonly program: string;
  /** The id that all requests for one prompt share; the conversation id if the client sends no turn id. */
  readonly turn: string | undefined;
  /** Whether Codex requests a title for a new thread. */
  readonly requestsTitle: boolean;
  /** The kind of request and its thread, as single words that may be logged. */
  readonly names: Pick<RequestFacts, 'request' | 'thread'>;
}

/** A turn in progress. `kind` is the protocol of the path until the body has been read. */
interface HttpTurn {
  readonly exchange: HttpExchange;
  readonly client: Client;
  readonly open: OpenTurn;
  readonly turnLog: TurnLog;
  /**
   * Memory reserved for the body; when the answer begins, it is released, or counted as kept if the request is still
   * needed.
   */
  readonly reservation: Reservation;
  kind: TurnKind;
}

/**
 * Never throws: errors are reported to the client and in the turn's log line.
 * @param pathKind the protocol of the path; the body may use the other one
 */
async function answerTurn(exchange: HttpExchange, pathKind: TurnKind): Promise<void> {
  const { request, response, services } = exchange;
  const client = readClient(request);
  const tokenName = exchange.holder?.name;
  const requested = { program: client.program, client: client.kind, api: pathKind, ...client.names, tokenName };
  const record = new TurnRecord(requested, now);
  const turnLog = new TurnLog(record, services.log, services.onTurnEnded);
  const reservation = services.bodies.open();
  try {
    const open = services.turns.open(response, record);
    const httpTurn: HttpTurn = { exchange, client, open, turnLog, reservation, kind: pathKind };
    // Two steps, so that the request body, which may be megabytes, is not kept in memory while the answer streams.
    const turn = await startTurn(httpTurn);
    if (turn !== undefined) await writeTurn(httpTurn, turn);
  } catch (cause) {
    const error = noteFailure(exchange, record, cause);
    if (response.headersSent) response.destroy();
    else writeError(response, error);
  } finally {
    reservation.close();
    if (response.headersSent) record.setStatus(response.statusCode);
    if (response.destroyed) turnLog.leave();
    turnLog.release();
  }
}

/** Returns `undefined` if the turn could not start; the error has then been sent to the client. */
async function startTurn(httpTurn: HttpTurn): Promise<Turn | undefined> {
  const { exchange, client, open, turnLog: { record }, reservation } = httpTurn;
  let body: unknown;
  try {
    body = await readJson(exchange, reservation);
    record.markRead();
    httpTurn.kind = chooseProtocol(body, httpTurn.kind);
    record.describeRequest({ api: httpTurn.kind, model: isRecord(body) ? asText(body['model']) : undefined });
    const turn = await exchange.services.bridge.start(httpTurn.kind, body, createCaller(httpTurn));
    if (exchange.services.log.enabled('debug')) logStart(exchange, client, turn);
    return turn;
  } catch (cause) {
    const error = noteFailure(exchange, record, cause, open.abort);
    if (expectsErrorInStream(httpTurn, body)) writeFailedStream(httpTurn, error, body);
    else writeError(exchange.response, error);
    return undefined;
  }
}

function createCaller(httpTurn: HttpTurn): Caller {
  const { exchange, client, open: { abort }, turnLog, reservation } = httpTurn;
  const { headers, kind, turn, requestsTitle, names } = client;
  const { authorization, 'user-agent': userAgent } = headers;
  return {
    client: kind,
    // The bridge's access token must not be sent to the provider.
    ...(authorization === undefined || exchange.holder?.inAuthorization === true ? {} : { authorization }),
    ...(userAgent === undefined ? {} : { userAgent }),
    turn,
    thread: names.thread,
    requestsTitle,
    abort,
    record: turnLog.record,
    detach: () => detach(httpTurn),
    onBegun: (holdsRequest) => (holdsRequest ? reservation.settle() : reservation.close()),
  };
}

/** Lets a turn continue without its client; its log line is then written when the turn ends. */
function detach({ exchange: { services }, turnLog }: HttpTurn): ReturnType<NonNullable<Caller['detach']>> {
  const { abort, end } = services.turns.detach(turnLog.record);
  turnLog.record.describeRequest({ request: 'background' });
  turnLog.hold();
  return {
    abort,
    end() {
      end();
      turnLog.release();
    },
  };
}

async function writeTurn(httpTurn: HttpTurn, turn: Turn): Promise<void> {
  const { exchange: { response, services }, client, open, turnLog } = httpTurn;
  try {
    if (turn.stream) {
      open.streaming = true;
      const { keepAliveMs, clientStallTimeoutMs: stallMs } = services.config;
      const pace = { keepAliveMs, stallMs, keepAlive: () => turn.keepAlive() };
      await writeSse(response, turn.frames(), pace, renderNotesHeader(turn.notes, client.kind));
    } else {
      const { status, body } = await turn.collect();
      writeBody(response, status, { ...JSON_HEADERS, ...renderNotesHeader(turn.notes, client.kind) }, body);
    }
  } catch (cause) {
    const error = noteFailure(httpTurn.exchange, turnLog.record, cause, open.abort);
    if (!turn.stream) writeError(response, error);
    else if (response.headersSent) response.end(turn.fail(error));
    else writeFailedStream(httpTurn, error, undefined);
  }
}

/** Converts a thrown value to the error for the client, and records that the turn failed or the client disconnected. */
function noteFailure({ response }: HttpExchange, record: TurnRecord, cause: unknown, abort?: AbortSignal): BridgeError {
  const error = toBridgeError(cause, abort);
  // If a client disconnects while sending its request, the response is destroyed before the signal is aborted.
  if (response.destroyed && abort?.aborted !== true) record.leave();
  else record.fail(error, abort);
  return error;
}

function writeFailedStream({ exchange, kind }: HttpTurn, error: BridgeError, body: unknown): void {
  const { response, services } = exchange;
  const text = renderFailedStream(services.bridge, kind, error, body);
  writeBody(response, 200, { ...SSE_HEADERS, ...renderErrorHeaders(error) }, text);
}

/** Renders the whole stream of a turn that failed before its stream began. */
function renderFailedStream(bridge: Bridge, kind: TurnKind, error: BridgeError, body: unknown): string {
  return kind === 'chat' ? `data: ${JSON.stringify(renderErrorBody(error))}\n\n` : bridge.renderFailedTurn(error, body);
}

/**
 * Whether a failure before the stream begins is sent to Codex as a failed stream (codex-protocol.md, section 3). If the
 * body could not be read, `accept: text/event-stream` indicates that Codex expects a stream.
 */
function expectsErrorInStream({ kind, client }: HttpTurn, body: unknown): boolean {
  if (kind !== 'responses' || client.kind !== 'codex') return false;
  if (isRecord(body)) return body['stream'] === true;
  return (client.headers['accept'] ?? '').includes('text/event-stream');
}

/**
 * Chooses the protocol of `body`, on either path: `messages` is Chat Completions, `input` is Responses. A body with
 * both or neither, and every compaction, keeps `pathKind`, the protocol of its path.
 */
function chooseProtocol(body: unknown, pathKind: TurnKind): TurnKind {
  if (pathKind === 'compaction' || !isRecord(body)) return pathKind;
  const hasMessages = body['messages'] !== undefined && body['messages'] !== null;
  const hasInput = body['input'] !== undefined && body['input'] !== null;
  if (hasMessages === hasInput) return pathKind;
  return hasMessages ? 'chat' : 'responses';
}

function logStart({ method, path, services: { log } }: HttpExchange, { kind }: Client, turn: Turn): void {
  log.debug('turn started', { method, path, client: kind, stream: turn.stream });
  for (const note of turn.notes) log.debug(note);
}

/** Identifies the client of `request` from its headers, including Codex's metadata. */
export function readClient(request: IncomingMessage): Client {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  const metadata = parseJsonObject(headers['x-codex-turn-metadata'] ?? '') ?? {};
  // The TUI requests a title for each new thread in parallel with its first turn (fixture 38).
  const requestsTitle = metadata['thread_source'] === 'thread_title';
  // Versions before 0.125 send only a conversation id.
  const conversation = headers['conversation_id'] ?? headers['session-id'];
  return {
    headers,
    kind: findClientKind(headers),
    program: readProgram(headers),
    turn: asText(metadata['turn_id']) ?? asText(conversation),
    requestsTitle,
    names: {
      request: requestsTitle ? 'title' : asPlainWord(metadata['request_kind']),
      thread: asPlainWord(metadata['thread_id'] ?? headers['thread-id'] ?? conversation),
    },
  };
}

/** Returns `value` only if it is an id or a single word, so that no user text reaches the log. */
const asPlainWord = (value: unknown): string | undefined => /^[\w-]{1,64}$/.exec(asText(value) ?? '')?.[0];

/**
 * Headers that identify Codex. `originator` and `user-agent` begin with `codex_exec`, `codex-tui`, `codex_cli_rs`, … in
 * 0.80 to 0.169. A program that embeds Codex may set its own name there, but the `x-codex-…` headers remain.
 */
const CODEX_NAME = /^codex/i;
const CODEX_HEADER = /^x-codex-/;

/**
 * Finds the kind of client. A failure before the stream begins is a stream for Codex, an HTTP status for other clients.
 * @param headers names in lower case
 */
export function findClientKind(headers: Readonly<Record<string, string>>): ClientKind {
  if (CODEX_NAME.test(headers['originator'] ?? '') || CODEX_NAME.test(headers['user-agent'] ?? '')) return 'codex';
  return Object.keys(headers).some((name) => CODEX_HEADER.test(name)) ? 'codex' : 'generic';
}

/** Words that begin with a letter, up to the first version or comment: `OpenAI/Python` in `OpenAI/Python 2.8.0`. */
const PROGRAM = /^[a-z][\w.-]*(?:[/ ]+[a-z][\w.-]*)*/i;
const MAX_PROGRAM_LENGTH = 40;

/**
 * @param headers names in lower case
 * @returns `originator` or else `user-agent`, without version, in lower case with hyphens; `unknown` without either
 */
export function readProgram(headers: Readonly<Record<string, string>>): string {
  const { originator = '', 'user-agent': userAgent = '' } = headers;
  const [program] = PROGRAM.exec(originator.trim()) ?? PROGRAM.exec(userAgent.trim()) ?? ['unknown'];
  return program.replace(/[/ ]+/g, '-').toLowerCase().slice(0, MAX_PROGRAM_LENGTH);
}
