/** `serve`: reads the configuration, builds the server and runs it. */
import type { Bridge } from '../bridge/bridge';
import type { Config } from '../config/options';
import type { Environment } from '../config/resolve';
import { createLogger, type Logger } from '../observe/log';
import type { LogFile } from '../observe/log-file';
import { createBridgeServer } from '../server/create-server';
import { EXIT, type CommandContext } from '../command/command';
import { containCrashes } from './contain-crashes';
import type { Background, BackgroundOptions } from './in-background';
import { createLateBridge } from './late-bridge';
import { requireConfig } from '../command/load-config';
import { SERVE_FLAGS } from '../command/own-flag-rows';
import type { OwnTexts } from '../command/own-flags';
import { runServer, STATE_FILE_VARIABLE } from './run-server';
import { readVersion } from '../command/version';
import type { Use } from './start-idle-shutdown';

/** Returns when the server has ended: 0 after a signal, 1 when it cannot listen, 2 when the configuration is wrong. */
export async function run(context: CommandContext): Promise<number> {
  const { own, io } = context;
  const resolved = requireConfig(context);
  if (typeof resolved === 'number') return resolved;
  const { config, origins, env } = resolved;
  const version = readVersion();
  const logFile = openLogFile(config);
  const problem = logFile?.open();
  if (problem !== undefined) {
    io.error(`Cannot write the log file: ${problem}. Choose another one with --log-file.\n`);
    return EXIT.failed;
  }
  const log = createLogger({
    level: config.logLevel,
    format: config.logFormat,
    write: (line) => (logFile ?? { write: io.error }).write(line),
    secrets: [config.aiApiKey, config.searchKey, ...keysOf(env)].filter((secret) => secret !== undefined),
  });
  const bridge = createLateBridge(() => buildBridge(config, env, log));
  const warmUp = setTimeout(bridge.warmUp, WARM_UP_DELAY_MS);
  const use = own[SERVE_FLAGS.stopWhenUnused.flag] === undefined ? undefined : watchUse(own);
  const server = createBridgeServer({ config, version, log, bridge, ...(use && { watch: use.watch }) });
  const forgetCrashes = containCrashes(io, log);
  const stateFile = env[STATE_FILE_VARIABLE];
  const background = stateFile === undefined ? undefined : openBackground({ stateFile, config, version, log });
  // Standard error goes to the same file in the background, but stays with it when it is set aside.
  const voice = background === undefined || logFile === undefined ? io : { ...io, error: logFile.write };
  const isForPrograms = config.logFormat === 'json' && (logFile === undefined || background !== undefined);
  const run = { server, version, config, origins, io: voice, ...(isForPrograms && { log }) };
  return runServer({ ...run, unused: use?.unused, onListening: background?.announce }).finally(() => {
    clearTimeout(warmUp);
    forgetCrashes();
    use?.end();
    background?.end();
    logFile?.close();
  });
}

/** Late enough to leave the first moments to whoever waits for the port, early enough for the first turn. */
const WARM_UP_DELAY_MS = 300;

/** Any of them may be sent somewhere, so none may be logged. */
function keysOf(env: Environment): readonly (string | undefined)[] {
  return Object.keys(env).filter((name) => name.endsWith('_API_KEY')).map((name) => env[name]);
}

function buildBridge(config: Config, env: Environment, log: Logger): Bridge {
  const { collectKeys }: typeof import('../providers/keys') = require('../providers/keys');
  const { PROVIDERS }: typeof import('../providers/catalog') = require('../providers/catalog');
  const { createBridge }: typeof import('../bridge/create-bridge') = require('../bridge/create-bridge');
  return createBridge({ ...config, providerKeys: collectKeys(PROVIDERS, env) }, log);
}

function openLogFile({ logFile, logFileMaxMb }: Config): LogFile | undefined {
  if (logFile === undefined) return undefined;
  const { createLogFile }: typeof import('../observe/log-file') = require('../observe/log-file');
  return createLogFile(logFile, logFileMaxMb * 1024 * 1024);
}

function openBackground(options: BackgroundOptions): Background {
  const { createBackground }: typeof import('./in-background') = require('./in-background');
  return createBackground(options);
}

function watchUse(own: OwnTexts): Use | undefined {
  const { readOwnFlag }: typeof import('../command/own-flags') = require('../command/own-flags');
  const { startUseWatch }: typeof import('./start-idle-shutdown') = require('./start-idle-shutdown');
  return readOwnFlag(SERVE_FLAGS.stopWhenUnused, own) === true ? startUseWatch() : undefined;
}
