/** All providers, and the three questions asked of them: whose host is this, which model is meant, how does it speak. */
import { aliyunCoding } from './aliyun-coding';
import { DEFAULT_DIALECT, type Dialect } from './dialect';
import { openaiCompatible } from './openai-compatible';
import type { Model, Provider } from './provider';

/** The neutral provider comes last: it has no host. */
export const PROVIDERS: readonly Provider[] = [aliyunCoding, openaiCompatible];

/** Names that Codex uses for its own models when none is configured, or for its side requests. */
const CODEX_MODELS = /^(gpt|codex|o\d)[-.]|^(gpt|codex)$/i;

/**
 * @param name the user's AI_PROVIDER, which decides; otherwise the host of the base URL does
 * @returns the neutral provider for a host nobody knows
 */
export function findProvider(name: string | undefined, baseUrl: string): Provider {
  const host = new URL(baseUrl).host;
  const named = PROVIDERS.find((provider) => provider.name === name);
  return named ?? PROVIDERS.find((provider) => provider.baseUrls.some((url) => new URL(url).host === host)) ?? openaiCompatible;
}

export interface ResolvedModel {
  /** The id that goes upstream. */
  readonly id: string;
  readonly dialect: Dialect;
  /** The catalogue's row, when it has one. */
  readonly model?: Model;
}

/**
 * @param asked the model name of the request: matched without regard to case; Codex's own names mean the default model;
 *   any other unknown name is passed on as it is
 * @param preferred the user's DEFAULT_MODEL
 */
export function resolveModel(provider: Provider, asked: string | undefined, preferred: string | undefined): ResolvedModel {
  const fallback = preferred ?? provider.defaultModel;
  const name = asked === undefined || (CODEX_MODELS.test(asked) && fallback !== undefined) ? (fallback ?? asked ?? '') : asked;
  const model = findModel(provider, name);
  const dialect = { ...DEFAULT_DIALECT, ...provider.dialect, ...modelDialect(model), ...model?.dialect };
  return { id: model?.id ?? name, dialect, ...(model && { model }) };
}

function findModel(provider: Provider, name: string): Model | undefined {
  const wanted = name.toLowerCase();
  return provider.models.find((model) => model.id.toLowerCase() === wanted);
}

function modelDialect(model: Model | undefined): Partial<Dialect> {
  return model ? { images: model.input.includes('image'), maxTokens: model.maxOutput } : {};
}
