/** Renders a failed turn: the provider's message, the client's error, how to fix it, and the attempts. */
import { renderDuration } from '../base/quantities';
import { describeThrown } from '../base/thrown';
import { describeFieldProblem, type BridgeError } from '../errors/bridge-error';
import { renderErrorBody, renderStreamError } from '../errors/error-body';
import type { LogFields } from './log';
import type { TurnFacts } from './turn-record';

/** Renders labeled lines for people, which follow the line of the turn. */
export function renderFailureLines(error: BridgeError, facts: TurnFacts): readonly string[] {
  const rows: readonly (readonly [label: string, text: string | undefined])[] = [
    ['provider', renderProvider(error)],
    ['client', renderClientError(error, facts)],
    ['fix', error.details.advice],
    ['attempts', renderAttempts(error, facts)],
  ];
  const lines = rows.flatMap(([label, text]) => (text === undefined ? [] : [`${label.padEnd(LABEL_WIDTH)}${text}`]));
  return [...lines, ...stackOf(error.cause)];
}

const LABEL_WIDTH = 10;

/** Returns the facts about the failure as fields, for programs. */
export function readFailureFields(error: BridgeError, facts: TurnFacts): LogFields {
  const { details, cause } = error;
  return {
    kind: error.kind,
    error: toLoggableMessage(error),
    param: details.param,
    upstream_status: details.upstreamStatus,
    upstream_code: details.providerCode,
    upstream_message: toLoggableText(error),
    client_code: facts.status === undefined ? undefined : findClientCode(error, facts),
    advice: details.advice,
    retry_after_ms: details.retryAfterMs,
    ...(cause !== undefined && describeThrown(cause)),
  };
}

function renderProvider(error: BridgeError): string | undefined {
  const { upstreamStatus, providerCode, requestId } = error.details;
  const providerText = toLoggableText(error);
  if (providerText === undefined && upstreamStatus === undefined) return undefined;
  const names = [
    providerCode !== undefined && `code ${providerCode}`,
    requestId !== undefined && `request id ${requestId}`,
  ];
  return renderPart(upstreamStatus === undefined ? 'in its answer' : String(upstreamStatus), names, providerText);
}

/** Puts names in parentheses, because `invalid_api_key: text` would look like a key and its value to the redactor. */
function renderPart(where: string, names: readonly (string | false)[], text: string | undefined): string {
  const known = names.filter(Boolean).join(', ');
  return `${where}${known === '' ? '' : ` (${known})`}${text === undefined ? '' : `: ${text}`}`;
}

/** Renders what the client got: a status, or a failure inside an answer that had begun. */
function renderClientError(error: BridgeError, facts: TurnFacts): string {
  if (facts.status === undefined) return 'nothing: its connection was already closed';
  const { param = false } = error.details;
  const place = isInAnswer(facts) ? 'in its answer' : String(facts.status);
  return renderPart(place, [`code ${findClientCode(error, facts)}`, param], toLoggableMessage(error));
}

/** Codex and other clients get different codes, but only inside an answer. */
function findClientCode(error: BridgeError, facts: TurnFacts): string {
  return isInAnswer(facts) ? renderStreamError(error, facts.requested.client).code : renderErrorBody(error).error.code;
}

const isInAnswer = ({ status }: TurnFacts): boolean => status !== undefined && status < 400;

function renderAttempts(last: BridgeError, { retries, remembered }: TurnFacts): string | undefined {
  if (remembered) return 'none: the provider rejected the same request a moment ago, and the rejection is cached';
  if (retries.length === 0) return undefined;
  const tried = retries.map(({ error, waitMs }) => `${renderKind(error)}, waited ${renderDuration(waitMs)}`);
  return [...tried, renderKind(last)].join('; ');
}

const renderKind = ({ kind, details }: BridgeError): string =>
  details.upstreamStatus === undefined ? kind : `${kind} (${details.upstreamStatus})`;

/**
 * A message about a field quotes its value, which may be part of a prompt, so the log says only what was expected. The
 * model name is in the log anyway.
 */
function toLoggableMessage({ message, details: { param, quote, providerText } }: BridgeError): string | undefined {
  if (param !== undefined && param !== 'model') return describeFieldProblem(message);
  const unquoted = quote === undefined ? message : message.replace(quote, () => '…');
  return providerText === undefined ? unquoted : unquoted.replace(providerText, () => withoutEcho(providerText));
}

const toLoggableText = ({ details: { providerText } }: BridgeError): string | undefined =>
  (providerText === undefined ? undefined : withoutEcho(providerText));

/** The part of a message in which validators quote the request; pydantic, which many servers use, calls it `input`. */
const ECHO = /(['"]input['"]\s*:).*/s;
const MAX_TEXT_LENGTH = 600;

function withoutEcho(providerText: string): string {
  const own = providerText.replace(ECHO, '$1 …');
  return own.length > MAX_TEXT_LENGTH ? `${own.slice(0, MAX_TEXT_LENGTH)}…` : own;
}

function stackOf(cause: unknown): readonly string[] {
  if (cause === undefined) return [];
  const { cause: message, stack = message } = describeThrown(cause);
  return stack.split('\n');
}
