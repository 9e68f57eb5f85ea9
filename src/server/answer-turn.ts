/** Answers one turn over HTTP: read the body, start the turn, stream or send its answer, or say why not. */
import { isRecord } from '../base/json';
import { asText } from '../base/narrow';
import type { Caller, Turn, TurnKind } from '../bridge/bridge';
import { readRequestNames } from '../bridge/codex-metadata';
import type { BridgeError } from '../errors/bridge-error';
import type { ClientKind } from '../errors/error-body';
import { readClientName } from '../observe/client-name';
import { TurnLog } from '../observe/turn-log';
import { TurnRecord } from '../observe/turn-record';
import { findClientKind, readCaller, readHeaders } from './client';
import type { HttpExchange } from './http-exchange';
import { describeRequest, toBridgeError } from './failure';
import { notesHeader } from './notes-header';
import type { OpenTurn } from './turn-registry';
import { chooseProtocol, PROTOCOLS, type Protocol } from './protocol';
import { readJson } from './read-json';
import { describeError, JSON_HEADERS, writeError } from './write-json';
import { SSE_HEADERS, writeSse } from './write-sse';
import { writeWhole } from './write-whole';

/** A turn that has started, and the protocol it is answered in. */
interface Started {
  readonly turn: Turn;
  readonly protocol: Protocol;
  readonly client: ClientKind;
}

/**
 * Never throws: whatever happens is told to the client, and to the log in the one line of the turn.
 * @param own the protocol of the path; the body may speak the other one
 */
export async function answerTurn(exchange: HttpExchange, own: TurnKind): Promise<void> {
  const { response, services } = exchange;
  const turnLog = new TurnLog(createRecord(exchange, own), services.log);
  const { record } = turnLog;
  try {
    const open = services.turns.open(response);
    // Two steps, so that the request's body, megabytes of it, is not kept in memory while the answer streams.
    const started = await startTurn(exchange, own, open, turnLog);
    if (started !== undefined) await writeTurn(exchange, started, open, record);
  } catch (cause) {
    const error = noteFailure(exchange, record, cause);
    if (response.headersSent) response.destroy();
    else writeError(response, error);
  } finally {
    if (response.headersSent) record.tell(response.statusCode);
    if (response.destroyed) turnLog.leave();
    turnLog.release();
  }
}

function createRecord({ request }: HttpExchange, own: TurnKind): TurnRecord {
  const headers = readHeaders(request);
  const who = { program: readClientName(headers), client: findClientKind(headers) };
  return new TurnRecord({ ...who, api: own, ...readRequestNames(headers) }, Date.now);
}

/** `undefined` when the turn could not start; the client has been told. */
async function startTurn(
  exchange: HttpExchange, own: TurnKind, open: OpenTurn, turnLog: TurnLog,
): Promise<Started | undefined> {
  const { request, services } = exchange;
  const { record } = turnLog;
  const caller: Caller = { ...readCaller(request, open.abort), record, detach: () => detach(exchange, turnLog) };
  let body: unknown;
  let protocol: Protocol = PROTOCOLS[own];
  try {
    body = await readJson(exchange, services.config.bodyLimitMb * 1024 * 1024);
    const kind = chooseProtocol(body, own);
    protocol = PROTOCOLS[kind];
    record.ask({ api: kind, model: isRecord(body) ? asText(body['model']) : undefined });
    const turn = await services.bridge.start(kind, body, caller);
    logStart(exchange, caller, turn);
    return { turn, protocol, client: caller.client };
  } catch (cause) {
    const error = noteFailure(exchange, record, cause, open.abort);
    const asStream = protocol.failsAsStream && caller.client === 'codex' && wantsStream(body, caller);
    if (asStream) writeFailedStream(exchange, error, protocol.renderFailure(services.bridge, error, body));
    else writeError(exchange.response, error);
    return undefined;
  }
}

/** The line of a turn that goes on without its client is written when the turn is over. */
function detach({ services }: HttpExchange, turnLog: TurnLog): ReturnType<NonNullable<Caller['detach']>> {
  const { abort, end } = services.turns.detach();
  turnLog.record.ask({ request: 'background' });
  turnLog.hold();
  return {
    abort,
    end() {
      end();
      turnLog.release();
    },
  };
}

async function writeTurn(
  exchange: HttpExchange, { turn, protocol, client }: Started, open: OpenTurn, record: TurnRecord,
): Promise<void> {
  const { response, services } = exchange;
  try {
    if (turn.stream) {
      open.markStreaming();
      const { keepAliveMs, clientStallTimeoutMs: stallMs } = services.config;
      const pace = { keepAliveMs, stallMs, pulse: () => turn.pulse() };
      await writeSse(response, turn.frames(), pace, notesHeader(turn.notes, client));
    } else {
      const { status, body } = await turn.collect();
      writeWhole(response, status, { ...JSON_HEADERS, ...notesHeader(turn.notes, client) }, body);
    }
  } catch (cause) {
    const error = noteFailure(exchange, record, cause, open.abort);
    if (!turn.stream) writeError(response, error);
    else if (response.headersSent) response.end(protocol.renderFailure(services.bridge, error, undefined));
    else writeFailedStream(exchange, error, protocol.renderFailure(services.bridge, error, undefined));
  }
}

/** What was thrown, as the client is told it and the line of the turn. */
function noteFailure({ response }: HttpExchange, record: TurnRecord, cause: unknown, abort?: AbortSignal): BridgeError {
  const error = toBridgeError(cause, abort);
  // A client that breaks off inside its request is gone before the signal of the turn knows.
  if (response.destroyed && abort?.aborted !== true) record.leave();
  else record.fail(error, abort);
  return error;
}

function writeFailedStream({ response }: HttpExchange, error: BridgeError, text: string): void {
  writeWhole(response, 200, { ...SSE_HEADERS, ...describeError(error) }, text);
}

/** A body that could not be read says nothing; Codex then says it with `accept: text/event-stream`. */
function wantsStream(body: unknown, caller: Caller): boolean {
  if (isRecord(body)) return body['stream'] === true;
  return (caller.headers['accept'] ?? '').includes('text/event-stream');
}

function logStart({ request, services: { log } }: HttpExchange, caller: Caller, turn: Turn): void {
  if (!log.enabled('debug')) return;
  log.debug('turn started', { ...describeRequest(request), client: caller.client, stream: turn.stream });
  for (const note of turn.notes) log.debug(note);
}
