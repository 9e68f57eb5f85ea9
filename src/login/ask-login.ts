/** Asks for a login on the terminal: provider, address, key, model. */
import { BridgeError } from '../errors/bridge-error';
import { findChoice, renderNames } from '../command/choices';
import type { CommandIo } from '../command/command';
import { openCatalog } from '../command/open-catalog';
import { OPTIONS, type Config } from '../config/options';
import { PROVIDERS } from '../providers/catalog';
import type { Provider } from '../providers/provider';
import { findConnection } from '../bridge/endpoint-options';
import { nameUpstream, buildUpstreamHeaders } from '../bridge/prepare';
import { fetchJson } from '../upstream/fetch-json';

/** What the user wants to save. */
export interface Login {
  readonly provider: Provider;
  readonly baseUrl: string;
  /** Undefined if the provider needs none. */
  readonly key: string | undefined;
  /** Undefined for the provider's default model. */
  readonly model: string | undefined;
}

/** Prompts the user for visible and for hidden input. */
export type Prompter = Pick<CommandIo, 'error'> & Required<Pick<CommandIo, 'ask' | 'askHidden'>>;

/** Returns the functions that prompt the user; undefined without a terminal. */
export function findPrompter({ ask, askHidden, error }: CommandIo): Prompter | undefined {
  return ask === undefined || askHidden === undefined ? undefined : { ask, askHidden, error };
}

export interface LoginQuestion {
  readonly config: Config;
  /** The provider, if the user has already chosen one; its address is `config.aiBaseUrl`. */
  readonly chosen: Provider | undefined;
}

/** How many unusable answers to the same question end the login. */
const MAX_TRIES = 3;

/** Returns the login; undefined if the user gives up with Ctrl-C or Ctrl-D, or no answer is usable. */
export async function askLogin({ config, chosen }: LoginQuestion, io: Prompter): Promise<Login | undefined> {
  const provider = chosen ?? (await askProvider(config.catalog ?? PROVIDERS, io));
  if (provider === undefined) return undefined;
  const baseUrl = chosen === undefined ? await askAddress(provider, io) : config.aiBaseUrl;
  if (baseUrl === undefined) return undefined;
  const key = provider.local ? undefined : await askKey(provider, { ...config, aiBaseUrl: baseUrl }, io);
  if (key === undefined && !provider.local) return undefined;
  const settings = { ...config, provider: provider.name, aiBaseUrl: baseUrl, aiApiKey: key };
  const model = await askModel(settings, io);
  return model === undefined ? undefined : { provider, baseUrl, key, model: model || undefined };
}

async function askProvider(rows: readonly Provider[], io: Prompter): Promise<Provider | undefined> {
  const titles = rows.map(({ title, name }) => `${title} (${name})`);
  const question = `${renderNames(titles, true)}\nProvider (number or name) [1]: `;
  return askUntilUsable<Provider>(io, async () => {
    const answer = await io.ask(question);
    if (answer === undefined) return undefined;
    const name = findChoice(answer, rows.map((row) => row.name));
    return rows.find((row) => row.name === name) ?? rows.find(({ aliases }) => aliases?.includes(answer.trim())) ??
      { problem: `There is no provider "${answer.trim()}".` };
  });
}

async function askAddress({ baseUrls }: Provider, io: Prompter): Promise<string | undefined> {
  if (baseUrls.length === 1) return baseUrls[0];
  const isCustom = baseUrls.length === 0;
  const list = isCustom ? '' : `${renderNames(baseUrls, true)}\n`;
  return askUntilUsable<string>(io, async () => {
    const question = isCustom ? 'Base URL, usually ending in /v1: ' : `${list}Address of your account [1]: `;
    const answer = await io.ask(question);
    if (answer === undefined) return undefined;
    const { parse, expected } = OPTIONS.aiBaseUrl.type;
    return findChoice(answer, baseUrls) ?? parse(answer) ?? { problem: `Expected ${expected}.` };
  });
}

/** Saved as the key of a server that needs none. */
const NO_KEY = 'none';

async function askKey(provider: Provider, config: Config, io: Prompter): Promise<string | undefined> {
  const isOptional = provider.baseUrls.length === 0;
  const hint = isOptional ? 'Enter for none' : 'input is hidden';
  return askUntilUsable<string>(io, async () => {
    const answer = (await io.askHidden(`API key for ${provider.title} (${hint}): `))?.trim();
    if (answer === undefined) return undefined;
    if (isOptional && answer === '') return NO_KEY;
    const key = OPTIONS.aiApiKey.type.parse(answer);
    if (key === undefined) return { problem: `Expected ${OPTIONS.aiApiKey.type.expected}.` };
    if (provider.keyShape?.pattern.test(key) === false) return { problem: provider.keyShape.advice };
    const problem = await findRejection(provider, { ...config, aiApiKey: key });
    return problem === undefined ? key : { problem };
  });
}

const TIMEOUT_MS = 10_000;

const MAX_BYTES = 16 * 1024 * 1024;

const REJECTED_STATUSES: readonly (number | undefined)[] = [401, 403];

/** Requests the model list, which is free. Returns why the provider rejects the key; undefined in all other cases. */
async function findRejection(provider: Provider, config: Config): Promise<string | undefined> {
  const headers = { ...buildUpstreamHeaders(config), accept: 'application/json' };
  const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES };
  const name = nameUpstream(provider, new URL(config.aiBaseUrl).host);
  try {
    await fetchJson({
      url: `${config.aiBaseUrl}/models`, name, headers, ...limits, ...findConnection(provider, true, config),
    });
    return undefined;
  } catch (error) {
    const status = error instanceof BridgeError ? error.details.upstreamStatus : undefined;
    return REJECTED_STATUSES.includes(status) ? `${name} rejects this key (${status}).` : undefined;
  }
}

/** Returns the model, or '' for the configured or default one, which may change; undefined if the user gives up. */
async function askModel(config: Config, io: Prompter): Promise<string | undefined> {
  if (config.defaultModel !== undefined) return '';
  const { catalog, provider } = openCatalog(config, io);
  const names = (await catalog.entries()).map(({ model }) => model.id);
  const [first] = names;
  if (first === undefined) return (await io.ask('Model: '))?.trim();
  if (names.length === 1) return provider.models.length > 0 ? '' : first;
  const more = '     … any other model of the provider, by name';
  const answer = await io.ask(`${renderNames(names, true, more)}\nModel (number or name) [1]: `);
  if (answer === undefined) return undefined;
  const model = findChoice(answer, names) ?? answer.trim();
  return model === first && provider.models.length > 0 ? '' : model;
}

/** Asks until an answer is usable, at most MAX_TRIES times, and prints what is wrong with each other answer. */
async function askUntilUsable<T extends string | Provider>(
  io: Prompter, ask: () => Promise<T | { readonly problem: string } | undefined>,
): Promise<T | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const answer = await ask();
    if (typeof answer !== 'object' || !('problem' in answer)) return answer;
    io.error(`${answer.problem}\n`);
  }
  return undefined;
}
