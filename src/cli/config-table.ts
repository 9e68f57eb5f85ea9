/** The options as they are in effect, for people and for programs: value, origin, what the origin beats. */
import { eachGroup } from '../config/help';
import { OPTIONS, OPTION_NAMES, type Config, type OptionName } from '../config/options';
import { maskSecret } from '../base/quote';
import { fromProcess, isSet } from '../config/resolve';
import type { Environment, FlagTexts, GivenOrigin, Origin, Origins } from '../config/resolve';
import type { Provider } from '../providers/provider';
import type { LoadedEnvironment } from '../command/load-config';
import { WIDTH, type TerminalStyle } from '../command/terminal-style';
import type { Paths } from '../command/paths';

export interface ConfigView {
  readonly config: Config;
  readonly origins: Origins;
  readonly provider: Provider;
  readonly places: Paths;
  /** What was given, to find what an origin beats. */
  readonly flags: FlagTexts;
  /** The environment without the file. */
  readonly env: Environment;
  readonly file: LoadedEnvironment['file'];
}

/** One row an option, by groups; then the provider and the folders. Ends with a line feed. */
export function renderConfig(view: ConfigView, look: TerminalStyle): string {
  const { provider, places } = view;
  const section = (title: string, rows: readonly string[]): string => `${look.paint('bold', title)}\n${rows.join('')}`;
  const groups = eachGroup((title, names) => section(title, names.map((name) => renderOption(name, view, look))));
  return [
    ...groups,
    section('Found', [
      renderRow('provider', provider.name, provider.title, look),
      renderRow('state folder', places.state, '', look),
      renderRow('config folder', places.config, '', look),
      renderRow('Codex folder', places.codexHome, '', look),
    ]),
  ].join('\n');
}

/** The same for programs; a value that is not set is null. */
export function describeConfig({ config, origins, provider, places }: ConfigView): object {
  const options = OPTION_NAMES.map((name) => [
    name,
    { value: mask(name, config) ?? null, origin: origins[name], default: OPTIONS[name].default ?? null },
  ]);
  const { state, config: configFolder, codexHome } = places;
  return {
    options: Object.fromEntries(options),
    provider: { name: provider.name, title: provider.title },
    places: { state, config: configFolder, codexHome },
  };
}

function renderOption(name: OptionName, view: ConfigView, look: TerminalStyle): string {
  const value = renderValue(mask(name, view.config));
  return renderRow(OPTIONS[name].flags[0], value, renderSources(name, view), look);
}

const mask = (name: OptionName, config: Config): Config[OptionName] => {
  const value = config[name];
  return OPTIONS[name].secret === true && typeof value === 'string' ? maskSecret(value) : value;
};

function renderValue(value: Config[OptionName]): string {
  if (value === undefined) return '-';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'object') return Object.entries(value).map((pair) => pair.join('=')).join(',');
  return String(value);
}

/** The width of the flags: two spaces, the longest, two spaces. */
const FLAG_WIDTH = Math.max(...OPTION_NAMES.map((name) => OPTIONS[name].flags[0].length)) + 4;

const VALUE_WIDTH = 12;

/** A source that does not fit into the line stands in the next one, below the value. */
function renderRow(title: string, value: string, source: string, look: TerminalStyle): string {
  const head = `  ${title}`.padEnd(FLAG_WIDTH);
  const shown = look.spell(value);
  if (source === '') return `${head}${shown}\n`;
  const words = source === DEFAULT ? look.paint('dim', source) : look.spell(source);
  const isShort = FLAG_WIDTH + Math.max(shown.length, VALUE_WIDTH) + 2 + source.length <= WIDTH;
  if (isShort) return `${head}${shown.padEnd(VALUE_WIDTH)}  ${words}\n`;
  return `${head}${shown}\n${' '.repeat(FLAG_WIDTH)}${words}\n`;
}

const DEFAULT = 'default';

/** "flag --port, over env PORT": where the value comes from, and what is also given and does not count. */
function renderSources(name: OptionName, view: ConfigView): string {
  const origin = view.origins[name];
  const beaten = findGiven(name, view).filter((given) => !isSame(given, origin)).map(describe);
  return [describe(origin), ...(beaten.length === 0 ? [] : [`over ${beaten.join(' and ')}`])].join(', ');
}

const describe = (origin: Origin): string => (origin.kind === 'default' ? DEFAULT : `${origin.kind} ${origin.name}`);

const isSame = (given: GivenOrigin, origin: Origin): boolean => describe(given) === describe(origin);

/** Everything that was given for an option, the strongest first. */
function findGiven(name: OptionName, { flags, env, file }: ConfigView): readonly GivenOrigin[] {
  const row = OPTIONS[name];
  return [
    ...(flags[name] === undefined ? [] : [{ kind: 'flag', name: row.flags[0] } as const]),
    ...row.env.filter((variable) => isSet(env[variable])).map(fromProcess),
    ...row.env
      .filter((variable) => isSet(file?.values[variable]))
      .map((variable) => fromFile(variable, file?.path ?? '')),
  ];
}

const fromFile = (variable: string, path: string): GivenOrigin => ({ kind: 'file', name: `${variable} in ${path}` });
