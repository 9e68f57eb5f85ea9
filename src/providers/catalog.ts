/** Lists all providers, finds them by name, host or model name, and resolves the dialect of a model. */
import { DEFAULT_DIALECT, type Dialect } from './dialect';
import { FAMILIES } from './families';
import type { Model, Provider } from './provider';
import { aliyunCoding } from './rows/aliyun-coding';
import { aliyunPayg } from './rows/aliyun-payg';
import { aliyunTokenPlan } from './rows/aliyun-token-plan';
import { ark } from './rows/ark';
import { byteplus } from './rows/byteplus';
import { deepseek } from './rows/deepseek';
import { kimiCode } from './rows/kimi-code';
import { llamaCpp } from './rows/llama-cpp';
import { lmStudio } from './rows/lm-studio';
import { mimo } from './rows/mimo';
import { minimax } from './rows/minimax';
import { moonshot } from './rows/moonshot';
import { ollama } from './rows/ollama';
import { openaiCompatible } from './rows/openai-compatible';
import { openrouter } from './rows/openrouter';
import { qianfan } from './rows/qianfan';
import { sglang } from './rows/sglang';
import { siliconflow } from './rows/siliconflow';
import { tencentTokenHub } from './rows/tencent';
import { vllm } from './rows/vllm';
import { zai } from './rows/zai';

/** The first is the default; the neutral provider, which has no host, is last. */
export const PROVIDERS: readonly Provider[] = [
  aliyunCoding, aliyunTokenPlan, aliyunPayg,
  zai, moonshot, kimiCode, minimax, deepseek, mimo,
  siliconflow, ark, byteplus, tencentTokenHub, qianfan, openrouter,
  vllm, sglang, llamaCpp, ollama, lmStudio,
  openaiCompatible,
];

/** Response headers with the request id, which a provider's support team asks for. The common ones come first. */
export const REQUEST_ID_HEADERS: readonly string[] = [
  ...new Set(['x-request-id', 'request-id', ...PROVIDERS.flatMap((row) => row.requestIdHeader ?? [])]),
];

/** Names of Codex's own models, which Codex uses for side requests, and for turns if no model is configured. */
const CODEX_MODELS = /^(gpt(?!-oss)|codex|o\d)[-.]|^(gpt|codex)$/i;

/** Whether a name is one of Codex's own models, which the default model replaces. */
export const isCodexModel = (name: string): boolean => CODEX_MODELS.test(name);

/** @param name a name or an alias; case does not matter */
export function findProviderByName(name: string, catalog = PROVIDERS): Provider | undefined {
  const wanted = name.trim().toLowerCase();
  return catalog.find((row) => row.name === wanted || row.aliases?.includes(wanted));
}

/**
 * @param name the user's AI_PROVIDER (no alias), which overrides the host of the base URL
 * @returns the neutral provider for an unknown name and host
 */
export function findProvider(name: string | undefined, baseUrl: string, catalog = PROVIDERS): Provider {
  const named = catalog.find((provider) => provider.name === name);
  return named ?? findProviderOfHost(new URL(baseUrl).host, catalog) ?? openaiCompatible;
}

/**
 * Returns the provider's base URL on another host, such as its international one, with the same path if possible.
 * Undefined for a local server, and for a base URL that is not in the row.
 */
export function findSiblingUrl({ baseUrls, local }: Provider, baseUrl: string): string | undefined {
  if (local || !baseUrls.includes(baseUrl)) return undefined;
  const { host, pathname } = new URL(baseUrl);
  const others = baseUrls.filter((url) => new URL(url).host !== host);
  return others.find((url) => new URL(url).pathname === pathname) ?? others[0];
}

/**
 * Compares the exact hosts of all providers before the patterns, because a pattern may match the host of another
 * provider.
 */
function findProviderOfHost(host: string, catalog: readonly Provider[]): Provider | undefined {
  if (LOOPBACK.test(host)) return undefined;
  return (
    catalog.find((provider) => provider.baseUrls.some((url) => new URL(url).host === host))
    ?? catalog.find((provider) => provider.hosts?.some((pattern) => pattern.test(host)))
  );
}

/** Any program may listen on the user's own machine, so the default port of a local server identifies no provider. */
const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/;

/** Alias → `model` or `provider/model`, aliases in lower case. */
export type ModelMap = Readonly<Record<string, string>>;

export interface ModelRoute {
  readonly provider: Provider;
  /** The model name without its provider; absent if the request named none. */
  readonly model: string | undefined;
}

/**
 * Finds the provider and the model that a request names.
 *
 * @param requested the model name of the request
 * @param primary the provider the bridge was started for; if its ids contain slashes, only aliases select another
 * @param aliases the user's MODEL_MAP: looked up once, ignoring case
 */
export function findRoute(
  requested: string | undefined, primary: Provider, aliases: ModelMap, catalog = PROVIDERS,
): ModelRoute {
  const alias = requested?.toLowerCase() ?? '';
  const target = Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;
  if (target !== undefined) return splitName(target, primary, catalog);
  if (requested === undefined || primary.slashedIds) return { provider: primary, model: requested };
  return splitName(requested, primary, catalog);
}

/** Splits `provider/model` if the first part is a provider's name; any other slash is part of the model id. */
function splitName(name: string, primary: Provider, catalog: readonly Provider[]): ModelRoute {
  const slash = name.indexOf('/');
  const provider = slash === -1 ? undefined : catalog.find((row) => row.name === name.slice(0, slash).toLowerCase());
  return provider ? { provider, model: name.slice(slash + 1) } : { provider: primary, model: name };
}

export interface ResolvedModel {
  /** The id that is sent upstream. */
  readonly id: string;
  readonly dialect: Dialect;
  /** The catalog row, if there is one. */
  readonly model?: Model;
}

/**
 * Resolves a model name to the id that is sent, its row and its dialect.
 *
 * @param requested the model name of the request, in any case; Codex's own names select the default model; other
 * unknown names are sent unchanged
 * @param preferred the user's DEFAULT_MODEL
 */
export function resolveModel(
  provider: Provider, requested: string | undefined, preferred: string | undefined,
): ResolvedModel {
  const chosen = chooseName(provider, requested, preferred);
  const name = provider.idSuffix ? chosen.replace(provider.idSuffix, '') : chosen;
  const wanted = name.toLowerCase();
  const model = provider.models.find((each) => each.id.toLowerCase() === wanted);
  const id = model?.id ?? name;
  return { id, dialect: resolveDialect(provider, model, id), ...(model && { model }) };
}

/** Codex's own names select the default model, if there is one. */
function chooseName(provider: Provider, requested: string | undefined, preferred: string | undefined): string {
  const fallback = preferred ?? provider.defaultModel;
  if (requested === undefined) return fallback ?? '';
  return isCodexModel(requested) ? (fallback ?? requested) : requested;
}

/**
 * Merges the dialect values, later ones overriding earlier ones: the neutral dialect, the matching families, the
 * provider, its id rules, the model's limits, the model's row.
 */
function resolveDialect(provider: Provider, model: Model | undefined, id: string): Dialect {
  const name = id.slice(id.lastIndexOf('/') + 1);
  const dialect: Dialect = { ...DEFAULT_DIALECT };
  for (const family of FAMILIES) if (family.names.test(name)) Object.assign(dialect, family.dialect);
  Object.assign(dialect, provider.dialect);
  for (const rule of provider.idRules ?? []) if (rule.ids.test(id)) Object.assign(dialect, rule.dialect);
  const limits = model && { images: model.input.includes('image'), maxTokens: model.maxOutput };
  return Object.assign(dialect, limits, model?.dialect);
}

/** Whether a model is known to work with Codex at the provider's own Responses endpoint. */
export const prefersNative = ({ responses }: Provider, model: string): boolean =>
  responses?.preferred?.includes(model) ?? false;

/** Whether a base URL has the host of a base URL in the row: a gateway may serve Chat Completions only. */
export const isOwnHost = ({ baseUrls }: Provider, baseUrl: string): boolean =>
  baseUrls.some((url) => new URL(url).host === new URL(baseUrl).host);

/**
 * Returns the base URL of the provider's own Responses endpoint, if it has one for the model.
 *
 * @param baseUrl the user's base URL, which determines the host
 * @param model the id that is sent upstream
 * @returns the base URL before `/responses`; undefined if the model is only available over Chat Completions
 */
export function findNativeBaseUrl({ responses }: Provider, baseUrl: string, model: string): string | undefined {
  if (!responses || (responses.models && !responses.models.includes(model))) return undefined;
  return responses.basePath === undefined ? baseUrl : new URL(baseUrl).origin + responses.basePath;
}
