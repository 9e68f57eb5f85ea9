/** What libraries complain of: lines on the console, and warnings of the process. */

export interface WarningListener {
  /** What was said so far. */
  heard(): readonly string[];
  /** Gives the console back. */
  stop(): void;
}

/** Takes `console.warn`, `console.error` and the warnings of the process until `stop`. */
export function listenForWarnings(): WarningListener {
  const lines: string[] = [];
  const { warn, error } = console;
  const hear = (...words: readonly unknown[]): void => void lines.push(words.map(String).join(' '));
  const hearProcess = (warning: Error): void => hear(`${warning.name}: ${warning.message}`);
  console.warn = hear;
  console.error = hear;
  process.on('warning', hearProcess);
  return {
    heard: () => lines,
    stop() {
      Object.assign(console, { warn, error });
      process.off('warning', hearProcess);
    },
  };
}
