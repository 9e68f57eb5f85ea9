/** Checks the access tokens of clients, and proves to launchers that the bridge knows its own token. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { messageOf } from '../base/thrown';
import { BridgeError } from '../errors/bridge-error';

/** The options for access tokens. */
export interface AccessConfig {
  readonly accessToken?: string | undefined;
  readonly accessTokenFile?: string | undefined;
}

/** Shorter tokens can be guessed. */
const SHORTEST_TOKEN = 16;
/** For a shorter token, a proof for a chosen challenge would allow an offline search. */
const SHORTEST_PROVED = 32;

interface Token {
  /** Undefined for a token without a name. */
  readonly name: string | undefined;
  readonly text: string;
  readonly digest: Buffer;
}

/** The client that a token identifies. */
export interface Holder {
  readonly name: string | undefined;
  /** Whether the token was in `Authorization`, which must then not be forwarded to the provider. */
  readonly inAuthorization: boolean;
}

/** The accepted tokens. A changed token file is read again at the next request. */
export class Access {
  private readonly own: readonly Token[];
  private fromFile: readonly Token[] = [];
  private seen = '';

  /** @throws Error for a token that is too short or a file that cannot be read */
  constructor(private readonly config: AccessConfig) {
    this.own = config.accessToken === undefined ? [] : config.accessToken.split(',').map(readToken);
    if (config.accessTokenFile !== undefined) this.readFile(config.accessTokenFile);
  }

  /** Whether a token is required. */
  get required(): boolean {
    return this.config.accessToken !== undefined || this.config.accessTokenFile !== undefined;
  }

  /** All tokens, for the log redactor. */
  get secrets(): readonly string[] {
    return [...this.own, ...this.fromFile].map(({ text }) => text);
  }

  /**
   * @param headers names in lower case
   * @throws BridgeError `unauthorized` unless one of the tokens is in `authorization` or `x-api-key`
   */
  check(headers: Readonly<Record<string, unknown>>): Holder | undefined {
    if (!this.required) return undefined;
    this.refresh();
    const bearer = /^Bearer +(\S+)\s*$/i.exec(String(headers['authorization'] ?? ''))?.[1];
    const key = headers['x-api-key'];
    for (const [given, inAuthorization] of [[bearer, true], [key, false]] as const) {
      const token = typeof given === 'string' ? this.find(given) : undefined;
      if (token !== undefined) return { name: token.name, inAuthorization };
    }
    const isMissing = bearer === undefined && key === undefined;
    const problem = isMissing ? 'The request has no access token.' : 'The access token is wrong.';
    const advice = 'Send it as "Authorization: Bearer TOKEN" or "x-api-key: TOKEN".';
    throw new BridgeError('unauthorized', `${problem} ${advice}`);
  }

  /**
   * Proves to a launcher that this bridge knows the same token, without sending it. The proof includes the port, so
   * that another program cannot relay the challenge to the real bridge.
   * @returns undefined unless there is exactly one token, and it is long enough for a safe proof
   */
  prove(challenge: string, port: number): string | undefined {
    this.refresh();
    const [token, another] = [...this.own, ...this.fromFile];
    if (token === undefined || another !== undefined || token.text.length < SHORTEST_PROVED) return undefined;
    return proveToken(token.text, challenge, port);
  }

  /** Compares all tokens in constant time, so that timing reveals nothing about them. */
  private find(given: string): Token | undefined {
    const digest = digestOf(given);
    let found: Token | undefined;
    for (const token of [...this.own, ...this.fromFile]) if (timingSafeEqual(token.digest, digest)) found = token;
    return found;
  }

  /** If the file cannot be read, the previous tokens stay valid. */
  private refresh(): void {
    const { accessTokenFile } = this.config;
    if (accessTokenFile === undefined) return;
    try {
      this.readFile(accessTokenFile);
    } catch {
      return;
    }
  }

  private readFile(path: string): void {
    try {
      const { mtimeMs, size, ino } = statSync(path);
      const state = `${mtimeMs} ${size} ${ino}`;
      if (state === this.seen) return;
      const lines = readFileSync(path, 'utf8').split('\n').map((line) => line.trim());
      this.fromFile = lines.filter((line) => line !== '' && !line.startsWith('#')).map(readToken);
      this.seen = state;
    } catch (cause) {
      throw new Error(`Cannot read the access tokens in ${path}: ${messageOf(cause)}. Check --access-token-file.`);
    }
  }
}

/** Computes the proof for `challenge`, in hexadecimal. */
export function proveToken(token: string, challenge: string, port: number): string {
  return createHmac('sha256', token).update(`aliyun-codex-bridge\n${port}\n${challenge}`).digest('hex');
}

/**
 * Parses `name=token` or a token; the part after the sign must be long enough, because a token may itself end with `=`.
 */
function readToken(text: string): Token {
  const [, name, rest] = /^([A-Za-z][\w.-]{0,40})=(\S{16,})$/.exec(text) ?? [];
  const token = rest ?? text;
  if (!/^[\x21-\x7e]+$/.test(token) || token.length < SHORTEST_TOKEN) {
    throw new Error(`an access token has fewer than ${SHORTEST_TOKEN} characters, or others than visible ASCII`);
  }
  return { name, text: token, digest: digestOf(token) };
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
