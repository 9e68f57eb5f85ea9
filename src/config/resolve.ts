/** Resolves flags and environment into a Config: flags override the environment, which overrides the defaults. */
import { quote, quoteSecret } from '../base/quote';
import type { Option } from './option';
import { OPTIONS, OPTION_NAMES, type Config, type OptionName } from './options';

/** The environment, as `process.env` has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Strings from the command line, by option. */
export type FlagTexts = { readonly [N in OptionName]?: string };

/**
 * Where the user set a value: a flag, a variable, a file (a line of an env file, named `PORT in ./my.env`, or a path in
 * the providers file) or the saved login of a provider.
 */
export interface GivenOrigin {
  readonly kind: 'flag' | 'env' | 'file' | 'login';
  readonly name: string;
}

/** A string from the user, and where it was set. */
export interface GivenText {
  readonly text: string;
  readonly origin: GivenOrigin;
}

/** Where a value comes from: the user or the default. */
export type Origin = GivenOrigin | { readonly kind: 'default' };

/** Finds where an environment variable was set. */
export type FindOrigin = (variable: string) => GivenOrigin;

/** The origin of each value of a Config. */
export type Origins = Readonly<Record<OptionName, Origin>>;

/** Either the configuration with the origin of each value, or every error as a sentence for the user. */
export type ResolvedConfig =
  | { readonly ok: true; readonly config: Config; readonly origins: Origins }
  | { readonly ok: false; readonly errors: readonly string[] };

type Mutable<T> = { -readonly [N in keyof T]?: T[N] };

/** Finds every variable in the process environment: there is no env file. */
export const fromProcess: FindOrigin = (name) => ({ kind: 'env', name });

/** Whether a variable counts as set: a blank one does not, nor does an inherited property such as `constructor`. */
export const isSet = (text: string | undefined): text is string => typeof text === 'string' && text.trim() !== '';

/** Returns the value of the first variable of an option that is set in `env`. */
export const findVariable = (name: OptionName, env: Environment): string | undefined =>
  OPTIONS[name].env.map((variable) => env[variable]).find(isSet);

/**
 * Parses `flags` and the variables in `env`. A blank variable counts as absent, a blank flag does not.
 *
 * @returns the configuration, or all errors; `addProviderValues` adds the values that depend on the provider
 */
export function resolveConfig(
  flags: FlagTexts, env: Environment, findOrigin: FindOrigin = fromProcess,
): ResolvedConfig {
  const config: Mutable<Config> = {};
  const origins: Mutable<Origins> = {};
  const errors: string[] = [];
  for (const name of OPTION_NAMES) {
    const error = resolveOption(name, { flags, env, findOrigin, config, origins });
    if (error !== undefined) errors.push(error);
  }
  if (isComplete(config) && isComplete(origins)) return { ok: true, config, origins };
  return { ok: false, errors };
}

/** States the value, its origin and what was expected; a secret is not quoted in full. */
export function describeInvalidValue(
  { secret, type }: { readonly secret?: true; readonly type: { readonly expected: string } },
  { text, origin }: GivenText,
): string {
  const quoted = secret === true ? quoteSecret(text) : quote(text);
  return `Cannot use ${quoted} from ${origin.kind} ${origin.name}: expected ${type.expected}.`;
}

/** The sources of option values. */
export interface ValueSources {
  readonly flags: FlagTexts;
  readonly env: Environment;
  readonly findOrigin: FindOrigin;
  /** Absent if no login is saved. */
  readonly logins?: Logins;
}

/** What `login` has saved. */
export interface Logins {
  /** The provider of the last login. */
  readonly current: string | undefined;
  /** @param provider the provider's name in the catalog */
  find(provider: string): LoginSettings | undefined;
  /** Returns the provider's saved key if it was saved for the host of `baseUrl`. */
  findKey(provider: string, baseUrl: string): string | undefined;
  /** Like `findKey`, but does not block while the system's key store waits for the user. */
  loadKey(provider: string, baseUrl: string): Promise<string | undefined>;
  /** The saved keys that the log must redact; a key from the system's key store is added when it is read. */
  readonly knownKeys: readonly string[];
}

/** The settings that a login saves with its key. */
export interface LoginSettings {
  /** Scheme, host and port that the login is for. */
  readonly origin: string;
  readonly hasKey: boolean;
  readonly baseUrl?: string;
  readonly model?: string;
}

interface Resolution extends ValueSources {
  readonly config: Mutable<Config>;
  readonly origins: Mutable<Origins>;
}

function resolveOption<N extends OptionName>(name: N, resolution: Resolution): string | undefined {
  const option: Option<Config[N]> = OPTIONS[name];
  const given = findText(name, resolution);
  if (given === undefined) {
    resolution.config[name] = option.default;
    resolution.origins[name] = { kind: 'default' };
    return undefined;
  }
  const value = option.type.parse(given.text);
  if (value === undefined) return describeInvalidValue(option, given);
  resolution.config[name] = value;
  resolution.origins[name] = given.origin;
  return undefined;
}

/** Returns the text that the user gave for an option: its flag, or the first of its variables that is set. */
export function findText(name: OptionName, { flags, env, findOrigin }: ValueSources): GivenText | undefined {
  const row = OPTIONS[name];
  const flag = flags[name];
  if (flag !== undefined) return { text: flag, origin: { kind: 'flag', name: row.flags[0] } };
  for (const variable of row.env) {
    const text = env[variable];
    if (isSet(text)) return { text, origin: findOrigin(variable) };
  }
  return undefined;
}

/** Whether every option has a value, that is, none was invalid. */
function isComplete<T>(draft: Mutable<T>): draft is Mutable<T> & T {
  return OPTION_NAMES.every((name) => name in draft);
}
