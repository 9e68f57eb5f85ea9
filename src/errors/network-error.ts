/** Describes failures below HTTP: what happened to the connection, and what the user can do. */
import { asRecord, asText } from '../base/json';
import { BridgeError, findDescriptorShortage } from './bridge-error';
import type { ErrorKind } from './error-table';

interface NetworkRow {
  readonly kind: ErrorKind;
  readonly text: string;
}

/** Error codes of Node's sockets, DNS and TLS, and of undici, which implements fetch in Node. */
const CODES: Readonly<Record<string, NetworkRow>> = {
  ECONNREFUSED: { kind: 'network', text: 'refused the connection' },
  ECONNRESET: { kind: 'network', text: 'reset the connection' },
  EPIPE: { kind: 'network', text: 'closed the connection' },
  UND_ERR_SOCKET: { kind: 'network', text: 'closed the connection' },
  ENOTFOUND: { kind: 'network', text: 'has no DNS entry; check AI_API_BASE and the network' },
  EAI_AGAIN: { kind: 'network', text: 'cannot be resolved by DNS right now' },
  ENETUNREACH: { kind: 'network', text: 'cannot be reached from this network' },
  EHOSTUNREACH: { kind: 'network', text: 'cannot be reached from this network' },
  ETIMEDOUT: { kind: 'timeout', text: 'did not accept the connection in time' },
  UND_ERR_CONNECT_TIMEOUT: {
    kind: 'timeout',
    text: 'did not accept the connection in time; raise UPSTREAM_CONNECT_TIMEOUT_MS to wait longer',
  },
  UND_ERR_HEADERS_TIMEOUT: { kind: 'timeout', text: 'did not respond in time' },
  UND_ERR_BODY_TIMEOUT: { kind: 'timeout', text: 'stopped sending' },
  ERR_TLS_CERT_ALTNAME_INVALID: { kind: 'network', text: 'has a TLS certificate for another host' },
  CERT_HAS_EXPIRED: { kind: 'network', text: 'has an expired TLS certificate' },
  DEPTH_ZERO_SELF_SIGNED_CERT: { kind: 'network', text: 'has a self-signed TLS certificate; see NODE_EXTRA_CA_CERTS' },
  SELF_SIGNED_CERT_IN_CHAIN: {
    kind: 'network',
    text: 'has a self-signed TLS certificate in its chain; see NODE_EXTRA_CA_CERTS',
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    kind: 'network',
    text: 'has a TLS certificate that cannot be verified; see NODE_EXTRA_CA_CERTS',
  },
};

/** Groups of codes, and messages without a code or with a misleading one: tested first, against `code message`. */
const PATTERNS: readonly (readonly [pattern: RegExp, row: NetworkRow])[] = [
  // undici rejects an interim response that it did not request, although RFC 9110 (15.2) requires clients to accept it.
  [
    /^UND_ERR_SOCKET bad response$/,
    { kind: 'bad_answer', text: 'sent an unexpected "100 Continue", which Node\'s fetch does not accept' },
  ],
  // Node 24's parser gives a message, but no code.
  [
    /^HPE_|does not match the HTTP\/1\.1 protocol/,
    {
      kind: 'bad_answer',
      text: 'sent something that is not HTTP; check AI_API_BASE: http or https, and the port',
    },
  ],
  [/^UND_ERR_HEADERS_OVERFLOW /, { kind: 'bad_answer', text: 'sent headers that are too large' }],
  [
    /^UND_ERR_RES_CONTENT_LENGTH_MISMATCH /,
    { kind: 'bad_answer', text: 'sent a body whose length does not match its content-length' },
  ],
  [/^(Z_|ZSTD_)/, { kind: 'bad_answer', text: 'sent a compressed response that cannot be decompressed' }],
  [
    /^(EPROTO|ERR_SSL_)/,
    { kind: 'network', text: 'failed the TLS handshake; check AI_API_BASE: http or https, and the port' },
  ],
];

/** @param cause the error from fetch or a body read; it, or an error in its chain of causes, has the code */
export function classifyNetworkError(cause: unknown, host: string): BridgeError {
  const { code, message } = findReason(cause) ?? { message: String(cause) };
  const shortage = findDescriptorShortage(code);
  if (shortage !== undefined) return shortage;
  const row = findRow(code, message);
  const text = row ? `${host} ${row.text}` : `The connection to ${host} failed: ${textOf(cause)}`;
  return new BridgeError(row?.kind ?? 'network', code === undefined ? `${text}.` : `${text} (${code}).`);
}

function findRow(code: string | undefined, message: string): NetworkRow | undefined {
  const text = code === undefined ? message : `${code} ${message}`;
  return PATTERNS.find(([pattern]) => pattern.test(text))?.[1] ?? (code === undefined ? undefined : CODES[code]);
}

/** `fetch failed` is not informative, but its cause may be: `bad port` for a port that fetch blocks. */
function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { cause: inner } = cause;
  return inner instanceof Error && inner !== cause && inner.message !== ''
    ? `${cause.message}: ${inner.message}`
    : cause.message;
}

interface Reason {
  readonly code?: string;
  readonly message: string;
}

/** Finds the first of up to four errors in the chain of causes that has a code, else the innermost one. */
function findReason(error: unknown, depth = 0): Reason | undefined {
  const record = asRecord(error);
  if (!record || depth > 3) return undefined;
  const code = asText(record['code']);
  const message = asText(record['message']) ?? '';
  return code === undefined ? (findReason(record['cause'], depth + 1) ?? { message }) : { code, message };
}
