/**
 * Defines the help for each command beyond the tables: details, examples, exit codes. Loaded only by `help` and
 * `completions`.
 */
import { STOP_SIGNALS } from '../command/command';
import type { OptionName } from '../config/options';
import type { CommandName } from './commands';

/** The sections of the overview, in order. */
export const HELP_GROUPS = {
  run: 'Run Codex',
  background: 'Keep the bridge running',
  setUp: 'Set up',
  inspect: 'Inspect',
} as const;

export interface HelpPage {
  readonly group: keyof typeof HELP_GROUPS;
  /** Paragraphs. */
  readonly details: readonly string[];
  /** Command lines without the program name, each with its effect. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** All exit codes, if they mean more than the usual 0 for success and 1 for failure; `help` adds 2. */
  readonly codes?: readonly (readonly [code: string, meaning: string])[];
  /** The shared options that affect the command. */
  readonly options: 'all' | readonly OptionName[];
}

const TARGET_OPTIONS: readonly OptionName[] = ['host', 'port', 'stateDir', 'configFile'];

const PROVIDER_OPTIONS: readonly OptionName[] = ['provider', 'aiBaseUrl', 'aiApiKey', 'defaultModel', 'configFile'];

const BRIDGE_OPTIONS: readonly OptionName[] = ['host', 'port', ...PROVIDER_OPTIONS, 'stateDir', 'logLevel'];

/** The help page of each command. */
export const HELP_PAGES: Readonly<Record<CommandName, HelpPage>> = {
  serve: {
    group: 'run',
    details: [
      'Listens until Ctrl-C or SIGTERM, and logs to standard error. The first signal lets running answers' +
        ' finish within --drain-timeout-ms; a second one stops at once.',
    ],
    examples: [
      ['--port 8080', 'serve is the default command.'],
      ['serve --config-file ./bridge.env', 'Read the key and other options from a file of NAME=VALUE lines.'],
    ],
    codes: [
      ['0', 'stopped by a signal, or because no clients were left'],
      ['1', 'cannot listen on the port'],
      [`${STOP_SIGNALS.SIGINT}, ${STOP_SIGNALS.SIGTERM}`, 'stopped by a second SIGINT or SIGTERM'],
    ],
    options: 'all',
  },
  codex: {
    group: 'run',
    details: [
      'Uses the bridge on the port or starts one; if another program uses the port, picks a free one. Codex' +
        ' gets the address of the bridge on its command line, and config.toml is not changed. The bridge exits' +
        ' after the last Codex that uses it.',
      'Everything after the word codex is passed to Codex, including --help; put flags of the bridge before it.' +
        ' Accepts every option of serve.',
    ],
    examples: [
      ['codex', "Open Codex's interface."],
      ['codex exec "explain this repository"', 'Run one task without the interface.'],
      ['--default-model MODEL codex resume --last', 'Choose a model, and pass a flag to Codex.'],
    ],
    codes: [
      ["Codex's", 'the exit code of Codex'],
      ['1', 'no bridge could be started'],
      ['127', 'Codex is not installed'],
    ],
    options: BRIDGE_OPTIONS,
  },
  start: {
    group: 'background',
    details: [
      'Returns when the bridge is ready. The bridge logs to a file; show it with logs. If a bridge is already running' +
        ' on the port, no other is started. Accepts every option of serve.',
    ],
    examples: [
      ['start', 'Use the default port.'],
      ['start --port 8080', 'Run another bridge on another port.'],
    ],
    options: [...BRIDGE_OPTIONS, 'logFile', 'logFileMaxMb'],
  },
  stop: {
    group: 'background',
    details: ['Running answers may finish within --drain-timeout-ms; on Windows they are interrupted.'],
    examples: [
      ['stop', 'Stop the bridge on the default port.'],
      ['stop --port 8080', 'Stop the bridge on another port.'],
    ],
    codes: [
      ['0', 'stopped, or no bridge was running'],
      ['1', 'still running, not started with start, or another program uses the port'],
    ],
    options: TARGET_OPTIONS,
  },
  restart: {
    group: 'background',
    details: ['Applies a new version, key or option. Accepts every option of serve.'],
    examples: [['restart', 'Restart the bridge on the default port.']],
    options: [...BRIDGE_OPTIONS, 'logFile', 'logFileMaxMb'],
  },
  status: {
    group: 'background',
    details: [],
    examples: [
      ['status', 'Show a table.'],
      ['status --json', 'Print JSON.'],
    ],
    codes: [
      ['0', 'a bridge is running'],
      ['3', 'no bridge is running'],
    ],
    options: TARGET_OPTIONS,
  },
  logs: {
    group: 'background',
    details: ['A bridge started with serve logs to standard error instead, unless --log-file names a file.'],
    examples: [
      ['logs --follow', 'Show the last lines, then follow new ones.'],
      ['logs --lines 1000', 'Show more lines.'],
      ['logs --json', 'Print each line as JSON, whatever the format of the log.'],
    ],
    options: [...TARGET_OPTIONS, 'logFile'],
  },
  usage: {
    group: 'inspect',
    details: [
      'Adds up the ledger in the state folder: one line for each turn, without any of its text. Costs come from the' +
        ' prices in the catalog, which a providers file overrides; "plan" means that a subscription includes the' +
        ' requests, "?" that the price is not known.',
    ],
    examples: [
      ['usage', 'Show the last 30 days, one row for each day.'],
      ['usage --since 7d --by model', 'Show the last 7 days, one row for each model.'],
      ['usage --by thread --json', 'Print JSON.'],
    ],
    options: ['stateDir', 'providers', 'usageLedger', 'usageLedgerMaxMb', 'configFile'],
  },
  quota: {
    group: 'inspect',
    details: [
      'Queries the provider if it reports usage for your key: plan windows, a balance or credits. For a plan without' +
        " such an API, counts this machine's requests in the plan's windows, from the usage ledger.",
    ],
    examples: [
      ['quota', 'Show the quota of the current provider.'],
      ['quota --provider NAME --json', 'Show that of another provider, as JSON.'],
    ],
    options: [...PROVIDER_OPTIONS, 'stateDir'],
  },
  service: {
    group: 'background',
    details: [
      'Writes a service file: a systemd user unit, a launchd agent, a Windows task, or a Termux:Boot' +
        ' script. Does not register it, but prints the commands to do so. The key is stored in an environment file' +
        ' that only you can read.',
    ],
    examples: [
      ['service install', 'Write the file for the service manager of this machine.'],
      ['service install --kind systemd --print', 'Print the file only.'],
      ['service remove', 'Remove the file, and print how to unregister it.'],
    ],
    options: 'all',
  },
  setup: {
    group: 'setUp',
    details: [
      'Writes the provider and the model catalog into the configuration of your Codex, so that plain codex uses' +
        ' the bridge. Shows the change and asks first, keeps the rest of the file, and makes a backup.',
      'With --shell: prints a function codex-with-codingplan for your shell, which does not need config.toml.',
    ],
    examples: [
      ['setup --print', 'Print the lines for config.toml only.'],
      ['setup', 'Show the change, ask, and write it.'],
      ['setup --undo', 'Remove the change.'],
      ['setup --shell bash --install', 'Add the function to ~/.bashrc.'],
    ],
    options: ['host', 'port', ...PROVIDER_OPTIONS, 'forceEnvAuth', 'discoverModels'],
  },
  login: {
    group: 'setUp',
    details: [
      'Asks for provider, key and model on a terminal; the key is not shown. Without a terminal, name the provider' +
        ' and pass the key on standard input. The last login is the default; options and variables override it.',
      'With --save-to system the key goes into the macOS keychain, the Secret Service (secret-tool) or the Windows' +
        ' Credential Manager.',
    ],
    examples: [
      ['login', 'Answer three questions.'],
      ['login --provider NAME --with-api-key', 'Read the key from standard input.'],
      ['login --status', 'Show what is saved.'],
    ],
    codes: [
      ['0', 'saved; with --status: something is saved'],
      ['1', 'nothing is saved'],
    ],
    options: ['provider', 'aiBaseUrl', 'defaultModel', 'configFile'],
  },
  logout: {
    group: 'setUp',
    details: ['Removes the login of --provider, or all of them, from the file and from the key store of the system.'],
    examples: [
      ['logout', 'Remove everything that login saved.'],
      ['logout --provider NAME', 'Remove one provider.'],
    ],
    options: ['provider', 'configFile'],
  },
  completions: {
    group: 'setUp',
    details: ['The first lines of the script say where to install it.'],
    examples: [['completions bash', 'Print the script for bash.']],
    options: [],
  },
  doctor: {
    group: 'inspect',
    details: [
      'Checks everything between Codex and the provider, and says how to fix what is wrong. Says how many' +
        ' requests it will send before it sends them. Never shows a key in full.',
    ],
    examples: [
      ['doctor', 'Run every check.'],
      ['doctor --offline', 'Run the checks that need no request.'],
      ['doctor --json', 'Print JSON.'],
    ],
    codes: [
      ['0', 'no failures; there may be warnings'],
      ['1', 'at least one failure'],
    ],
    options: ['host', 'port', ...PROVIDER_OPTIONS, 'stateDir'],
  },
  models: {
    group: 'inspect',
    details: [],
    examples: [
      ['models', 'Show a table.'],
      ['models --codex-catalog models.json', "Write the file for model_catalog_json in Codex's config.toml."],
    ],
    options: [...PROVIDER_OPTIONS, 'smallModel', 'discoverModels', 'modelMap'],
  },
  providers: {
    group: 'inspect',
    details: [
      "Lists the providers of the bridge and of your providers file (--providers), with the file's rows first. The" +
        ' file is JSON with comments: see docs/providers.md.',
      'test NAME runs one turn with a tool call. The current provider is tested with the configured address and key,' +
        ' any other with its own. This costs one request, or a few if it is rejected.',
      'schema prints the JSON Schema of the file.',
    ],
    examples: [
      ['providers', 'Show name, origin, address, and whether a key is set.'],
      ['providers test acme', 'Run one turn with the provider acme.'],
      ['providers schema', 'Print the JSON Schema of the file.'],
    ],
    codes: [
      ['0', 'the file is valid; with test: nothing failed'],
      ['1', 'the test failed'],
      ['2', 'the file or the command line is invalid'],
    ],
    options: ['providers', 'configFile'],
  },
  config: {
    group: 'inspect',
    details: [
      'A flag overrides the environment variable, which overrides the line in the --config-file, which overrides' +
        ' a saved login, which overrides the default. Each row shows which one applies. Never shows a key in full.',
    ],
    examples: [
      ['config', 'Show what serve would use.'],
      ['config --port 8080 --config-file ./bridge.env', 'Show the effect of flags.'],
      ['config --json', 'Print JSON.'],
    ],
    options: 'all',
  },
  demo: {
    group: 'inspect',
    details: ['Starts a simulated model, sends it a request through a bridge, and checks every step.'],
    examples: [['demo', 'Run the demo; it takes a few seconds.']],
    options: [],
  },
  help: {
    group: 'inspect',
    details: ['COMMAND --help shows the same, except for codex, which passes --help to Codex.'],
    examples: [
      ['help serve', 'Show every option.'],
      ['help codex', 'Show how flags reach Codex.'],
    ],
    options: [],
  },
  version: { group: 'inspect', details: [], examples: [], options: [] },
};

/** The options that the overview shows. */
export const MAIN_OPTIONS: readonly OptionName[] = [
  'aiApiKey', 'provider', 'aiBaseUrl', 'defaultModel', 'port', 'configFile',
];
