/** Finds options of a command that a running bridge does not apply, without revealing the values of either. */
import { createHash } from 'node:crypto';
import { OPTIONS, OPTION_NAMES, type Config, type OptionName } from '../config/options';
import { findVariable, type Environment, type FlagTexts } from '../config/resolve';
import type { BridgeRecord } from './bridge-record';

/** Options that say how to reach a bridge, that the launcher applies itself, or that are compared elsewhere. */
const NOT_COMPARED: readonly OptionName[] = [
  'host', 'port', 'socket', 'aiBaseUrl', 'provider', 'aiApiKey', 'defaultModel', 'accessToken', 'accessTokenFile',
];

/** Not paths, which may be relative to different folders. */
const COMPARED = OPTION_NAMES.filter((name) => !NOT_COMPARED.includes(name) && !OPTIONS[name].type.path);

const identify = (value: unknown, startedAt: string): string =>
  createHash('sha256').update(`${startedAt} ${JSON.stringify(value)}`).digest('hex').slice(0, 8);

/** Returns an id for the value of each option. @param startedAt the record's */
export const identifyOptions = (config: Config, startedAt: string): Readonly<Record<string, string>> =>
  Object.fromEntries(COMPARED.map((name) => [name, identify(config[name], startedAt)]));

export interface GivenOptions {
  readonly config: Config;
  readonly flags: FlagTexts;
  readonly env: Environment;
}

/** Describes the flags and variables that the bridge of a record does not apply; `undefined` if there are none. */
export function describeOptionDifference(
  { optionIds, startedAt }: BridgeRecord, { config, flags, env }: GivenOptions,
): string | undefined {
  if (optionIds === undefined) return undefined;
  const others = COMPARED.flatMap((name) => {
    const { flags: [flag], env: [variable] } = OPTIONS[name];
    const given = flags[name] !== undefined ? flag : findVariable(name, env) !== undefined ? variable : undefined;
    const isOther = optionIds[name] !== undefined && optionIds[name] !== identify(config[name], startedAt);
    return given !== undefined && isOther ? [given] : [];
  });
  return others.length === 0 ? undefined : `It does not apply your ${others.join(', ')}.`;
}
