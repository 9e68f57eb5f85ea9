/** Reads a provider's response to GET /models. `id` is the only field that all servers send. */
import { asArray, asNumber, asRecord, asText, compact } from '../base/json';
import type { Model } from './provider';

/** A model from the provider's list; fields that the list does not contain are absent. */
export interface DiscoveredModel {
  readonly id: string;
  readonly name?: string;
  readonly contextWindow?: number;
  readonly maxOutput?: number;
  readonly input?: Model['input'];
}

type Path = readonly [string, ...string[]];

/**
 * The window that a server was started with comes first: llama.cpp `meta.n_ctx` (per slot; `meta.n_ctx_train` is the
 * one used in training), LM Studio `loaded_context_length`. OpenRouter documents two fields, because the host that
 * serves a model may allow less than its maker (openrouter.ai/docs/models). The other names are those that public
 * clients read: vLLM and SGLang `max_model_len`, Groq `context_window`, Mistral `max_context_length`.
 */
const CONTEXT_WINDOW: readonly Path[] = [
  ['meta', 'n_ctx'],
  ['loaded_context_length'],
  ['top_provider', 'context_length'],
  ['context_length'],
  ['max_model_len'],
  ['context_window'],
  ['max_context_length'],
];
const MAX_OUTPUT: readonly Path[] = [
  ['top_provider', 'max_completion_tokens'],
  ['max_completion_tokens'],
  ['max_output_tokens'],
];
/** Read by public clients: Moonshot, Mistral. */
const ACCEPTS_IMAGES: readonly Path[] = [['supports_image_in'], ['capabilities', 'vision']];

/** Words in the ids of models that cannot chat, for hosts that list all their models. */
const NOT_CHAT_WORDS = [
  'embed', 'embeds', 'embedding', 'embeddings', 'bge', 'bce', 'rerank', 'reranker',
  'whisper', 'tts', 'asr', 'speech', 'audio', 'ocr', 'moderation', 'guard',
  'image', 'video', 'dall-e', 't2i', 't2v', 'i2v', 'flux', 'sd', 'sdxl', 'wan\\d',
];
const NOT_CHAT = new RegExp(`(^|[-_./])(${NOT_CHAT_WORDS.join('|')})([-_./:\\d]|$)`, 'i');

/**
 * Reads `{data: […]}`, `{models: […]}` or a bare list. Drops entries without an id, and models that, according to the
 * list or their ids, cannot chat or call tools.
 *
 * @returns undefined if the response is not a list of models
 */
export function readDiscoveredModels(answer: unknown): readonly DiscoveredModel[] | undefined {
  const record = asRecord(answer);
  const list = asArray(answer) ?? asArray(record?.['data']) ?? asArray(record?.['models']);
  return list?.flatMap((value) => {
    const model = readModel(value);
    return model && worksInCodex(value, model.id) ? [model] : [];
  });
}

/**
 * Reads the context windows that models were loaded with, by id in lower case, from LM Studio's GET /api/v0/models
 * (`data`) or Ollama's GET /api/ps (`models`, where the id is called `model`).
 */
export function readLoadedWindows(answer: unknown): ReadonlyMap<string, number> {
  const record = asRecord(answer);
  const list = asArray(record?.['data']) ?? asArray(record?.['models']) ?? [];
  return new Map(list.flatMap((value) => {
    const id = asText(at(value, ['id'])) ?? asText(at(value, ['model']));
    const window = readTokens(value, [['loaded_context_length'], ['context_length']]);
    return id === undefined || window === undefined ? [] : [[id.toLowerCase(), window] as const];
  }));
}

/**
 * Overrides a row, except for its id and a name of its own, with what the provider reports: a server may run a model
 * with a smaller window than its maker documents.
 */
export function overlay(model: Model, found: DiscoveredModel | undefined): Model {
  if (found === undefined) return model;
  const { id, name } = model;
  return { ...model, ...found, id, name: name === id ? (found.name ?? name) : name };
}

function readModel(value: unknown): DiscoveredModel | undefined {
  const id = asText(asRecord(value)?.['id']);
  if (id === undefined) return undefined;
  return compact({
    id,
    name: asText(asRecord(value)?.['name']) ?? asText(asRecord(value)?.['display_name']),
    contextWindow: readTokens(value, CONTEXT_WINDOW),
    maxOutput: readTokens(value, MAX_OUTPUT),
    input: readInput(value),
  });
}

/** Whether a model writes text and calls tools. A missing field means that it does, unless its id says otherwise. */
function worksInCodex(value: unknown, id: string): boolean {
  const output = asArray(at(value, ['architecture', 'output_modalities']));
  const parameters = asArray(at(value, ['supported_parameters']));
  return (output?.includes('text') ?? true) && (parameters?.includes('tools') ?? true) && !NOT_CHAT.test(id);
}

/** Returns the value of the first path that contains a token count. */
function readTokens(value: unknown, paths: readonly Path[]): number | undefined {
  const counts = paths.map((path) => asNumber(at(value, path)));
  return counts.find((count) => count !== undefined && Number.isSafeInteger(count) && count > 0);
}

function readInput(value: unknown): Model['input'] | undefined {
  const modalities = asArray(at(value, ['architecture', 'input_modalities']));
  const acceptsImages = modalities
    ? modalities.includes('image')
    : ACCEPTS_IMAGES.map((path) => at(value, path)).find((flag) => typeof flag === 'boolean');
  if (acceptsImages === undefined) return undefined;
  return acceptsImages === true ? ['text', 'image'] : ['text'];
}

const at = (value: unknown, path: Path): unknown => path.reduce<unknown>((inner, key) => asRecord(inner)?.[key], value);
