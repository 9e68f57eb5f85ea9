/** Reads the version of this package, and defines the script and the variable for starting another bridge. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asText, parseJsonObject } from '../base/json';

/** The package's folder; both `src` and `dist` are directly below it. */
const PACKAGE_FOLDER = join(__dirname, '..', '..');

/** The script that runs the bridge. */
export const BRIDGE_SCRIPT = join(PACKAGE_FOLDER, 'bin', 'aliyun-codex-bridge.js');

/** The variable that holds the path of a background bridge's record; only `startBridge` sets it. */
export const STATE_FILE_VARIABLE = 'BRIDGE_STATE_FILE';

/** Returns the version in package.json. */
export function readVersion(): string {
  const text = readFileSync(join(PACKAGE_FOLDER, 'package.json'), 'utf8');
  return asText(parseJsonObject(text)?.['version']) ?? 'unknown';
}
