/** What the chosen provider adds to a configuration: its address, and the key under its own variable. */
import { findProvider } from '../providers/catalog';
import { resolveKey } from '../providers/keys';
import type { Provider } from '../providers/provider';
import { describeMistake } from './mistake';
import { OPTIONS, type Config } from './options';
import { fromProcess, type Environment, type FindOrigin, type Origins, type ResolvedConfig } from './resolve';

interface Whole {
  readonly config: Config;
  readonly origins: Origins;
}

interface Variables {
  readonly env: Environment;
  readonly findOrigin: FindOrigin;
}

type Added = Whole | { readonly mistake: string };

/** AI_PROVIDER without AI_API_BASE means the provider's first address; AI_API_KEY beats the provider's own variable. */
export function addProviderValues(
  given: Whole,
  env: Environment,
  findOrigin: FindOrigin = fromProcess,
): ResolvedConfig {
  const provider = findProvider(given.config.provider, given.config.aiBaseUrl);
  const steps = [addAddress, addKey];
  let whole = given;
  const mistakes: string[] = [];
  for (const step of steps) {
    const added = step(whole, provider, { env, findOrigin });
    if ('mistake' in added) mistakes.push(added.mistake);
    else whole = added;
  }
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, ...whole };
}

/** The origin of the address is then the option that named the provider. */
function addAddress({ config, origins }: Whole, provider: Provider): Added {
  const origin = origins.provider;
  if (origin.kind === 'default' || origins.aiBaseUrl.kind !== 'default') return { config, origins };
  const [aiBaseUrl] = provider.baseUrls;
  if (aiBaseUrl === undefined) {
    const { env, flags } = OPTIONS.aiBaseUrl;
    const given = `"${provider.name}" from ${origin.kind} ${origin.name} alone`;
    return { mistake: `Cannot use ${given}: expected a base URL beside it, in ${env[0]} or ${flags[0]}.` };
  }
  return { config: { ...config, aiBaseUrl }, origins: { ...origins, aiBaseUrl: origin } };
}

function addKey({ config, origins }: Whole, provider: Provider, { env, findOrigin }: Variables): Added {
  const found = config.aiApiKey === undefined ? resolveKey(provider, env) : undefined;
  if (!found) return { config, origins };
  const origin = findOrigin(found.variable);
  const aiApiKey = OPTIONS.aiApiKey.type.parse(found.key);
  if (aiApiKey === undefined) return { mistake: describeMistake(OPTIONS.aiApiKey, { text: found.key, origin }) };
  return { config: { ...config, aiApiKey }, origins: { ...origins, aiApiKey: origin } };
}
