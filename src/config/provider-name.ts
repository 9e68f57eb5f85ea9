/** The name of a provider as an option's value. */
import { findProviderName, PROVIDER_NAMES } from '../providers/names';
import type { ValueType } from './option';

const NAMES = Object.keys(PROVIDER_NAMES);

/** A row of the catalog, by its name or an alias; the value is the name. */
export const providerName: ValueType<string> = {
  expected: `${NAMES.slice(0, -1).join(', ')} or ${NAMES.at(-1)}`,
  placeholder: 'NAME',
  words: NAMES,
  parse: findProviderName,
};
