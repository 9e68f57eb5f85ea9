/** This package: its version, and the file that starts it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJsonObject } from '../base/json';
import { asText } from '../base/narrow';

/** The folder of the package: `src` and `dist` lie in it alike. */
const PACKAGE = join(__dirname, '..', '..');

/** The file that Node.js is given to run the bridge. */
export const PROGRAM = join(PACKAGE, 'bin', 'aliyun-codex-bridge.js');

/** The version in package.json. */
export function readVersion(): string {
  const text = readFileSync(join(PACKAGE, 'package.json'), 'utf8');
  return asText(parseJsonObject(text)?.['version']) ?? 'unknown';
}
