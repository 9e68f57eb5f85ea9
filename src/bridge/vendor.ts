/** Whom a turn asks, for the words of its failures: the host, its own rules, and what can be said of a refused key. */
import type { Vendor } from '../errors/error-rule';
import type { Provider } from '../providers/provider';
import type { Caller } from './bridge';
import type { TurnContext } from './turn-context';
import { upstreamHeaders } from './upstream-call';

/** @param url where the request goes */
export function describeVendor(url: string, caller: Pick<Caller, 'authorization' | 'userAgent'>, { settings, provider, runtime }: TurnContext): Vendor {
  const { authorization } = upstreamHeaders(caller, settings);
  const key = authorization?.replace(/^Bearer\s+/i, '');
  const fromClient = !settings.forceEnvAuth && caller.authorization !== undefined;
  return {
    host: new URL(url).host,
    keyAdvice: describeKey(key, fromClient, provider),
    hideKey: key === undefined || key.length < SHORTEST_KEY ? (text) => text : (text) => text.replaceAll(key, '[redacted]'),
    clock: runtime.clock,
    ...(provider.errors && { rules: provider.errors }),
  };
}

/** A shorter key is a word that may stand anywhere. */
const SHORTEST_KEY = 6;

/** Says nothing of the key but where it came from and whether it looks right. */
function describeKey(key: string | undefined, fromClient: boolean, { keyShape, keyEnv }: Provider): string {
  if (key === undefined) return `No key was sent: set ${['AI_API_KEY', ...keyEnv].join(' or ')}.`;
  const whose = fromClient ? 'The key is the one that the client sent, because FORCE_ENV_AUTH is off. ' : '';
  const shape = keyShape === undefined || keyShape.pattern.test(key) ? '' : ` ${keyShape.advice}`;
  return `${whose}Check that ${fromClient ? 'it' : 'AI_API_KEY'} belongs to {host}.${shape}`;
}
