/** Replaces pictures with descriptions by a vision model, for models that accept no pictures. Loaded if configured. */
import { createHash } from 'node:crypto';
import { remember } from '../base/remember';
import { toBridgeError, type BridgeError } from '../errors/bridge-error';
import { AnswerStream } from '../stream/answer-stream';
import { cutStream } from '../stream/endings';
import type { Assembler, FinishReason, Signal } from '../stream/signal';
import type { ChatUsage } from '../wire/chat';
import { readResponsesRequest } from '../wire/read-responses';
import type { ContentPart, InputItem } from '../wire/responses-request';
import type { Question } from './after-failure';
import { askUpstream } from './ask-upstream';
import { findKey } from './endpoint-options';
import { describeSent, prepare, type Prepared } from './prepare';

/** Maximum number of pictures that one turn describes, the newest first; later turns describe the others. */
const MAX_DESCRIBED = 8;
/** Maximum number of cached descriptions. */
const MAX_CACHED = 1_000;
const MAX_DESCRIPTION_LENGTH = 6_000;

const PROMPT = `Describe this picture for a programmer who cannot see it: what it shows, its layout, and all text in it,
word for word. Write only the description.`;

/**
 * Describes each picture once, and caches the description by the hash of the picture's URL. A picture that cannot be
 * described is left unchanged.
 * @param visionModel `provider/model`; `question.context` must route to it
 * @returns `input` itself if there is nothing to replace
 */
export async function describePictures(
  input: readonly InputItem[], visionModel: string, question: Question<unknown>,
): Promise<readonly InputItem[]> {
  const { pictures } = question.context.plan();
  const urls = new Set(input.flatMap(partsOf).flatMap((part) => (part.type === 'image' ? [part.url] : [])));
  const hashes = [...urls].map((url) => ({ url, hash: createHash('sha256').update(url).digest('base64') }));
  const unknown = hashes.filter(({ hash }) => !pictures.has(hash)).reverse().slice(0, MAX_DESCRIBED);
  await Promise.all(unknown.map((picture) => describe(picture, visionModel, question)));
  const known = new Map(hashes.map(({ url, hash }) => [url, pictures.get(hash)]));
  const replace = (part: ContentPart): ContentPart => {
    const text = part.type === 'image' ? known.get(part.url) : undefined;
    return text === undefined ? part : { type: 'text', text: `[Picture, described by ${visionModel}: ${text}]` };
  };
  return [...known.values()].some((text) => text !== undefined) ? input.map((item) => mapParts(item, replace)) : input;
}

/** Caches the description of a picture. Never throws: without one, the model gets a marker in place of the picture. */
async function describe(
  { url, hash }: { readonly url: string; readonly hash: string }, visionModel: string, question: Question<unknown>,
): Promise<void> {
  const { caller, context, prepared: { notes }, onQueued } = question;
  const plan = context.plan();
  try {
    const prepared = await preparePicture(url, visionModel, question);
    const { endpoint } = prepared;
    const { host } = endpoint;
    const candidate = { host, model: endpoint.model, key: findKey(endpoint) };
    if (!endpoint.dialect.images || plan.find(candidate)) return;
    const createStream = ({ createAttempt }: Prepared): AnswerStream<string> =>
      new AnswerStream({ ...createAttempt(), assembler: new TextAssembler() });
    const turn = context.runtime.makeId('turn');
    const record = caller.record?.describePicture(describeSent(prepared));
    const visionCaller = { ...anonymousCaller(caller.abort), ...(record && { record }) };
    const request = { prepared, caller: visionCaller, context, turn, createStream, isBuffered: true };
    const { outputs } = await askUpstream({ ...request, ...(onQueued && { onQueued }) }).catch((cause: unknown) => {
      const error = toBridgeError(cause);
      // A permanent failure is remembered for the picture, a temporary one for the model or its key.
      const isTemporary = plan.begin(candidate, error) !== undefined;
      if (!isTemporary && !caller.abort.aborted) remember(plan.pictures, hash, undefined, MAX_CACHED);
      throw error;
    });
    const text = outputs.join('').trim().slice(0, MAX_DESCRIPTION_LENGTH);
    remember(plan.pictures, hash, text || undefined, MAX_CACHED);
  } catch (cause) {
    notes.add(`could not describe a picture with ${visionModel}: ${toBridgeError(cause).kind}`);
  }
}

const anonymousCaller = (abort: AbortSignal) => ({ client: 'generic', abort }) as const;

function preparePicture(url: string, model: string, { caller, context }: Question<unknown>): Promise<Prepared> {
  const content = [{ type: 'input_text', text: PROMPT }, { type: 'input_image', image_url: url }];
  const request = readResponsesRequest({ model, input: [{ type: 'message', role: 'user', content }] });
  return prepare(request, anonymousCaller(caller.abort), context);
}

function partsOf(item: InputItem): readonly ContentPart[] {
  if (item.type === 'call_output') return item.output;
  return item.type === 'message' || item.type === 'agent_message' ? item.content : [];
}

function mapParts(item: InputItem, change: (part: ContentPart) => ContentPart): InputItem {
  if (item.type === 'call_output') return { ...item, output: item.output.map(change) };
  if (item.type !== 'message' && item.type !== 'agent_message') return item;
  return { ...item, content: item.content.map(change) };
}

/** Collects the text of an answer. */
class TextAssembler implements Assembler<string> {
  finished = false;
  error: BridgeError | undefined;
  usage: ChatUsage | undefined;
  reason: FinishReason | undefined;
  private text = '';

  get begun(): boolean {
    return this.text !== '';
  }

  start(): readonly string[] {
    return [];
  }

  step(signal: Signal): readonly string[] {
    if (signal.type === 'text-delta') this.text += signal.text;
    else if (signal.type === 'usage') this.usage = signal.usage;
    else if (signal.type === 'finish') this.reason = signal.reason;
    else if (signal.type === 'error') return this.fail(signal.error);
    return [];
  }

  end(): readonly string[] {
    if (this.finished) return [];
    if (this.reason === undefined) return this.fail(cutStream());
    this.finished = true;
    return [this.text];
  }

  fail(error: BridgeError): readonly string[] {
    this.finished = true;
    this.error = error;
    return [];
  }
}
