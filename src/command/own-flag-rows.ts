/** The flags of single commands, by command. Commands read them with `readOwnFlag`. */
import { choice, codexVersion, file, integer, onOff } from '../config/value-types';
import type { OwnFlag } from './own-flags';

type Rows = Readonly<Record<string, OwnFlag>>;

const json = { flag: '--json', type: onOff, help: 'Print JSON for programs.' } as const;

const codexBin = {
  flag: '--codex-bin',
  type: file,
  help: 'The program to run as Codex; without it the `codex` on the PATH.',
} as const;

/** The flags of `serve`. */
export const SERVE_FLAGS = {
  stopWhenUnused: {
    flag: '--stop-when-unused',
    type: onOff,
    help: 'End when the last launched Codex has ended and nobody else asks any more.',
  },
} as const satisfies Rows;

/** The flags of `codex`. */
export const CODEX_FLAGS = { codexBin } as const satisfies Rows;

/** The flags of `setup`. */
export const SETUP_FLAGS = {
  print: { flag: '--print', type: onOff, help: 'Print what belongs into config.toml, and write nothing.' },
  undo: {
    flag: '--undo',
    type: onOff,
    help: 'Take out of config.toml what setup wrote, and bring back what it set aside.',
  },
  yes: { flag: '--yes', type: onOff, help: 'Write without asking.' },
  shell: {
    flag: '--shell',
    type: choice('bash', 'zsh', 'fish', 'powershell'),
    help: 'Print the shell function codex-with-codingplan instead.',
  },
  install: {
    flag: '--install',
    type: onOff,
    help: "With --shell: add the function once to the shell's start-up file.",
  },
} as const satisfies Rows;

/** The flags of `status`. */
export const STATUS_FLAGS = { json } as const satisfies Rows;

/** The flags of `logs`. */
export const LOGS_FLAGS = {
  lines: {
    flag: '--lines',
    type: integer(0, 1_000_000, 'lines'),
    help: 'How many lines to begin with; 100 when absent.',
  },
  follow: { flag: '--follow', type: onOff, help: 'Go on with what comes, until Ctrl-C.' },
} as const satisfies Rows;

/** The flags of `service`. */
export const SERVICE_FLAGS = {
  kind: {
    flag: '--kind',
    type: choice('systemd', 'launchd', 'windows', 'termux'),
    help: 'What starts the service; without it what this machine has.',
  },
  print: { flag: '--print', type: onOff, help: 'Print the file, and write nothing.' },
} as const satisfies Rows;

/** The flags of `doctor`. */
export const DOCTOR_FLAGS = {
  json,
  verbose: { flag: '--verbose', type: onOff, help: 'Show every check, not only problems.' },
  offline: { flag: '--offline', type: onOff, help: 'Leave out what needs the provider: costs no request.' },
  codexBin,
} as const satisfies Rows;

/** The flags of `config`. */
export const CONFIG_FLAGS = { json } as const satisfies Rows;

/** The flags of `models`. */
export const MODELS_FLAGS = {
  json,
  catalog: {
    flag: '--codex-catalog',
    type: file,
    help: 'Write the file for model_catalog_json in config.toml of Codex.',
  },
  force: {
    flag: '--force',
    type: onOff,
    help: 'Replace a file that the bridge did not write.',
  },
  version: {
    flag: '--codex-version',
    type: codexVersion,
    help: 'Leave out what this version of Codex cannot read; matters before 0.146.0.',
  },
} as const satisfies Rows;
