/** All providers, and the three questions asked of them: whose host is this, which model is meant, how does it speak. */
import { aliyunCoding } from './aliyun-coding';
import { aliyunPayg } from './aliyun-payg';
import { aliyunTokenPlan } from './aliyun-token-plan';
import { ark } from './ark';
import { deepseek } from './deepseek';
import { DEFAULT_DIALECT, type Dialect } from './dialect';
import { familyDialect } from './families';
import { kimiCode } from './kimi-code';
import { llamaCpp } from './llama-cpp';
import { lmStudio } from './lm-studio';
import { mimo } from './mimo';
import { minimax } from './minimax';
import { moonshot } from './moonshot';
import { ollama } from './ollama';
import { openaiCompatible } from './openai-compatible';
import { openrouter } from './openrouter';
import type { Model, Provider } from './provider';
import { sglang } from './sglang';
import { siliconflow } from './siliconflow';
import { vllm } from './vllm';
import { zai } from './zai';

/** The first is the default; the neutral provider comes last: it has no host. */
export const PROVIDERS: readonly Provider[] = [
  aliyunCoding, aliyunTokenPlan, aliyunPayg,
  zai, moonshot, kimiCode, minimax, deepseek, mimo,
  siliconflow, ark, openrouter,
  vllm, sglang, llamaCpp, ollama, lmStudio,
  openaiCompatible,
];

/** Names that Codex uses for its own models when none is configured, or for its side requests; gpt-oss is anyone's. */
const CODEX_MODELS = /^(gpt(?!-oss)|codex|o\d)[-.]|^(gpt|codex)$/i;

/**
 * @param name the user's AI_PROVIDER, which decides; otherwise the host of the base URL does
 * @returns the neutral provider for a host nobody knows
 */
export function findProvider(name: string | undefined, baseUrl: string): Provider {
  const named = PROVIDERS.find((provider) => provider.name === name);
  return named ?? findProviderOfHost(new URL(baseUrl).host) ?? openaiCompatible;
}

/** Exact hosts of all providers first, then patterns: a pattern may hold the host of another provider. */
function findProviderOfHost(host: string): Provider | undefined {
  if (LOOPBACK.test(host)) return undefined;
  return (
    PROVIDERS.find((provider) => provider.baseUrls.some((url) => new URL(url).host === host))
    ?? PROVIDERS.find((provider) => provider.hosts?.some((pattern) => pattern.test(host)))
  );
}

/** Anything may listen on the user's own machine: the default ports of local servers are no names. */
const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/;

export interface ResolvedModel {
  /** The id that goes upstream. */
  readonly id: string;
  readonly dialect: Dialect;
  /** The catalog's row, when it has one. */
  readonly model?: Model;
}

/**
 * @param asked the model name of the request: matched without regard to case; Codex's own names mean the default model;
 *   any other unknown name is passed on as it is
 * @param preferred the user's DEFAULT_MODEL
 */
export function resolveModel(
  provider: Provider,
  asked: string | undefined,
  preferred: string | undefined,
): ResolvedModel {
  const name = withoutSuffix(provider, chooseName(provider, asked, preferred));
  const model = findModel(provider, name);
  const id = model?.id ?? name;
  return { id, dialect: resolveDialect(provider, model, id), ...(model && { model }) };
}

/** Codex's own names stand for the default model, where there is one. */
function chooseName(provider: Provider, asked: string | undefined, preferred: string | undefined): string {
  const fallback = preferred ?? provider.defaultModel;
  if (asked === undefined) return fallback ?? '';
  return CODEX_MODELS.test(asked) ? (fallback ?? asked) : asked;
}

const withoutSuffix = ({ idSuffix }: Provider, name: string): string => (idSuffix ? name.replace(idSuffix, '') : name);

function findModel(provider: Provider, name: string): Model | undefined {
  const wanted = name.toLowerCase();
  return provider.models.find((model) => model.id.toLowerCase() === wanted);
}

/** From the general to the particular: any host, the model's family, the provider, the model's limits, the model's row. */
function resolveDialect(provider: Provider, model: Model | undefined, id: string): Dialect {
  return { ...DEFAULT_DIALECT, ...familyDialect(id), ...provider.dialect, ...limits(model), ...model?.dialect };
}

function limits(model: Model | undefined): Partial<Dialect> {
  return model ? { images: model.input.includes('image'), maxTokens: model.maxOutput } : {};
}
