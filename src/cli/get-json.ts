/** Asks a bridge for JSON. Node's fetch would take 30 ms to load, more than the rest of a command. */
import { get, type ClientRequest } from 'node:http';
import { parseJsonObject, type JsonObject } from '../base/json';

/** The longest answer is the model list of a provider with hundreds of models. */
const LONGEST_ANSWER = 16 * 1024 * 1024;

export interface Question {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly timeoutMs: number;
}

/**
 * GET `path` from whoever listens there. Never rejects.
 *
 * @returns the object; `'refused'` where nobody listens; `undefined` when there is none for any other reason
 */
export function getJson({ timeoutMs, ...target }: Question): Promise<JsonObject | 'refused' | undefined> {
  return new Promise((resolve) => {
    const giveUp = (): void => resolve(undefined);
    let request: ClientRequest;
    try {
      request = get({ ...target, agent: false, signal: AbortSignal.timeout(timeoutMs) });
    } catch {
      return giveUp();
    }
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED' ? 'refused' : undefined));
    request.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        body += piece;
        if (body.length > LONGEST_ANSWER) request.destroy();
      });
      response.on('end', () => resolve(parseJsonObject(body)));
      response.on('error', giveUp).on('close', giveUp);
    });
  });
}
