/** Flags that belong to one command, beside the options that all of them share. */
import type { Sentence, ValueType } from '../config/option';

/** A row; the same spelling in two commands must be a switch in both or in neither, and is never that of an option. */
export interface OwnFlag<V extends {} = {}> {
  readonly flag: `--${string}`;
  readonly type: ValueType<V>;
  readonly help: Sentence;
}

/** What was given, by flag: texts that fit their rows. */
export type OwnTexts = Readonly<Record<string, string>>;

/** The value of `row`; undefined when it was not given. */
export function readOwnFlag<V extends {}>({ flag, type }: OwnFlag<V>, own: OwnTexts): V | undefined {
  const text = own[flag];
  return text === undefined ? undefined : type.parse(text);
}
