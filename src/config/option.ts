/** Defines the types of the options table. A row without a help text does not compile. */

/** A help text: at least two words, then a full stop. */
export type Sentence = `${string} ${string}.`;

/** The sections of the help text and of docs/configuration.md. */
export type Group = 'listen' | 'upstream' | 'limits' | 'translation' | 'reasoning' | 'state' | 'log';

/** Parses a string from the command line or the environment into a value. */
export interface ValueType<V> {
  /** Completes the sentence "expected …" of an error message. */
  readonly expected: string;
  /** Represents the value in help texts: `--port PORT`. */
  readonly placeholder: string;
  /** All accepted values, if they can be listed. */
  readonly words?: readonly string[];
  /** The value is the name of a provider. Not in `words`: options are defined without loading the provider catalog. */
  readonly isProvider?: true;
  /** The value is the path of a file or a folder. */
  readonly path?: 'file' | 'folder';
  /** The option can be given as `--name` or `--no-name` without a value. */
  readonly isSwitch?: true;
  /** Returns `undefined` if `input` is not a valid value. */
  readonly parse: (input: string) => V | undefined;
}

/** Whether `text`, a value of this type, is a path rather than a server's address. */
export const isPath = ({ path }: ValueType<unknown>, text: string): boolean =>
  path !== undefined && !/^\s*\w+:\/\//.test(text);

/** A row without its default value. */
export interface OptionRow<V> {
  readonly flags: readonly [`--${string}`, ...`--${string}`[]];
  /** Environment variables; the first one that is set is used. */
  readonly env: readonly [Uppercase<string>, ...Uppercase<string>[]];
  readonly type: ValueType<V>;
  readonly group: Group;
  readonly help: Sentence;
  /** Messages and documents never show the whole value. */
  readonly secret?: true;
}

/** One option. `V` includes `undefined` when the option has no default. */
export interface Option<V> extends OptionRow<NonNullable<V>> {
  readonly default: V;
}

/** Declares an option with a default value; its type is that of `row.type`. */
export function option<V extends {}>(row: OptionRow<V> & { readonly default: NoInfer<V> }): Option<V> {
  return row;
}

/** Declares an option without a default: its value is `undefined` until the user sets one. */
export function optional<V extends {}>(row: OptionRow<V>): Option<V | undefined> {
  return { ...row, default: undefined };
}
