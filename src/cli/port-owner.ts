/** Who has the port that the bridge wanted. Loaded only when it is taken. */
import { get } from 'node:http';
import { parseJsonObject, type UnknownRecord } from '../base/json';
import { asNumber, asText } from '../base/narrow';
import { SERVICE_NAME } from '../server/handlers/health';

export interface PortOwnerQuestion {
  /** The address the bridge wanted to listen on. */
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** Asks the process on that port for `GET /health`, and returns a sentence that says whether it is this bridge. */
export async function describePortOwner(question: PortOwnerQuestion): Promise<string> {
  const health = await askHealth(question);
  if (asText(health?.['name']) !== SERVICE_NAME) return `It belongs to another program, not to ${SERVICE_NAME}.`;
  const version = /^[\w.+-]{1,40}$/.exec(asText(health?.['version']) ?? '')?.[0] ?? '(unknown version)';
  const pid = asNumber(health?.['pid']);
  return `${SERVICE_NAME} ${version} already runs there${pid === undefined ? '' : ` (pid ${pid})`}.`;
}

/** A bridge that listens on every address is asked on the loopback one. */
const REACHABLE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

const LONGEST_ANSWER = 65_536;

function askHealth({ host, port, timeoutMs }: PortOwnerQuestion): Promise<UnknownRecord | undefined> {
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve) => {
    const giveUp = (): void => resolve(undefined);
    const request = get({ host: REACHABLE[host] ?? host, port, path: '/health', agent: false, signal }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        body += piece;
        if (body.length > LONGEST_ANSWER) request.destroy();
      });
      response.on('end', () => resolve(parseJsonObject(body)));
      response.on('error', giveUp);
      response.on('close', giveUp);
    });
    request.on('error', giveUp);
  });
}
