/** Records the warnings of libraries: lines on the console, and process warnings. */

export interface WarningListener {
  /** The warnings so far. */
  heard(): readonly string[];
  /** Restores the console. */
  stop(): void;
}

/** Captures `console.warn`, `console.error` and process warnings until `stop`. */
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
