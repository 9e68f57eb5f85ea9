/** Records the warnings of libraries: lines on the console, and process warnings. */

export interface WarningListener {
  /** The warnings so far. */
  warnings(): readonly string[];
  /** Restores the console. */
  stop(): void;
}

/** Captures `console.warn`, `console.error` and process warnings until `stop`. */
export function listenForWarnings(): WarningListener {
  const lines: string[] = [];
  const { warn, error } = console;
  const record = (...args: readonly unknown[]): void => void lines.push(args.map(String).join(' '));
  const recordProcessWarning = (warning: Error): void => record(`${warning.name}: ${warning.message}`);
  console.warn = record;
  console.error = record;
  process.on('warning', recordProcessWarning);
  return {
    warnings: () => lines,
    stop() {
      Object.assign(console, { warn, error });
      process.off('warning', recordProcessWarning);
    },
  };
}
