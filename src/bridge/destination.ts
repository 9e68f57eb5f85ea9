/** Where a request goes and with which key: the bridge's own upstream, or that of another provider the model name leads to. */
import { BridgeError } from '../errors/bridge-error';
import type { Provider } from '../providers/provider';
import { findRoute } from '../providers/catalog';
import type { ProviderSettings } from './settings';
import type { TurnContext } from './turn-context';

export interface Destination {
  readonly provider: Provider;
  readonly model: string | undefined;
  /** DEFAULT_MODEL, at home only: another provider has models of its own. */
  readonly defaultModel: string | undefined;
  readonly access: ProviderSettings;
}

/**
 * @param asked the model name of the request
 * @throws BridgeError when the name leads to a provider whose address or key is not known
 */
export function findDestination(asked: string | undefined, { settings, provider: home }: TurnContext): Destination {
  const { provider, model } = findRoute(asked, home, settings.modelMap ?? {});
  if (provider === home) return { provider, model, defaultModel: settings.defaultModel, access: settings };
  const [aiBaseUrl] = provider.baseUrls;
  const aiApiKey = settings.providerKeys?.[provider.name];
  if (aiBaseUrl === undefined) {
    throw new BridgeError(
      'invalid_request',
      `Cannot route "${asked}" to ${provider.name}: it has no address of its own`,
      { param: 'model' },
    );
  }
  if (aiApiKey === undefined && !provider.local) {
    const variables = provider.keyEnv.join(' or ');
    throw new BridgeError(
      'auth',
      `Cannot route "${asked}" to ${provider.title}: the bridge has no key for it; set ${variables} and start it again.`,
      { param: 'model' },
    );
  }
  // The inbound token was meant for the bridge's own upstream: no other host ever gets it.
  return {
    provider,
    model,
    defaultModel: undefined,
    access: { aiBaseUrl, aiApiKey, forceEnvAuth: true, userAgent: settings.userAgent },
  };
}
