/** What every part of the server works on: one request with its response, and the services behind it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Bridge } from '../bridge/bridge';
import type { Logger } from '../observe/log';
import type { TurnRegistry } from './turn-registry';
import type { IdleShutdown } from './idle-shutdown';

/** The part of the configuration that the server reads. */
export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly allowHost?: readonly string[] | undefined;
  readonly bodyLimitMb: number;
  readonly drainTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly clientStallTimeoutMs: number;
  readonly aiBaseUrl: string;
}

export interface Services {
  readonly config: ServerConfig;
  readonly version: string;
  readonly log: Logger;
  readonly bridge: Bridge;
  readonly turns: TurnRegistry;
  /** The answers to GET /launches that are held open, one for each launched Codex. */
  readonly launches: Set<ServerResponse>;
  /** Hears of every use, where somebody wants to know. */
  readonly watch?: IdleShutdown;
}

export interface HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse<IncomingMessage>;
  /** The client sent `Expect: 100-continue` and holds its body back until it is asked for. */
  readonly awaitsContinue: boolean;
  readonly services: Services;
}

/**
 * Answers one exchange. What it throws becomes a JSON error, or a cut connection when the answer has begun.
 * @param id what stands in the path in place of `{id}`
 */
export type Handler = (exchange: HttpExchange, id: string) => void | Promise<void>;
