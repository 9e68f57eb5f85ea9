/** The environment of a bridge in the background: its whole configuration, and none of its starter's own affairs. */
import { OPTIONS, OPTION_NAMES } from '../config/options';
import { findVariable, type Environment, type FlagTexts } from '../config/resolve';

export interface ChildEnvironmentOptions {
  /** They become variables: flags show in the process list, keys among them. */
  readonly flags: FlagTexts;
  readonly env: Environment;
  /** The environment as options see it: with the file of variables below it. */
  readonly loaded: Environment;
  /** Makes a path absolute: the child has another working folder. */
  readonly resolvePath: (path: string) => string;
  /** Variables that are set whatever stands in the others. */
  readonly fixed: Readonly<Record<string, string>>;
}

/** Variables by which Node ties a process to the one that started it. */
const TIES = ['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE', 'NODE_UNIQUE_ID', 'NODE_TEST_CONTEXT'];

/** The variables of the child. */
export function createChildEnvironment(options: ChildEnvironmentOptions): Readonly<Record<string, string>> {
  const { flags, env, loaded, resolvePath, fixed } = options;
  const child: Record<string, string> = {};
  for (const [name, text] of Object.entries(env)) {
    if (text !== undefined && !TIES.includes(name)) child[name] = text;
  }
  for (const name of OPTION_NAMES) {
    const { env: [variable], type } = OPTIONS[name];
    const text = flags[name] ?? (type.path && findVariable(name, loaded));
    if (text !== undefined) child[variable] = type.path ? resolvePath(text) : text;
  }
  return { ...child, ...fixed };
}
