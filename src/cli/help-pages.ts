/** What `help COMMAND` says beside the tables: what a command does, examples, exit codes. Loaded by `help` alone. */
import type { OptionName } from '../config/options';
import type { CommandName } from './commands';

/** The sections of the plain help, in their order. */
export const HELP_GROUPS = {
  run: 'Run Codex',
  background: 'Keep the bridge running',
  setUp: 'Set up',
  lookInto: 'TerminalStyle into it',
} as const;

export type HelpGroup = keyof typeof HELP_GROUPS;

export interface HelpPage {
  readonly group: HelpGroup;
  /** Paragraphs. */
  readonly details: readonly string[];
  /** Command lines without the name of the program, each with what it does. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** The exit codes that mean something else than: 0 it worked, 1 it failed, 2 it was asked in a wrong way. */
  readonly codes?: readonly (readonly [code: string, meaning: string])[];
  /** The shared options that make a difference to the command. */
  readonly options: 'all' | readonly OptionName[];
}

const WHERE: readonly OptionName[] = ['host', 'port', 'stateDir', 'envFile'];

const PROVIDER: readonly OptionName[] = ['provider', 'aiBaseUrl', 'aiApiKey', 'defaultModel', 'envFile'];

const BRIDGE: readonly OptionName[] = ['host', 'port', ...PROVIDER, 'stateDir', 'logLevel'];

/** The page of each command. */
export const HELP_PAGES: Readonly<Record<CommandName, HelpPage>> = {
  serve: {
    group: 'run',
    details: [
      'Listens until Ctrl-C or SIGTERM, and writes its log to standard error. The first signal lets running answers end,' +
        ' as long as --drain-timeout-ms allows; a second one ends everything at once.',
    ],
    examples: [
      ['--port 8080', 'The command is meant when none is named.'],
      ['serve --env-file ./bridge.env', 'The key and everything else from a file of NAME=VALUE lines.'],
    ],
    codes: [
      ['0', 'a signal ended it, or nobody used it any more'],
      ['1', 'it cannot listen on the port'],
      ['130, 143', 'a second SIGINT, a second SIGTERM'],
    ],
    options: 'all',
  },
  codex: {
    group: 'run',
    details: [
      'Uses the bridge that runs on the port, or starts one, on another port if a stranger has this one. Codex gets its' +
        ' address on the command line; config.toml stays as it is. The bridge ends after the last Codex that uses it.',
      'Everything behind the word codex is for Codex, also --help; flags of the bridge stand before it. Every option of' +
        ' serve works here; these are the ones that matter.',
    ],
    examples: [
      ['codex', 'The interface of Codex.'],
      ['codex exec "explain this repository"', 'One task, without the interface.'],
      ['--default-model MODEL codex resume --last', 'With another model, and a flag of Codex behind it.'],
    ],
    codes: [
      ["Codex's", 'the exit code of Codex is passed on'],
      ['1', 'no bridge could be started'],
      ['127', 'there is no Codex'],
    ],
    options: BRIDGE,
  },
  start: {
    group: 'background',
    details: [
      'Returns as soon as the bridge is ready. It writes its log to a file, which logs shows. Where a bridge runs on the' +
        ' port already, nothing is started. Every option of serve works here; these are the ones that matter.',
    ],
    examples: [
      ['start', 'On the usual port.'],
      ['start --port 8080', 'A second one beside it.'],
    ],
    options: [...BRIDGE, 'logFile', 'logFileMaxMb'],
  },
  stop: {
    group: 'background',
    details: [
      'Running answers may end first, as long as the --drain-timeout-ms of the bridge allows; on Windows they are cut off.',
    ],
    examples: [
      ['stop', 'The one on the usual port.'],
      ['stop --port 8080', 'The one on another port.'],
    ],
    codes: [
      ['0', 'it was stopped, or none ran'],
      ['1', 'it still runs, or is not one that start began'],
    ],
    options: WHERE,
  },
  status: {
    group: 'background',
    details: [],
    examples: [
      ['status', 'For people.'],
      ['status --json', 'For programs.'],
    ],
    codes: [
      ['0', 'a bridge runs'],
      ['3', 'none runs'],
    ],
    options: WHERE,
  },
  logs: {
    group: 'background',
    details: ['The log of a bridge that serve runs is on its standard error, unless --log-file names a file for it.'],
    examples: [
      ['logs --follow', 'The last lines, and what comes.'],
      ['logs --lines 1000', 'More of what was.'],
    ],
    options: [...WHERE, 'logFile'],
  },
  service: {
    group: 'background',
    details: [
      'Writes the file of a service: a user unit of systemd, an agent of launchd, a task of Windows, a script of' +
        ' Termux:Boot. Registers nothing itself: it prints the commands that do. The key stays in a file of variables that' +
        ' only you can read.',
    ],
    examples: [
      ['service install', 'For what this machine has.'],
      ['service install --kind systemd --print', 'Only shows the file.'],
      ['service remove', 'Takes the file away, and says how to unregister it.'],
    ],
    options: 'all',
  },
  setup: {
    group: 'setUp',
    details: [
      'Writes the provider and the catalog of models for your Codex, so that plain codex uses the bridge. Shows the' +
        ' change first, asks on a terminal, keeps everything else in the file, and makes a copy of it before.',
      'With --shell: a function codex-with-codingplan for your shell, which leaves config.toml alone.',
    ],
    examples: [
      ['setup --print', 'Only shows what belongs into config.toml.'],
      ['setup', 'Shows the change, asks, writes.'],
      ['setup --undo', 'Takes it out again.'],
      ['setup --shell bash --install', 'Adds the function to ~/.bashrc.'],
    ],
    options: ['host', 'port', ...PROVIDER, 'forceEnvAuth', 'discoverModels'],
  },
  completions: {
    group: 'setUp',
    details: ['What is printed says in its first lines where to put it.'],
    examples: [['completions bash', 'For one shell.']],
    options: [],
  },
  doctor: {
    group: 'lookInto',
    details: [
      'Says for each thing what was seen, whether that is right, and how to mend it; before it asks the provider it says' +
        ' how many requests of your plan that costs. Keys are never shown in full.',
    ],
    examples: [
      ['doctor', 'Everything.'],
      ['doctor --offline', 'Costs no request.'],
      ['doctor --json', 'For programs.'],
    ],
    codes: [
      ['0', 'nothing failed; there may be warnings'],
      ['1', 'something failed'],
    ],
    options: ['host', 'port', ...PROVIDER, 'stateDir'],
  },
  models: {
    group: 'lookInto',
    details: [],
    examples: [
      ['models', 'A table.'],
      ['models --codex-catalog models.json', 'The file for model_catalog_json in config.toml of Codex.'],
    ],
    options: [...PROVIDER, 'smallModel', 'discoverModels', 'modelMap'],
  },
  config: {
    group: 'lookInto',
    details: [
      'A flag beats the variable of the environment, that beats the line in the file of --env-file, and that the default.' +
        ' Each row says which one it was. Keys are never shown in full.',
    ],
    examples: [
      ['config', 'What serve would use.'],
      ['config --port 8080 --env-file ./bridge.env', 'With flags, to try them.'],
      ['config --json', 'For programs.'],
    ],
    options: 'all',
  },
  demo: {
    group: 'lookInto',
    details: ['Starts a model that only plays its part, asks it through a bridge, and checks every step.'],
    examples: [['demo', 'It takes a few seconds.']],
    options: [],
  },
  help: {
    group: 'lookInto',
    details: ['A command with --help says the same, except for codex, which passes --help on to Codex.'],
    examples: [
      ['help serve', 'Every option.'],
      ['help codex', 'How flags reach Codex.'],
    ],
    options: [],
  },
  version: { group: 'lookInto', details: [], examples: [], options: [] },
};

/** The options that the plain help shows. */
export const FIRST_OPTIONS: readonly OptionName[] = [
  'aiApiKey',
  'provider',
  'aiBaseUrl',
  'defaultModel',
  'port',
  'envFile',
];
