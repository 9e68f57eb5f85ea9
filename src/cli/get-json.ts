/** Asks a bridge for JSON. Node's fetch would take 30 ms to load, more than the rest of a command. */
import { get, type ClientRequest } from 'node:http';
import { parseJsonObject, type JsonObject } from '../base/json';

/** The longest answer is the model list of a provider with hundreds of models. */
const LONGEST_ANSWER = 16 * 1024 * 1024;

/**
 * GET `url`, which is an http: one.
 *
 * @returns the object; `undefined` when there is none, whatever the reason. Never rejects.
 */
export function getJson(url: string, timeoutMs: number): Promise<JsonObject | undefined> {
  return new Promise((resolve) => {
    const giveUp = (): void => resolve(undefined);
    const request: ClientRequest = get(url, { agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        body += piece;
        if (body.length > LONGEST_ANSWER) request.destroy();
      });
      response.on('end', () => resolve(parseJsonObject(body)));
      response.on('error', giveUp).on('close', giveUp);
    });
    request.on('error', giveUp);
  });
}
