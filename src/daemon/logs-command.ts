/** `logs`: shows the end of the background bridge's log, and can follow it. */
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { asText, parseJsonObject } from '../base/json';
import { messageOf } from '../base/thrown';
import { EXIT, type CommandContext, type CommandIo } from '../command/command';
import { LOGS_FLAGS, readOwnFlag } from '../command/own-flags';
import { createProgress } from '../command/progress';
import { createTerminalStyle } from '../command/terminal-style';
import { logFileOf } from '../instance/bridge-record';
import { createLogReader, readLog, watchLog, type LogReader } from '../instance/log-reader';
import { findTarget, renderCommand, type BridgeTarget } from '../instance/target';
import { showRunningTurns } from './running-turns';

const DEFAULT_LINES = 100;

/** Returns 0 on success, 1 if there is no log or it cannot be read, 2 for invalid usage. */
export async function run(context: CommandContext): Promise<number> {
  const { io, own, env } = context;
  const target = findTarget(context);
  if (typeof target === 'number') return target;
  const file = findLogFile(target);
  if (!existsSync(file)) {
    io.error(`No log file ${file}. ${adviseOnMissingLog(target)}\n`);
    return EXIT.failed;
  }
  // If the log is a symbolic link, the rotated file is next to its target.
  const path = realpathSync(file);
  const reader = createLogReader(path);
  try {
    const lines = readLog(path, readOwnFlag(LOGS_FLAGS.lines, own) ?? DEFAULT_LINES, { to: reader.start });
    const isJson = readOwnFlag(LOGS_FLAGS.json, own) === true;
    const show = isJson ? createJsonWriter(io.out) : io.out;
    show(lines.map((line) => `${line}\n`).join(''));
    if (readOwnFlag(LOGS_FLAGS.follow, own) === true) {
      const running = isJson ? undefined : showRunningTurns(target, createProgress(io, createTerminalStyle(true, env)));
      await follow(path, reader, { ...io, out: running?.wrapWrite(show) ?? show }).finally(running?.end);
    }
    return EXIT.done;
  } catch (error) {
    io.error(`Cannot read ${path}: ${messageOf(error)}.\n`);
    return EXIT.failed;
  } finally {
    reader.close();
  }
}

function findLogFile({ config, paths, port, record }: BridgeTarget): string {
  return config.logFile === undefined ? (record?.logFile ?? logFileOf(paths.state, port)) : resolve(config.logFile);
}

const adviseOnMissingLog = ({ config, port }: BridgeTarget): string => (config.logFile === undefined
  ? `Only bridges started with "${renderCommand('start', port)}" write this log.
Other bridges write to standard error or to their own --log-file. To read such a file, give the same --log-file here.`
  : 'Check --log-file.');

/** Writes each complete line as JSON with a time and a level, whatever the format of the log. */
function createJsonWriter(write: (text: string) => void): (text: string) => void {
  let partialLine = '';
  let time: string | null = null;
  return (text) => {
    const lines = (partialLine + text).split('\n');
    partialLine = lines.pop() ?? '';
    const rendered = lines.map((line) => {
      const entry = readLine(line, time);
      time = entry.time;
      return `${entry.json}\n`;
    });
    write(rendered.join(''));
  };
}

/** A line of the text format: the level is padded to five letters. */
const LINE = /^(\d{4}-\d\d-\d\d[T ]\S+) (debug|info |warn |error) (.*)$/;

interface LogLine {
  readonly time: string | null;
  readonly json: string;
}

/** @param last the time of the previous line, because Node's warnings and crashes have none */
function readLine(line: string, last: string | null): LogLine {
  const own = parseJsonObject(line);
  if (own !== undefined) return { time: asText(own['time']) ?? last, json: line };
  const [, found, level, message] = LINE.exec(line) ?? [];
  const time = found?.replace(' ', 'T') ?? last;
  const entry = found === undefined
    ? { time, level: 'warn', message: line }
    : { time, level: level?.trim(), message };
  return { time, json: JSON.stringify(entry) };
}

/** Writes new log text until a stop signal, or until standard output is closed. @throws if the log cannot be read */
function follow(path: string, reader: LogReader, io: CommandIo): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      unwatch();
      unsubscribeSignals();
      unsubscribeReader?.();
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
    const unsubscribeSignals = io.onSignal(end);
    const unsubscribeReader = io.onReaderGone?.(end);
    show();
  });
}
