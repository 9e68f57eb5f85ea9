/**
 * Sends commands to Redis or Valkey: RESP2 over TCP or TLS, pipelined. Connects at the first command, reconnects with
 * back-off, and retries a command once if its connection broke: every command that the store sends is safe to repeat.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import { messageOf } from '../base/thrown';
import { BridgeError } from '../errors/bridge-error';

export interface RedisOptions {
  /** `redis://USER:PASSWORD@HOST:PORT/DATABASE`; `rediss://` for TLS. */
  readonly url: string;
  /** PEM file with the certificate authorities for TLS. Default: Node's own. */
  readonly ca?: string | undefined;
  /** Timeout of a command, with its wait for a connection. Commands fail at once if it was lost longer ago. */
  readonly commandMs?: number;
}

/** A reply of Redis; an error is a value, because a pipeline continues after it. */
export type Reply = RedisValue | RedisError;
type RedisValue = string | number | null | readonly Reply[];

/** An error reply, for example `NOSCRIPT No matching script.` */
export class RedisError extends Error {}

interface Pending {
  readonly text: string;
  readonly settle: (reply: Reply) => void;
  readonly fail: (error: BridgeError) => void;
  readonly timer: NodeJS.Timeout;
  /** Whether it was retried already, or must not be retried. */
  isFinal: boolean;
}

const COMMAND_MS = 2_000;
/** Error replies of a server that cannot run commands now; the connection is then replaced. */
const UNUSABLE = /^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN)\b/;

/** One connection, which all commands of a process share. */
export class RedisClient {
  private socket: Socket | undefined;
  private isReady = false;
  private isClosed = false;
  /** When the connection was lost; undefined while connected, and before the first connection. */
  private lostAt: number | undefined;
  private problem = 'no connection';
  private retry: NodeJS.Timeout | undefined;
  private readonly waiting: Pending[] = [];
  private readonly sent: Pending[] = [];
  private readonly url: URL;
  private readonly commandMs: number;

  constructor(private readonly options: RedisOptions) {
    this.url = new URL(options.url);
    this.commandMs = options.commandMs ?? COMMAND_MS;
  }

  /** @throws BridgeError `store_unavailable` if Redis cannot be reached, is too slow or answers with an error */
  async command(...args: readonly (string | number)[]): Promise<RedisValue> {
    return this.read(await this.send(args));
  }

  /** Runs a Lua script, which is sent in full only if Redis has not cached it. */
  async script(source: string, key: string, ...args: readonly (string | number)[]): Promise<RedisValue> {
    const digest = createHash('sha1').update(source).digest('hex');
    const reply = await this.send(['EVALSHA', digest, 1, key, ...args]);
    if (!(reply instanceof RedisError) || !reply.message.startsWith('NOSCRIPT')) return this.read(reply);
    return this.read(await this.send(['EVAL', source, 1, key, ...args]));
  }

  /** Closes the connection; later commands fail. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.retry);
    this.socket?.destroy();
    this.giveUp([...this.sent.splice(0), ...this.waiting.splice(0)]);
  }

  private send(args: readonly (string | number)[]): Promise<Reply> {
    const isOffline = Date.now() - (this.lostAt ?? Number.POSITIVE_INFINITY) > this.commandMs;
    if (this.isClosed || isOffline) return Promise.reject(this.unavailable());
    return new Promise((settle, fail) => {
      const timer = setTimeout(() => this.expire(pending), this.commandMs);
      const pending: Pending = { text: encode(args), settle, fail, timer, isFinal: false };
      if (this.isReady) this.write(pending);
      else this.waiting.push(pending);
      if (this.lostAt === undefined) this.connect();
    });
  }

  private write(pending: Pending): void {
    this.sent.push(pending);
    this.socket?.write(pending.text);
  }

  private connect(): void {
    if (this.socket || this.isClosed) return;
    clearTimeout(this.retry);
    let socket;
    try {
      socket = this.socket = this.open();
    } catch (cause) {
      this.problem = messageOf(cause);
      return this.lose();
    }
    const reader = new ReplyReader();
    socket.setNoDelay().setKeepAlive(true, 10_000).unref();
    socket.setTimeout(this.commandMs, () => socket.destroy(new Error('it does not respond')));
    socket.once(this.url.protocol === 'rediss:' ? 'secureConnect' : 'connect', () => void this.handshake(socket));
    socket.on('data', (bytes) => reader.push(bytes).forEach((reply) => this.receive(reply)));
    socket.on('error', ({ message, name }) => (this.problem = message === '' ? name : message));
    socket.on('close', () => this.lose());
  }

  private open(): Socket {
    const host = this.url.hostname.replace(/^\[(.*)\]$/, '$1');
    const target = { host, port: Number(this.url.port || 6379) };
    if (this.url.protocol === 'redis:') return connect(target);
    const { ca } = this.options;
    const tls: typeof import('node:tls') = require('node:tls');
    const servername = isIP(host) === 0 ? { servername: host } : {};
    return tls.connect({ ...target, ...servername, ...(ca !== undefined && { ca: readFileSync(ca) }) });
  }

  /** Authenticates and selects the database; commands are sent once Redis has accepted both. */
  private async handshake(socket: Socket): Promise<void> {
    const [username = '', password = ''] = [this.url.username, this.url.password].map(decodeURIComponent);
    const credentials = [username, password].filter((part) => part !== '');
    const commands = [['AUTH', ...credentials], ['SELECT', this.url.pathname.slice(1) || '0'], ['PING']];
    const replies = commands.slice(password === '' ? 1 : 0).map((args) => new Promise<Reply>((settle, fail) => {
      const timer = setTimeout(() => socket.destroy(new Error('it does not respond')), this.commandMs);
      this.write({ text: encode(args), settle, fail, timer, isFinal: true });
    }));
    const failed = (await Promise.all(replies).catch(() => [])).find((reply) => reply instanceof RedisError);
    if (failed instanceof RedisError) socket.destroy(failed);
    if (failed || socket.destroyed) return;
    socket.setTimeout(0);
    this.isReady = true;
    this.lostAt = undefined;
    for (const pending of this.waiting.splice(0)) this.write(pending);
  }

  private receive(reply: Reply): void {
    const pending = this.sent.shift();
    clearTimeout(pending?.timer);
    if (reply instanceof RedisError && UNUSABLE.test(reply.message)) this.socket?.destroy(reply);
    pending?.settle(reply);
  }

  private lose(): void {
    this.socket = undefined;
    this.isReady = false;
    if (this.isClosed) return;
    this.lostAt ??= Date.now();
    const unanswered = this.sent.splice(0);
    this.giveUp(unanswered.filter(({ isFinal }) => isFinal));
    const retried = unanswered.filter(({ isFinal }) => !isFinal);
    for (const pending of retried) pending.isFinal = true;
    this.waiting.unshift(...retried);
    const backOff = Math.min(1_000, Math.max(25, Date.now() - this.lostAt)) * (0.5 + Math.random() / 2);
    this.retry = setTimeout(() => this.connect(), backOff).unref();
  }

  /** A late reply would be taken for the reply to the next command, so the connection is closed. */
  private expire(pending: Pending): void {
    pending.isFinal = true;
    const index = this.waiting.indexOf(pending);
    if (index !== -1) this.giveUp(this.waiting.splice(index, 1));
    else this.socket?.destroy(new Error('it does not respond'));
  }

  private giveUp(commands: readonly Pending[]): void {
    for (const { timer } of commands) clearTimeout(timer);
    for (const { fail } of commands) fail(this.unavailable());
  }

  private read(reply: Reply): RedisValue {
    if (reply instanceof RedisError) throw this.unavailable(reply.message);
    return reply;
  }

  /** Creates the error for a failed command. Its message does not contain the password. */
  private unavailable(problem = this.problem): BridgeError {
    const advice = 'Requests that need no stored responses still work. Retry this one later, or send "store": false.';
    return new BridgeError('store_unavailable', `The store at ${this.url.host} is unavailable: ${problem}. ${advice}`);
  }
}

function encode(args: readonly (string | number)[]): string {
  const bulk = args.map(String).map((text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`);
  return `*${args.length}\r\n${bulk.join('')}`;
}

/** Reads replies from chunks that may be split anywhere. The bytes of a string are joined once, however long it is. */
export class ReplyReader {
  private bytes: Buffer = Buffer.alloc(0);
  private chunks: Buffer[] = [];
  private available = 0;
  private current = this.readReply();

  push(bytes: Buffer): readonly Reply[] {
    this.chunks.push(bytes);
    this.available += bytes.length;
    const replies: Reply[] = [];
    for (let step = this.current.next(); step.done === true; step = this.current.next()) {
      replies.push(step.value);
      this.current = this.readReply();
    }
    return replies;
  }

  private *readReply(): Generator<undefined, Reply, undefined> {
    const line = (yield* this.readLine()).toString('utf8');
    const [kind, text] = [line[0], line.slice(1)];
    if (kind === '+') return text;
    if (kind === '-') return new RedisError(text);
    const number = Number(text);
    if (kind === ':') return number;
    if (number < 0) return null;
    if (kind === '$') return (yield* this.take(number + 2)).subarray(0, number).toString('utf8');
    const replies: Reply[] = [];
    while (replies.length < number) replies.push(yield* this.readReply());
    return replies;
  }

  private *readLine(): Generator<undefined, Buffer, undefined> {
    for (let end = this.bytes.indexOf('\r\n'); ; end = this.bytes.indexOf('\r\n')) {
      if (end !== -1) return (yield* this.take(end + 2)).subarray(0, end);
      if (this.chunks.length === 0) yield;
      this.join();
    }
  }

  private *take(length: number): Generator<undefined, Buffer, undefined> {
    while (this.available < length) yield;
    if (this.bytes.length < length) this.join();
    const taken = this.bytes.subarray(0, length);
    this.bytes = this.bytes.subarray(length);
    this.available -= length;
    return taken;
  }

  private join(): void {
    this.bytes = Buffer.concat([this.bytes, ...this.chunks]);
    this.chunks = [];
  }
}
