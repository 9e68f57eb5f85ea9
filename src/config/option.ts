/** What a row of the options table is made of; a row without a description cannot be written. */

/** A help text: at least two words and a full stop. */
export type Sentence = `${string} ${string}.`;

/** The sections of the help text and of docs/configuration.md. */
export type Group = 'listen' | 'upstream' | 'limits' | 'translation' | 'reasoning' | 'state' | 'log';

/** How a text from the command line or the environment becomes a value. */
export interface ValueType<V> {
  /** Ends the sentence "expected …" of an error message. */
  readonly expected: string;
  /** Stands for the value in the help text: `--port PORT`. */
  readonly placeholder: string;
  /** All words that fit, where they can be listed. */
  readonly words?: readonly string[];
  /** The value is a name of the catalog of providers, which options do not load. */
  readonly isProvider?: true;
  /** The value is the path of one. */
  readonly path?: 'file' | 'folder';
  /** A switch can be given as `--name` or `--no-name`, without a value. */
  readonly isSwitch?: true;
  /** The value, or `undefined` when `input` is not what was expected. */
  readonly parse: (input: string) => V | undefined;
}

/** What a row says about its option, except the default value. */
export interface OptionRow<V> {
  readonly flags: readonly [`--${string}`, ...`--${string}`[]];
  /** Environment variables; the first one that is set wins. */
  readonly env: readonly [Uppercase<string>, ...Uppercase<string>[]];
  readonly type: ValueType<V>;
  readonly group: Group;
  readonly help: Sentence;
  /** A secret is never quoted in full, in no message and no document. */
  readonly secret?: true;
}

/** One option. `V` includes `undefined` when the option has no default. */
export interface Option<V> extends OptionRow<NonNullable<V>> {
  readonly default: V;
}

/** A row with a default value; the type of the option comes from `row.type`. */
export function option<V extends {}>(row: OptionRow<V> & { readonly default: NoInfer<V> }): Option<V> {
  return row;
}

/** A row whose value stays `undefined` until the user gives one. */
export function optional<V extends {}>(row: OptionRow<V>): Option<V | undefined> {
  return { ...row, default: undefined };
}
