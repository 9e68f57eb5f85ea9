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
 * @returns the object; `'refused'` where nobody listens; `'cut'` where the connection ended without an answer; `undefined`
 *   when there is none for any other reason
 */
export function getJson({ timeoutMs, ...target }: Question): Promise<JsonObject | 'refused' | 'cut' | undefined> {
  return new Promise((resolve) => {
    const giveUp = (): void => resolve(undefined);
    let request: ClientRequest;
    try {
      request = get({ ...target, agent: false, signal: AbortSignal.timeout(timeoutMs) });
    } catch {
      return giveUp();
    }
    let hasBegun = false;
    request.on('error', ({ code = '' }: NodeJS.ErrnoException) => resolve(hasBegun ? undefined : FAILURES[code]));
    // Where the other side changes the protocol unasked, there is neither an answer nor an error.
    request.on('close', () => hasBegun || giveUp());
    request.on('response', (response) => {
      hasBegun = true;
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

/** What an error of the system says of who listens; a name or an address that leads nowhere is nobody's. */
const FAILURES: Readonly<Record<string, 'refused' | 'cut'>> = {
  ECONNREFUSED: 'refused',
  EADDRNOTAVAIL: 'refused',
  ENOTFOUND: 'refused',
  EAI_AGAIN: 'refused',
  ECONNRESET: 'cut',
};
