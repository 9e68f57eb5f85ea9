/** Lists the flags of each command, as opposed to the options that all commands share. */
import type { Sentence, ValueType } from '../config/option';
import { choice, codexVersion, file, integer, onOff, since } from '../config/value-types';

/**
 * One flag. Several commands may have a flag with the same spelling if it is a switch in all of them or in none. No
 * option may have that spelling.
 */
export interface OwnFlag<V extends {} = {}> {
  readonly flag: `--${string}`;
  readonly type: ValueType<V>;
  readonly help: Sentence;
}

/** The given values, by flag; invalid ones are reported in `CommandContext.errors`. */
export type OwnTexts = Readonly<Record<string, string>>;

/** Returns the value of a flag; undefined if it was not given or is invalid. */
export function readOwnFlag<V extends {}>({ flag, type }: OwnFlag<V>, own: OwnTexts): V | undefined {
  const text = own[flag];
  return text === undefined ? undefined : type.parse(text);
}

type Rows = Readonly<Record<string, OwnFlag>>;

const json = { flag: '--json', type: onOff, help: 'Print JSON.' } as const;

const codexBin = { flag: '--codex-bin', type: file, help: 'Codex program. Default: `codex` from the PATH.' } as const;

/** The flags of `serve`. */
export const SERVE_FLAGS = {
  stopWhenUnused: {
    flag: '--stop-when-unused',
    type: onOff,
    help: 'Exit after the last launched Codex and the last client are gone.',
  },
} as const satisfies Rows;

/** The flags of `codex`. */
export const CODEX_FLAGS = { codexBin } as const satisfies Rows;

/** The flags of `login`. */
export const LOGIN_FLAGS = {
  withKey: { flag: '--with-api-key', type: onOff, help: 'Read the key from standard input instead of asking for it.' },
  store: {
    flag: '--save-to',
    type: choice('file', 'system'),
    help: "Where to save the key: a file that only you can read (default), or the system's key store.",
  },
  status: { flag: '--status', type: onOff, help: 'Show what is saved.' },
} as const satisfies Rows;

/** The flags of `setup`. */
export const SETUP_FLAGS = {
  print: { flag: '--print', type: onOff, help: 'Print the lines for config.toml and write nothing.' },
  undo: { flag: '--undo', type: onOff, help: 'Restore config.toml as it was before setup.' },
  yes: { flag: '--yes', type: onOff, help: 'Write without asking.' },
  shell: {
    flag: '--shell',
    type: choice('bash', 'zsh', 'fish', 'powershell'),
    help: 'Print the shell function codex-with-codingplan instead.',
  },
  install: { flag: '--install', type: onOff, help: "With --shell: add the function to the shell's start-up file." },
} as const satisfies Rows;

/** The flags of `status`. */
export const STATUS_FLAGS = { json } as const satisfies Rows;

/** The flags of `logs`. */
export const LOGS_FLAGS = {
  lines: { flag: '--lines', type: integer(0, 1_000_000, 'lines'), help: 'Number of lines to show. Default: 100.' },
  follow: { flag: '--follow', type: onOff, help: 'Follow new lines until Ctrl-C.' },
  json,
} as const satisfies Rows;

/** The flags of `usage`. */
export const USAGE_FLAGS = {
  since: { flag: '--since', type: since, help: 'First day or time span: 2026-11-01, 7d, 12h. Default: 30d.' },
  by: {
    flag: '--by', type: choice('day', 'model', 'provider', 'thread'), help: 'What each row sums up. Default: day.',
  },
  json,
} as const satisfies Rows;

/** The flags of `quota`. */
export const QUOTA_FLAGS = { json } as const satisfies Rows;

/** The flags of `service`. */
export const SERVICE_FLAGS = {
  kind: {
    flag: '--kind',
    type: choice('systemd', 'launchd', 'windows', 'termux'),
    help: 'Service manager to write for. Default: that of this machine.',
  },
  print: { flag: '--print', type: onOff, help: 'Print the file and write nothing.' },
} as const satisfies Rows;

/** The flags of `doctor`. */
export const DOCTOR_FLAGS = {
  json,
  verbose: { flag: '--verbose', type: onOff, help: 'Show every check, not only problems.' },
  offline: { flag: '--offline', type: onOff, help: 'Skip the checks that send requests to the provider.' },
  codexBin,
} as const satisfies Rows;

/** The flags of `providers`. */
export const PROVIDERS_FLAGS = { json } as const satisfies Rows;

/** The flags of `config`. */
export const CONFIG_FLAGS = { json } as const satisfies Rows;

/** The flags of `models`. */
export const MODELS_FLAGS = {
  json,
  catalog: { flag: '--codex-catalog', type: file, help: 'Write the file for model_catalog_json in config.toml.' },
  force: { flag: '--force', type: onOff, help: 'Overwrite a file that the bridge did not write.' },
  version: {
    flag: '--codex-version',
    type: codexVersion,
    help: 'Omit efforts that this version of Codex rejects; only versions before 0.146.0 do.',
  },
} as const satisfies Rows;
