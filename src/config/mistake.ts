/** The sentence for a value that an option cannot take. */
import type { Option } from './option';
import { quote, quoteSecret } from './quote';
import type { Origin } from './resolve';

/** What the user gave, and where. */
export interface GivenText {
  readonly text: string;
  readonly origin: Origin & { readonly name: string };
}

/** Says what was given, where, and what was expected; a secret is not quoted in full. */
export function describeMistake({ secret, type }: Pick<Option<unknown>, 'secret' | 'type'>, { text, origin }: GivenText): string {
  const quoted = secret === true ? quoteSecret(text) : quote(text);
  return `Cannot use ${quoted} from ${origin.kind} ${origin.name}: expected ${type.expected}.`;
}
