/** The types of a row of the options table; a row without a help text does not compile. */

/** A help text: at least two words, then a full stop. */
export type Sentence = `${string} ${string}.`;

/** The sections of the help text and of docs/configuration.md. */
export type Group = 'listen' | 'upstream' | 'limits' | 'translation' | 'reasoning' | 'state' | 'log';

/** Turns a text from the command line or the environment into a value. */
export interface ValueType<V> {
  /** Completes the sentence "expected …" of an error message. */
  readonly expected: string;
  /** Represents the value in help texts: `--port PORT`. */
  readonly placeholder: string;
  /** All accepted words, where they can be listed. */
  readonly words?: readonly string[];
  /** The value is a name of the catalog of providers, which options do not load. */
  readonly isProvider?: true;
  /** The value is a path to one. */
  readonly path?: 'file' | 'folder';
  /** The option can be given as `--name` or `--no-name`, without a value. */
  readonly isSwitch?: true;
  /** The value, or `undefined` when `input` is not what was expected. */
  readonly parse: (input: string) => V | undefined;
}

/** A row without its default value. */
export interface OptionRow<V> {
  readonly flags: readonly [`--${string}`, ...`--${string}`[]];
  /** Environment variables; the first one that is set applies. */
  readonly env: readonly [Uppercase<string>, ...Uppercase<string>[]];
  readonly type: ValueType<V>;
  readonly group: Group;
  readonly help: Sentence;
  /** The value is never quoted in full, in any message or document. */
  readonly secret?: true;
}

/** One option. `V` includes `undefined` when the option has no default. */
export interface Option<V> extends OptionRow<NonNullable<V>> {
  readonly default: V;
}

/** Takes a row with a default value; the option's type comes from `row.type`. */
export function option<V extends {}>(row: OptionRow<V> & { readonly default: NoInfer<V> }): Option<V> {
  return row;
}

/** Takes a row without a default: the value is `undefined` until the user sets one. */
export function optional<V extends {}>(row: OptionRow<V>): Option<V | undefined> {
  return { ...row, default: undefined };
}
