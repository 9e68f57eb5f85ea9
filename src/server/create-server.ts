/** Creates the bridge's HTTP server, which listens, answers, drains and closes. */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Bridge } from '../bridge/bridge';
import { BridgeError } from '../errors/bridge-error';
import type { Logger } from '../observe/log';
import type { UsageLedger } from '../observe/usage-ledger';
import { Access, createHostPolicy, type HostPolicy } from './guards';
import type { HistoryParser } from './history-parser';
import type { Monitoring, ServerConfig, Services } from './http-exchange';
import type { BodyBudget } from './read-body';
import { TurnRegistry } from './turn-registry';
import type { IdleShutdown } from './idle-shutdown';

/** The address the server is bound to; `port` is the one the system chose if 0 was configured. */
export interface BoundAddress {
  readonly host: string;
  readonly port: number;
  /** The path of the Unix socket, if the server listens on one; `port` is then 0. */
  readonly socket?: string;
}

export interface BridgeServer {
  /** Starts listening; rejects with the system's error, e.g. EADDRINUSE. */
  listen(): Promise<BoundAddress>;
  /** Answers the requests on an existing connection, even if the server is not listening. */
  serve(connection: Duplex): void;
  /**
   * Rejects new turns, gives running ones `drainTimeoutMs` to finish, then ends them with a `shutting_down` failure.
   * Stops accepting connections first, or last if a load balancer polls. Resolves when every connection is closed.
   */
  close(): Promise<void>;
  /** Returns the number of running turns. */
  openTurns(): number;
  /** Ends every turn and connection at once. */
  closeNow(): void;
}

export interface BridgeServerOptions {
  readonly config: ServerConfig;
  /** The version that /health reports. */
  readonly version: string;
  readonly log: Logger;
  /**
   * Creates the bridge; called once, on first use: loading its modules earlier would double the time until the server
   * listens.
   */
  readonly bridge: () => Bridge;
  /** The accepted tokens; by default those of `config`. */
  readonly access?: Access;
  /** Opens the ledger, which records each turn; called once, after the first turn. Absent when no usage is recorded. */
  readonly ledger?: () => Pick<UsageLedger, 'add'>;
  /** Notified of every use; absent if only a signal stops the bridge. */
  readonly watch?: IdleShutdown;
}

/** How long an aborted turn may take to notify its client before its connection is closed. */
const SHUTDOWN_NOTICE_MS = 1_000;

const SERVER_OPTIONS: ServerOptions = {
  // Nagle's algorithm would hold each frame back for 40 ms (performance.md, section 4).
  noDelay: true,
  // A client whose machine has disappeared neither reads nor closes; TCP keep-alive detects that within minutes.
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
  // Longer than the 5 to 60 seconds after which HTTP clients drop idle connections, so that the client closes first.
  keepAliveTimeout: 72_000,
  headersTimeout: 20_000,
  requestTimeout: 300_000,
};

/** Creates a server that answers with `options.bridge`; it is not bound to an address before `listen`. */
export function createBridgeServer(options: BridgeServerOptions): BridgeServer {
  const { config, log } = options;
  const turns = new TurnRegistry(options.watch);
  const monitoring: Monitoring = { hasBalancer: false };
  const services = createServices(options, turns, monitoring);
  let policy: HostPolicy = createHostPolicy(config, config.port);
  const server = createServer(SERVER_OPTIONS);
  const answer = (awaitsContinue: boolean) => (request: IncomingMessage, response: ServerResponse<IncomingMessage>) => {
    // Loaded at the first request, so that the server listens sooner.
    const { handleRequest }: typeof import('./handle-request') = require('./handle-request');
    const { method = '', url = '' } = request;
    const [path = ''] = url.split('?', 1);
    void handleRequest({ request, response, method, path, awaitsContinue, services, port: policy.port }, policy);
  };
  server.on('request', answer(false));
  server.on('checkContinue', answer(true));
  let closing: Promise<void> | undefined;
  return {
    async listen() {
      const address = await startListening(server, config);
      server.on('error', (error) => log.error('server error', { error }));
      policy = createHostPolicy(config, address.port);
      return address;
    },
    serve: (connection) => void server.emit('connection', connection),
    close() {
      closing ??= drain(server, turns, config.drainTimeoutMs, monitoring.hasBalancer);
      return closing;
    },
    openTurns: () => turns.count(),
    closeNow() {
      const reason = shuttingDown();
      turns.rejectNew(reason);
      turns.abortAll(reason);
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * Creates the services; those that only some requests use are created on first use, so that the server listens sooner.
 */
function createServices(options: BridgeServerOptions, turns: TurnRegistry, monitoring: Monitoring): Services {
  const { config } = options;
  let bridge: Bridge | undefined;
  let bodies: BodyBudget | undefined;
  let parser: HistoryParser | undefined;
  let ledger: Pick<UsageLedger, 'add'> | undefined;
  return {
    ...options,
    access: options.access ?? new Access(config),
    turns,
    monitoring,
    launches: new Set(),
    get bridge() {
      return (bridge ??= options.bridge());
    },
    get bodies() {
      return (bodies ??= openBudget(config));
    },
    largeBodies: () => (parser ??= openHistoryParser(config)),
    onTurnEnded(facts) {
      ledger ??= options.ledger?.();
      ledger?.add(facts);
      monitoring.metrics?.count(facts);
    },
  };
}

function openBudget({ bodiesInFlightMb }: ServerConfig): BodyBudget {
  const { BodyBudget: Budget }: typeof import('./read-body') = require('./read-body');
  return new Budget(bodiesInFlightMb * 1024 * 1024);
}

function openHistoryParser(config: ServerConfig): HistoryParser {
  const { HistoryParser: Parser }: typeof import('./history-parser') = require('./history-parser');
  return new Parser(config);
}

async function startListening(server: Server, { host, port, socket }: ServerConfig): Promise<BoundAddress> {
  if (socket !== undefined) {
    const { listenOnSocket }: typeof import('./listen-on-socket') = require('./listen-on-socket');
    await listenOnSocket(server, socket);
    return { host, port: 0, socket };
  }
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const bound = server.address();
      const isTcp = typeof bound === 'object' && bound !== null;
      resolve(isTcp ? { host: bound.address, port: bound.port } : { host, port });
    });
  });
}

/** @param staysOpen whether to accept connections until the last turn has ended, answering new turns with 503 */
async function drain(server: Server, turns: TurnRegistry, timeoutMs: number, staysOpen: boolean): Promise<void> {
  const reason = shuttingDown();
  turns.rejectNew(reason);
  const closed = new Promise((resolve) => server.once('close', resolve));
  if (!staysOpen) await stopListening(server);
  if (!(await turns.waitForEnd(timeoutMs))) {
    turns.abortAll(reason);
    await turns.waitForEnd(SHUTDOWN_NOTICE_MS);
  }
  if (staysOpen) await stopListening(server);
  server.closeAllConnections();
  await closed;
}

/**
 * Stops accepting connections and closes idle ones. `server.close` would close idle ones at once. Since Node 26, these
 * include new connections whose first request has arrived but has not been read; closing such a connection would reset
 * it.
 */
async function stopListening(server: Server): Promise<void> {
  NetServer.prototype.close.call(server);
  // Data that has arrived is read within two iterations of the event loop.
  for (let iteration = 0; iteration < 2; iteration += 1) await new Promise((resolve) => setImmediate(resolve));
  server.closeIdleConnections();
}

function shuttingDown(): BridgeError {
  return new BridgeError('shutting_down', 'The bridge is shutting down. Restart it, then retry.');
}
