/** Defines the input of handlers: one request with its response, and the services of the server. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Bridge } from '../bridge/bridge';
import type { IntervalHistogram } from 'node:perf_hooks';
import type { Logger } from '../observe/log';
import type { Metrics } from '../observe/metrics';
import type { TurnFacts } from '../observe/turn-record';
import type { Access, Holder } from './guards';
import type { BodyBudget } from './read-body';
import type { HistoryParser } from './history-parser';
import type { TurnRegistry } from './turn-registry';
import type { IdleShutdown } from './idle-shutdown';

/** The part of the configuration that the server reads. */
export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly allowHost?: readonly string[] | undefined;
  readonly allowOrigin?: readonly string[] | undefined;
  readonly socket?: string | undefined;
  readonly accessToken?: string | undefined;
  readonly accessTokenFile?: string | undefined;
  readonly bodyLimitMb: number;
  readonly bodyMaxDepth: number;
  readonly bodyMaxValues: number;
  readonly bodiesInFlightMb: number;
  readonly drainTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly clientStallTimeoutMs: number;
  readonly aiBaseUrl: string;
  readonly search?: string | undefined;
  readonly storeRequired?: boolean;
}

/** What monitors have requested so far. Nothing is measured before the first request for `/metrics`. */
export interface Monitoring {
  /**
   * Whether a load balancer has requested `/health/ready`; the port then stays open while draining, to answer it with
   * 503.
   */
  hasBalancer: boolean;
  metrics?: Metrics;
  eventLoopDelay?: IntervalHistogram;
}

/** The services shared by all requests of a server. */
export interface Services {
  readonly config: ServerConfig;
  readonly version: string;
  readonly log: Logger;
  readonly bridge: Bridge;
  readonly bodies: BodyBudget;
  /** Parses large bodies; loaded when the first one arrives. */
  readonly largeBodies: () => HistoryParser;
  readonly access: Access;
  readonly turns: TurnRegistry;
  /** The open responses to GET /launches, one per launched Codex. */
  readonly launches: Set<ServerResponse>;
  readonly monitoring: Monitoring;
  /** Receives the facts of each turn when it is over. */
  readonly onTurnEnded: (facts: TurnFacts) => void;
  /** Notified of every use; absent if only a signal stops the bridge. */
  readonly watch?: IdleShutdown;
}

/** One request and its response. */
export interface HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse<IncomingMessage>;
  readonly method: string;
  /** The request's path without its query, which may contain a key. */
  readonly path: string;
  /** Whether the client sent `Expect: 100-continue` and waits before it sends its body. */
  readonly awaitsContinue: boolean;
  readonly services: Services;
  /** The port on which the server listens; 0 for a Unix socket. */
  readonly port: number;
  /** The holder of the request's access token; absent before the check, and if no token is required. */
  holder?: Holder | undefined;
}

/**
 * Answers one exchange. A thrown error becomes a JSON error, or closes the connection if the response has begun.
 * @param id the path segment matched by `{id}`
 */
export type Handler = (exchange: HttpExchange, id: string) => void | Promise<void>;
