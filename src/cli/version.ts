/** The version of this package. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJsonObject } from '../base/json';
import { asText } from '../base/narrow';

/** Reads it from package.json, which is two folders up from here in `src` and in `dist` alike. */
export function readVersion(): string {
  const text = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8');
  return asText(parseJsonObject(text)?.['version']) ?? 'unknown';
}
