/** The Codex CLIs that are installed side by side, and where each one lies. */
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../support/source-tree';

/** Version → package folder. Older ones are installed under an alias of test/clients/package.json. */
const PACKAGES = {
  '0.169.0': '@openai/codex',
  '0.146.0': 'codex-0-146',
  '0.125.0': 'codex-0-125',
  '0.99.0': 'codex-0-99',
  '0.80.0': 'codex-0-80',
} as const;

export type CodexVersion = keyof typeof PACKAGES;

/** The version that scenarios use unless they say otherwise. */
export const CURRENT_CODEX: CodexVersion = '0.169.0';

/** All versions, newest first. */
export const CODEX_VERSIONS = Object.keys(PACKAGES) as CodexVersion[];

/** The launcher script of a version; it starts the native program of this platform. */
export const findCodex = (version: CodexVersion): string =>
  join(PROJECT_ROOT, 'test/clients/node_modules', PACKAGES[version], 'bin/codex.js');
