/** Runs `serve`: resolves the configuration, creates the server and runs it until it stops. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { compact } from '../base/json';
import { describeThrown, messageOf } from '../base/thrown';
import type { Bridge } from '../bridge/bridge';
import type { BridgeSettings } from '../bridge/turn-context';
import { EXIT, type CommandContext, type CommandIo } from '../command/command';
import { requireConfig, type Loaded } from '../command/load-config';
import { readOwnFlag, SERVE_FLAGS, type OwnTexts } from '../command/own-flags';
import type { Address } from '../command/render';
import { readVersion, STATE_FILE_VARIABLE } from '../command/version';
import type { Config } from '../config/options';
import type { Environment, FlagTexts } from '../config/resolve';
import { createLogger, listSecretVariables, type Logger } from '../observe/log';
import type { LogFile } from '../observe/log-file';
import type { UsageLedger } from '../observe/usage-ledger';
import { createBridgeServer } from '../server/create-server';
import { Access, isLoopbackName, normalizeName } from '../server/guards';
import type { BackgroundAnnouncer, BackgroundOptions, IdleWatch } from './in-background';
import { runServer } from './run-server';
import type { WarmUp } from './warm-up';

/** Returns 0 after a shutdown, 1 if it cannot log or listen, 2 for invalid options, 128 + N after a second signal N. */
export async function run(context: CommandContext): Promise<number> {
  const { own, io } = context;
  const resolved = requireConfig(context);
  if (typeof resolved === 'number') return resolved;
  const { config, origins, env, logins } = resolved;
  const version = readVersion();
  const access = openAccess(config);
  if (typeof access === 'string') {
    io.error(`${access}\n`);
    return EXIT.misused;
  }
  const logFile = openLogFile(config, env);
  const problem = logFile?.open();
  if (problem !== undefined) {
    io.error(`Cannot write the log file: ${problem}. Choose another file with --log-file.\n`);
    return EXIT.failed;
  }
  const log = createLogger({
    level: config.logLevel,
    format: config.logFormat,
    write: logFile?.write ?? io.error,
    secrets: [...access.secrets, ...listSecretVariables(env), ...listSecrets(config)].filter(
      (secret) => secret !== undefined,
    ),
    ...compact({ laterSecrets: logins?.knownKeys }),
  });
  let bridge: Bridge | undefined;
  const openBridge = (): Bridge => (bridge ??= buildBridge(resolved, context.flags, log));
  const idleWatch = own[SERVE_FLAGS.stopWhenUnused.flag] === undefined ? undefined : startWatching(own);
  let ledger: UsageLedger | undefined;
  const server = createBridgeServer({
    config, version, log, bridge: openBridge, access,
    ...(idleWatch && { watch: idleWatch.watch }),
    ...(config.usageLedger && { ledger: () => (ledger = openLedger(config, env, log)) }),
  });
  const removeCrashHandlers = logUncaughtErrors(io, log);
  const stateFile = env[STATE_FILE_VARIABLE];
  const background = stateFile === undefined ? undefined : openAnnouncer({
    stateFile, config, version, log, stopWhenUnused: idleWatch !== undefined,
  });
  // In the background, standard error is also the log file, but after a rotation it still refers to the old file.
  const messages = background === undefined || logFile === undefined ? io : { ...io, error: logFile.write };
  const logsMessages = background !== undefined || (config.logFormat === 'json' && logFile === undefined);
  const run = { server, version, config, origins, io: messages, ...(logsMessages && { log }) };
  let stopWarmUp: (() => void) | undefined;
  const onListening = (address: Address): void => {
    background?.announce(address);
    stopWarmUp = startWarmUp({ config, openBridge, openTurns: server.openTurns });
  };
  return runServer({ ...run, unused: idleWatch?.unused, onListening }).finally(() => {
    stopWarmUp?.();
    removeCrashHandlers();
    idleWatch?.end();
    background?.end();
    bridge?.close();
    ledger?.close();
    logFile?.close();
  });
}

/** Returns the access tokens, or a message that says why the bridge must not start. */
function openAccess(config: Config): Access | string {
  const { host, socket, insecureNoToken } = config;
  try {
    const access = new Access(config);
    const isPrivate = socket !== undefined || isLoopbackName(normalizeName(host));
    if (access.required || insecureNoToken || isPrivate) return access;
  } catch (cause) {
    return `Invalid options: ${messageOf(cause)}.`;
  }
  return `Cannot listen on ${host} without an access token: anyone who can reach it could use your key. ` +
    'Remove --host or HOST to listen on 127.0.0.1, set BRIDGE_ACCESS_TOKEN, or pass --insecure-no-token.';
}

function buildBridge(loaded: Loaded, flags: FlagTexts, log: Logger): Bridge {
  const { config, env, findOrigin, logins, providersPath, expectedProvidersPath } = loaded;
  const { collectKeys }: typeof import('../providers/keys') = require('../providers/keys');
  const { PROVIDERS }: typeof import('../providers/catalog') = require('../providers/catalog');
  const { createBridge }: typeof import('../bridge/create-bridge') = require('../bridge/create-bridge');
  const complete = (base: Config) =>
    ({ ...base, providerKeys: collectKeys(base.catalog ?? PROVIDERS, env), loadSavedKey: logins?.loadKey });
  const path = providersPath ?? expectedProvidersPath;
  let latest = { config, settings: complete(config) };
  warnOfExtraKeys(latest.settings, log);
  if (path === undefined) return createBridge(latest.settings, log);
  let reload: (() => Config) | undefined;
  return createBridge(latest.settings, log, {}, () => {
    const isNew = providersPath === undefined;
    if (!reload && (!isNew || existsSync(path))) {
      const { watchProviders }: typeof import('./watch-providers') = require('./watch-providers');
      const { info, warn } = log;
      const given = { flags, env, findOrigin, ...compact({ logins }) };
      reload = watchProviders({ given, path, isNew, config, info, warn });
    }
    const current = reload?.() ?? config;
    if (current !== latest.config) {
      latest = { config: current, settings: complete(current) };
      warnOfExtraKeys(latest.settings, log);
    }
    return latest.settings;
  });
}

/** Lists the secrets in the configuration: keys, header values, and the passwords for proxies and Redis. */
function listSecrets(config: Config): readonly (string | undefined)[] {
  const { aiApiKey, searchKey, store = '', upstreamHeader = {}, catalog = [], proxies } = config;
  const headers = [upstreamHeader, ...catalog.map((row) => row.headers ?? {})].flatMap((each) => Object.values(each));
  const keys = catalog.flatMap((row) => row.keys ?? []).map(({ key }) => key);
  const own = catalog.flatMap(({ connection }) => connection?.proxy ?? []);
  const urls = [proxies?.http ?? '', proxies?.https ?? '', ...own];
  const passwords = urls.flatMap((url) => /^(?:\w+:\/\/)?[^/@]*?:([^/]+)@/.exec(url)?.[1] ?? []);
  const password = /^rediss?:\/\/[^/@]*?:([^/@]+)@/.exec(store)?.[1];
  return [aiApiKey, searchKey, password, ...headers, ...keys, ...passwords];
}

/** Warns about each plan that has several keys but forbids using more than one. */
function warnOfExtraKeys(
  { catalog, apiKeys, provider, aiBaseUrl, providerKeys }: Config & Pick<BridgeSettings, 'providerKeys'>, log: Logger,
): void {
  const { findProvider, PROVIDERS }: typeof import('../providers/catalog') = require('../providers/catalog');
  const primary = findProvider(provider, aiBaseUrl, catalog);
  for (const row of catalog ?? PROVIDERS) {
    const keys = row === primary ? apiKeys : providerKeys?.[row.name];
    if (row.oneKey !== undefined && keys !== undefined && keys.length > 1)
      log.warn(`${row.title} has ${keys.length} keys. ${row.oneKey}`);
  }
}

/**
 * Logs uncaught exceptions and keeps the process running, because other turns are in progress; the client of the failed
 * request notices the closed connection or a timeout.
 * @returns a function that removes the handlers
 */
function logUncaughtErrors(io: CommandIo, log: Logger): () => void {
  const removeHandlers = io.onCrash?.((cause, origin) => {
    log.error('uncaught error; the bridge keeps running', { origin, ...describeThrown(cause) });
  });
  return removeHandlers ?? (() => undefined);
}

/** A log in the state folder, which `start` chooses by default, is the bridge's own. */
function openLogFile({ logFile, logFileMaxMb }: Config, env: Environment): LogFile | undefined {
  if (logFile === undefined) return undefined;
  const { createLogFile }: typeof import('../observe/log-file') = require('../observe/log-file');
  const stateFile = env[STATE_FILE_VARIABLE];
  const isOwn = stateFile !== undefined && dirname(stateFile) === dirname(resolve(logFile));
  return createLogFile(logFile, logFileMaxMb * 1024 * 1024, { isOwn });
}

function openLedger({ stateDir, usageLedgerMaxMb }: Config, env: Environment, log: Logger): UsageLedger {
  const { createUsageLedger, ledgerFileOf }: typeof import('../observe/usage-ledger') =
    require('../observe/usage-ledger');
  const { describeMachine, findPaths }: typeof import('../command/paths') = require('../command/paths');
  const { prepareStateFolder }: typeof import('../instance/bridge-record') = require('../instance/bridge-record');
  const { state } = findPaths(describeMachine(env), stateDir);
  const path = ledgerFileOf(state);
  return createUsageLedger({
    path,
    maxBytes: usageLedgerMaxMb * 1024 * 1024,
    prepare: () => prepareStateFolder(state),
    warn: (problem) => log.warn('cannot record the usage of turns', { file: path, problem }),
  });
}

function openAnnouncer(options: BackgroundOptions): BackgroundAnnouncer {
  const { createAnnouncer }: typeof import('./in-background') = require('./in-background');
  return createAnnouncer(options);
}

function startWarmUp(options: WarmUp): () => void {
  const { warmUp }: typeof import('./warm-up') = require('./warm-up');
  return warmUp(options);
}

function startWatching(own: OwnTexts): IdleWatch | undefined {
  const { startIdleWatch }: typeof import('./in-background') = require('./in-background');
  return readOwnFlag(SERVE_FLAGS.stopWhenUnused, own) === true ? startIdleWatch() : undefined;
}
