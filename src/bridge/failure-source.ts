/** Describes the upstream of a turn, to classify its failures. Loaded at the first failure. */
import type { FailureSource } from '../errors/error-rule';
import { createMask } from '../observe/log';
import { findSiblingUrl, isCodexModel } from '../providers/catalog';
import type { Provider } from '../providers/provider';
import type { Caller } from './bridge';
import type { ProviderSettings } from './turn-context';

interface SourceOptions {
  readonly provider: Provider;
  readonly access: ProviderSettings;
  /** Whether the provider is the primary one, whose key is AI_API_KEY, or another one selected by the model name. */
  readonly isPrimary: boolean;
  readonly clock: FailureSource['clock'];
  /** The model id that is sent. */
  readonly model?: string;
  /** Values of headers that the user added; messages must not contain them. */
  readonly hidden?: readonly string[];
}

/** @returns the facts for classifying failures; none of their texts contains the key */
export function describeSource(
  upstream: Pick<FailureSource, 'host' | 'name'>,
  { provider, access, isPrimary, clock, model = '', hidden = [] }: SourceOptions,
  caller: Pick<Caller, 'authorization'>,
): FailureSource {
  const fromClient = access.forceEnvAuth ? undefined : caller.authorization;
  const key = fromClient?.replace(/^Bearer\s+/i, '') ?? access.aiApiKey;
  const variables = isPrimary ? 'AI_API_KEY' : provider.keyEnv.join(' or ');
  return {
    ...upstream,
    keyAdvice: adviseOnKey(key, fromClient === undefined ? variables : undefined, provider, access.aiBaseUrl),
    ...(isCodexModel(model) && { modelAdvice: `"${model}" is a Codex model: set DEFAULT_MODEL to replace it.` }),
    hideKey: createMask([key ?? '', ...(access.apiKeys ?? []), ...hidden]),
    ...(clock && { clock }),
    ...(provider.errors && { rules: provider.errors }),
  };
}

/** @param variables the variables of the key; undefined for a key sent by the client */
function adviseOnKey(
  key: string | undefined, variables: string | undefined, provider: Provider, baseUrl: string,
): string {
  const { keyShape } = provider;
  if (key === undefined) return `No key was sent: set ${variables ?? 'AI_API_KEY'} where the bridge is started.`;
  const shape = keyShape === undefined || keyShape.pattern.test(key) ? '' : ` ${keyShape.advice}`;
  const sibling = findSiblingUrl(provider, baseUrl);
  const other = sibling === undefined ? '' : ` For a key from the other console, set AI_API_BASE=${sibling}.`;
  if (variables !== undefined) return `Check that ${variables} belongs to {host}.${shape}${other}`;
  return `The client sent this key, and FORCE_ENV_AUTH is off: check that it belongs to {host}.${shape}`;
}
