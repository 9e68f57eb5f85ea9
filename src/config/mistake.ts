/** The sentence for a value that an option cannot take. */
import { quote, quoteSecret } from './quote';
import type { GivenOrigin } from './resolve';

/** What the user gave, and where. */
export interface GivenText {
  readonly text: string;
  readonly origin: GivenOrigin;
}

/** As much of an option as the sentence needs. */
export interface Refusing {
  readonly secret?: true;
  readonly type: { readonly expected: string };
}

/** Says what was given, where, and what was expected; a secret is not quoted in full. */
export function describeMistake({ secret, type }: Refusing, { text, origin }: GivenText): string {
  const quoted = secret === true ? quoteSecret(text) : quote(text);
  return `Cannot use ${quoted} from ${origin.kind} ${origin.name}: expected ${type.expected}.`;
}
