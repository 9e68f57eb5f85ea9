/** What was thrown while a request was answered, as the error its client hears and the line its log keeps. */
import { BridgeError } from '../errors/bridge-error';
import { ERRORS } from '../errors/error-table';
import type { LogFields } from '../observe/log';
import type { HttpExchange } from './http-exchange';

/**
 * Turns anything thrown into a BridgeError and logs it: a BridgeError at warn, anything else at error with its stack,
 * and whatever happens after the client left at debug. Turns have a line of their own (answer-turn.ts).
 */
export function readFailure(exchange: HttpExchange, cause: unknown): BridgeError {
  const { log } = exchange.services;
  const error = toBridgeError(cause);
  const { kind } = error;
  const fields = { kind, status: ERRORS[kind].status, ...describeReason(error), ...describeRequest(exchange.request) };
  if (exchange.response.destroyed) log.debug('request failed after its client had left', fields);
  else if (kind === 'internal' && cause !== error) log.error('request crashed', { ...fields, ...describeCrash(cause) });
  else log.warn('request failed', fields);
  return error;
}

interface RequestLine {
  readonly method: string;
  readonly path: string;
}

/** A message about a request field quotes its value, which may be a piece of somebody's prompt: the log names the field. */
function describeReason({ message, details: { param } }: BridgeError): LogFields {
  return param === undefined ? { error: message } : { param };
}

/**
 * A BridgeError as it is, or the one that ended the turn; anything else is a defect of the bridge, `internal`, and its cause.
 * @param abort the signal of the turn: a turn that a shutdown ended says so
 */
export function toBridgeError(cause: unknown, abort?: AbortSignal): BridgeError {
  if (cause instanceof BridgeError) return cause;
  if (abort?.aborted === true && abort.reason instanceof BridgeError) return abort.reason;
  const error = new BridgeError('internal', 'The bridge made a mistake with this request; its log says which.');
  error.cause = cause;
  return error;
}

/** Method and path; the query may hold a key and is left out. */
export function describeRequest({ method, url }: HttpExchange['request']): RequestLine {
  return { method: method ?? '', path: readPath(url ?? '') };
}

/** The path of a request target, without its query. */
export function readPath(target: string): string {
  const end = target.indexOf('?');
  return end === -1 ? target : target.slice(0, end);
}

function describeCrash(cause: unknown): { readonly cause: string; readonly stack?: string } {
  if (!(cause instanceof Error)) return { cause: String(cause) };
  return { cause: cause.message, ...(cause.stack === undefined ? {} : { stack: cause.stack }) };
}
