/** Which provider a model name means: the one the bridge was started for, or another one named before a slash. */
import { PROVIDERS } from './catalog';
import type { Provider } from './provider';

/** Alias → `model` or `provider/model`, aliases in lower case. */
export type ModelMap = Readonly<Record<string, string>>;

export interface Route {
  readonly provider: Provider;
  /** The model name without its provider; absent when the request named none. */
  readonly model: string | undefined;
}

/**
 * @param asked the model name of the request
 * @param home the provider the bridge was started for; where its own ids have slashes, only an alias leads elsewhere
 * @param aliases the user's MODEL_MAP: looked up once, without regard to case
 */
export function findRoute(asked: string | undefined, home: Provider, aliases: ModelMap): Route {
  const target = asked === undefined ? undefined : aliases[asked.toLowerCase()];
  if (target !== undefined) return splitName(target, home);
  return asked === undefined || home.slashedIds ? { provider: home, model: asked } : splitName(asked, home);
}

/** `provider/model` where the first part is a provider's name; any other slash belongs to the model's id. */
function splitName(name: string, home: Provider): Route {
  const slash = name.indexOf('/');
  const provider = slash === -1 ? undefined : PROVIDERS.find((row) => row.name === name.slice(0, slash).toLowerCase());
  return provider ? { provider, model: name.slice(slash + 1) } : { provider: home, model: name };
}
