/** `logs`: the end of the log of the bridge in the background, and what comes. */
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '../base/thrown';
import { EXIT, type CommandContext, type CommandIo } from '../command/command';
import { createLogReader, watchLog, type LogReader } from './follow-log';
import { readLog } from '../instance/log-tail';
import { logFileOf } from '../instance/state-file';
import { findTarget, renderCommand, type Target } from '../instance/target';
import { LOGS_FLAGS } from '../command/own-flag-rows';
import { readOwnFlag } from '../command/own-flags';

const LINES = 100;

/** Returns 0 when it was shown, 1 when there is no log or it cannot be read, 2 when it was asked in a wrong way. */
export async function run(context: CommandContext): Promise<number> {
  const { io, own } = context;
  const target = findTarget(context);
  if (typeof target === 'number') return target;
  const named = findLog(target);
  if (!existsSync(named)) {
    io.error(`There is no log file ${named}. A bridge writes it that was started with: ${renderCommand('start', target.port)}
Any other one writes to its standard error, or to the file of --log-file: name that file here too.
`);
    return EXIT.failed;
  }
  // What was set aside lies beside the file that a link leads to.
  const path = realpathSync(named);
  const reader = createLogReader(path);
  try {
    const lines = readLog(path, readOwnFlag(LOGS_FLAGS.lines, own) ?? LINES, { to: reader.start });
    io.out(lines.map((line) => `${line}\n`).join(''));
    if (readOwnFlag(LOGS_FLAGS.follow, own) === true) await follow(path, reader, io);
    return EXIT.done;
  } catch (error) {
    io.error(`Cannot read ${path}: ${messageOf(error)}.\n`);
    return EXIT.failed;
  } finally {
    reader.close();
  }
}

function findLog({ config, places, port, record }: Target): string {
  return config.logFile === undefined ? (record?.logFile ?? logFileOf(places.state, port)) : resolve(config.logFile);
}

/** Ends with Ctrl-C, and when nobody reads any more. */
function follow(path: string, reader: LogReader, io: CommandIo): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      unwatch();
      forgetSignals();
      forgetReader?.();
      resolve();
    };
    const show = (): void => {
      try {
        const text = reader.readNew();
        if (text !== '') io.out(text);
      } catch (error) {
        reject(error);
        end();
      }
    };
    const unwatch = watchLog(path, show);
    const forgetSignals = io.onSignal(end);
    const forgetReader = io.onReaderGone?.(end);
    show();
  });
}
