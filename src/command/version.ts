/** Reads the version of this package, and names the script and the variable by which one bridge starts another. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asText, parseJsonObject } from '../base/json';

/** The folder of the package; both `src` and `dist` are directly below it. */
const PACKAGE = join(__dirname, '..', '..');

/** The script that runs the bridge. */
export const PROGRAM = join(PACKAGE, 'bin', 'aliyun-codex-bridge.js');

/** Names the record's file for a bridge that `startBridge` starts; set only there. */
export const STATE_FILE_VARIABLE = 'BRIDGE_STATE_FILE';

/** The version in package.json. */
export function readVersion(): string {
  const text = readFileSync(join(PACKAGE, 'package.json'), 'utf8');
  return asText(parseJsonObject(text)?.['version']) ?? 'unknown';
}
