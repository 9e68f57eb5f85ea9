/** Blocks of reasoning that stream in pieces, put together: providers check the signature over the whole of a block. */
import { isRecord, type UnknownRecord } from '../base/json';

/** Fields that grow from piece to piece. */
const GROWING = ['text', 'summary'] as const;

/**
 * A piece belongs to the last block with its type and index, unless both have ids and these differ. Blocks of one chunk
 * are different blocks; so are encrypted ones, which come whole (upstreams.md, section 3, OpenRouter and MiniMax).
 *
 * @param kept the blocks so far
 * @param more those of one chunk
 */
export function mergeDetails(kept: readonly unknown[], more: readonly unknown[]): readonly unknown[] {
  const merged = [...kept];
  for (const detail of more) {
    const place =
      isRecord(detail) && isPiece(detail)
        ? kept.findIndex((block) => isRecord(block) && isSameBlock(block, detail))
        : -1;
    const before = merged[place];
    if (isRecord(before) && isRecord(detail)) merged[place] = join(before, detail);
    else merged.push(detail);
  }
  return merged;
}

const isPiece = (detail: UnknownRecord): boolean =>
  ['text', 'summary', 'signature'].some((field) => typeof detail[field] === 'string');

const isSameBlock = (block: UnknownRecord, piece: UnknownRecord): boolean =>
  isPiece(block) &&
  block['type'] === piece['type'] &&
  block['index'] === piece['index'] &&
  (block['id'] ?? piece['id']) === (piece['id'] ?? block['id']);

function join(block: UnknownRecord, piece: UnknownRecord): UnknownRecord {
  const joined: Record<string, unknown> = { ...block };
  for (const [field, value] of Object.entries(piece)) if (value !== null && value !== undefined) joined[field] = value;
  for (const field of GROWING) {
    if (typeof block[field] === 'string' && typeof piece[field] === 'string')
      joined[field] = block[field] + piece[field];
  }
  return joined;
}
