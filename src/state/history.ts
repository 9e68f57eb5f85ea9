/** Resolves the history of a request: the responses that it continues and the items that it references. */
import { asArray, asText } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import { isReference } from '../wire/read-responses';
import { itemsIn, itemsOf, outputOf, readResponseRecord, type RawItem, type ResponseRecord } from './record';
import type { ResponseStore } from './response-store';

/** More turns than any real conversation has. Also ends cycles, which only an edited file can contain. */
const MAX_CHAIN_LENGTH = 2_000;

/**
 * Returns the input and output of every response from the first of the chain up to this one, in order and unchanged.
 * Spec: Responses API, `previous_response_id` (instructions are not part of it).
 * @throws BridgeError if this response, or one that it continues, is not stored, or if the chain is too long
 */
export async function readHistory(store: ResponseStore, previousId: string): Promise<readonly RawItem[]> {
  const chain: ResponseRecord[] = [];
  for (let id: string | undefined = previousId; id !== undefined; ) {
    const record: ResponseRecord | undefined = await findResponse(store, id);
    if (!record) throw notFound(previousId, id);
    if (chain.length === MAX_CHAIN_LENGTH) {
      throw new BridgeError(
        'invalid_request',
        `Cannot continue "${previousId}": it continues more than ${MAX_CHAIN_LENGTH} responses. Send the whole input.`,
        PARAM,
      );
    }
    chain.push(record);
    id = record.previous;
  }
  return chain.reverse().flatMap((record) => [...record.input, ...outputOf(record)]);
}

/** @returns undefined if there is no response with that id */
export async function findResponse(store: ResponseStore, id: string): Promise<ResponseRecord | undefined> {
  const record = await store.get(id);
  return record && readResponseRecord(record);
}

const PARAM = { param: 'previous_response_id' };

function notFound(previousId: string, missing: string): BridgeError {
  const problem =
    previousId === missing
      ? `Previous response with id "${missing}" not found`
      : `Cannot continue "${previousId}": "${missing}", which it continues, was not found`;
  const why = 'it was not stored, was deleted, or was evicted. Send the whole input, or see --store and its limits.';
  return new BridgeError('previous_response_not_found', `${problem}: ${why}`, PARAM);
}

/**
 * Replaces every item reference in `input` with the item it names; all other items and the order stay unchanged.
 * @throws BridgeError for a reference to an item that is not stored
 */
export async function resolveReferences(store: ResponseStore, input: unknown): Promise<unknown> {
  const items = asArray(input);
  if (!items?.some(isReference)) return input;
  return Promise.all(
    items.map((item, index) => {
      const id = isReference(item) ? asText(item['id']) : undefined;
      // A reference without an id is rejected when the input is read.
      return id === undefined ? item : findItem(store, id, `input[${index}].id`);
    }),
  );
}

async function findItem(store: ResponseStore, id: string, param: string): Promise<RawItem> {
  const holder = await store.holderOf(id);
  const [record, lines] =
    holder === undefined ? [undefined, []] : await Promise.all([store.get(holder), store.lines(holder)]);
  const items = record ? [...itemsOf(record), ...lines.flatMap(itemsIn)] : [];
  const item = items.find((candidate) => candidate['id'] === id);
  if (!item)
    throw new BridgeError(
      'not_found',
      `Item with id "${id}" not found. Send the item itself; only items of stored responses can be referenced.`,
      { param },
    );
  return item;
}
