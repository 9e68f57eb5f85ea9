/** Whom a turn asks, for the words of its failures: the host, its own rules, and what can be said of a refused key. */
import type { Clock } from '../base/clock';
import type { FailureSource } from '../errors/error-rule';
import type { Provider } from '../providers/provider';
import type { Caller } from './bridge';
import type { ProviderSettings } from './settings';
import { upstreamHeaders } from './upstream-call';

export interface SourceOptions {
  /** Where the request goes. */
  readonly url: string;
  readonly provider: Provider;
  readonly access: ProviderSettings;
  /** Whether the provider is the bridge's own one, whose key is AI_API_KEY, or another one that the model name led to. */
  readonly home: boolean;
  readonly clock: Clock;
}

/** @returns what the classifier of failures wants to know; nothing in it quotes the key */
export function describeSource(
  { url, provider, access, home, clock }: SourceOptions,
  caller: Pick<Caller, 'authorization'>,
): FailureSource {
  const key = upstreamHeaders(caller, access)['authorization']?.replace(/^Bearer\s+/i, '');
  const fromClient = !access.forceEnvAuth && caller.authorization !== undefined;
  const variables = home ? 'AI_API_KEY' : provider.keyEnv.join(' or ');
  return {
    host: new URL(url).host,
    keyAdvice: describeKey(key, fromClient ? undefined : variables, provider),
    hideKey:
      key === undefined || key.length < SHORTEST_KEY ? (text) => text : (text) => text.replaceAll(key, '[redacted]'),
    clock,
    ...(provider.errors && { rules: provider.errors }),
  };
}

/** A shorter key is a word that may stand anywhere. */
const SHORTEST_KEY = 6;

/** @param variables where the key came from; undefined for one that the client sent */
function describeKey(key: string | undefined, variables: string | undefined, { keyShape }: Provider): string {
  if (key === undefined) return `No key was sent: set ${variables ?? 'AI_API_KEY'} where the bridge is started.`;
  const shape = keyShape === undefined || keyShape.pattern.test(key) ? '' : ` ${keyShape.advice}`;
  if (variables !== undefined) return `Check that ${variables} belongs to {host}.${shape}`;
  return `The client sent this key, and FORCE_ENV_AUTH is off: check that it belongs to {host}.${shape}`;
}
