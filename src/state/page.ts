/** Paginates a list with the parameters of the API: `limit`, `order`, `after`. */
import type { UnknownRecord } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import type { RawItem } from './record';

/** Unvalidated query parameters. */
export interface PageQuery {
  readonly limit?: string;
  readonly order?: string;
  readonly after?: string;
}

const MAX_PAGE_SIZE = 100;
const DEFAULT_PAGE_SIZE = 20;

/**
 * Returns one page, newest items first unless `order` is `asc`. Spec: Responses API, list input items.
 * @throws BridgeError for an invalid parameter
 */
export function readPage(items: readonly RawItem[], { limit, order = 'desc', after }: PageQuery): UnknownRecord {
  const size = limit === undefined ? DEFAULT_PAGE_SIZE : readLimit(limit);
  if (order !== 'asc' && order !== 'desc') throw invalid('order', 'asc or desc', order);
  const ordered = order === 'asc' ? items : [...items].reverse();
  const position = after === undefined ? -1 : ordered.findIndex((item) => item['id'] === after);
  if (after !== undefined && position === -1) throw invalid('after', 'the id of an item in this list', after);
  const data = ordered.slice(position + 1, position + 1 + size);
  return {
    object: 'list',
    data,
    first_id: data.at(0)?.['id'] ?? null,
    last_id: data.at(-1)?.['id'] ?? null,
    has_more: position + 1 + size < ordered.length,
  };
}

function readLimit(limit: string): number {
  const number = /^\d{1,4}$/.test(limit) ? Number(limit) : 0;
  if (number < 1 || number > MAX_PAGE_SIZE) throw invalid('limit', `a whole number from 1 to ${MAX_PAGE_SIZE}`, limit);
  return number;
}

const invalid = (param: string, expected: string, value: string): BridgeError =>
  new BridgeError(
    'invalid_request',
    `Cannot read ${param}: expected ${expected}, got ${JSON.stringify(value.slice(0, 80))}.`,
    { param },
  );
