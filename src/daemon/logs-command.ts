/** `logs`: shows the end of the background bridge's log, and follows it. */
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseJsonObject } from '../base/json';
import { messageOf } from '../base/thrown';
import { EXIT, type CommandContext, type CommandIo } from '../command/command';
import { LOGS_FLAGS, readOwnFlag } from '../command/own-flags';
import { logFileOf } from '../instance/bridge-record';
import { createLogReader, readLog, watchLog, type LogReader } from '../instance/log-reader';
import { findTarget, renderCommand, type BridgeTarget } from '../instance/target';

const DEFAULT_LINES = 100;

/** Returns 0 on success, 1 if there is no log or it cannot be read, 2 for invalid usage. */
export async function run(context: CommandContext): Promise<number> {
  const { io, own } = context;
  const target = findTarget(context);
  if (typeof target === 'number') return target;
  const named = findLog(target);
  if (!existsSync(named)) {
    const start = renderCommand('start', target.port);
    io.error(`No log file ${named}. Only bridges started with "${start}" write this log.
Others write to standard error, or to the file of their --log-file; give the same --log-file here to read that one.
`);
    return EXIT.failed;
  }
  // The rotated file is next to the target of a link.
  const path = realpathSync(named);
  const reader = createLogReader(path);
  try {
    const lines = readLog(path, readOwnFlag(LOGS_FLAGS.lines, own) ?? DEFAULT_LINES, { to: reader.start });
    const show = readOwnFlag(LOGS_FLAGS.json, own) === true ? createJsonWriter(io.out) : io.out;
    show(lines.map((line) => `${line}\n`).join(''));
    if (readOwnFlag(LOGS_FLAGS.follow, own) === true) await follow(path, reader, { ...io, out: show });
    return EXIT.done;
  } catch (error) {
    io.error(`Cannot read ${path}: ${messageOf(error)}.\n`);
    return EXIT.failed;
  } finally {
    reader.close();
  }
}

function findLog({ config, paths, port, record }: BridgeTarget): string {
  return config.logFile === undefined ? (record?.logFile ?? logFileOf(paths.state, port)) : resolve(config.logFile);
}

/**
 * Writes each whole line as JSON, whatever the format of the log; a line that is not a log entry has only a
 * message.
 */
function createJsonWriter(write: (text: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    write(lines.map((line) => `${renderJsonLine(line)}\n`).join(''));
  };
}

function renderJsonLine(line: string): string {
  if (parseJsonObject(line) !== undefined) return line;
  const [, time, level, message] = /^(\d{4}-\d\d-\d\d[T ]\S+) +(debug|info|warn|error) +(.*)$/.exec(line) ?? [];
  return JSON.stringify(time === undefined ? { message: line } : { time, level, message });
}

/** Resolves on Ctrl-C or when standard output is closed. */
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
