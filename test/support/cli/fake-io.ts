/** A fake environment for commands: records output, and sends signals on demand. */
import { EventEmitter } from 'node:events';
import type { CommandIo, StopSignal } from '../../../src/command/command';

export interface FakeIo extends CommandIo {
  readonly written: { out: string; error: string };
  /** Sends a stop signal, as the terminal or a process manager would. */
  signal(name: StopSignal): void;
  /** The number of registered signal handlers. */
  handlers(): number;
  /** Reports `cause` as an uncaught exception. @returns whether it was handled */
  crash(cause: unknown): boolean;
  /** Resolves with the first output on standard output. */
  readonly firstOut: Promise<string>;
  /** The questions that were asked. */
  readonly asked: readonly string[];
}

/** @param answers the user's answers in order, followed by Ctrl-D; undefined if there is no terminal */
export function createFakeIo(answers?: readonly (string | undefined)[]): FakeIo {
  const asked: string[] = [];
  const events = new EventEmitter();
  const next = async (question: string) => answers?.[asked.push(question) - 1];
  const written = { out: '', error: '' };
  return {
    written,
    asked,
    ...(answers && { ask: next, askHidden: next }),
    firstOut: new Promise((resolve) => events.once('out', () => resolve(written.out))),
    out(text) {
      written.out += text;
      events.emit('out');
    },
    error(text) {
      written.error += text;
    },
    onSignal(handler) {
      events.on('signal', handler);
      return () => events.off('signal', handler);
    },
    onCrash(handler) {
      events.on('crash', handler);
      return () => events.off('crash', handler);
    },
    crash: (cause) => events.emit('crash', cause, 'uncaughtException'),
    signal: (name) => void events.emit('signal', name),
    handlers: () => events.listenerCount('signal'),
  };
}
