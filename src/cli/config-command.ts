/** `config`: shows every option with its value, its origin, and the values that it overrides. */
import { isDeepStrictEqual } from 'node:util';
import { EXIT, type CommandContext } from '../command/command';
import { requireConfig, type LoadedEnvironment } from '../command/load-config';
import { CONFIG_FLAGS, readOwnFlag } from '../command/own-flags';
import { describeMachine, findPaths, type Paths } from '../command/paths';
import { WIDTH } from '../command/render';
import { createTerminalStyle, type TerminalStyle } from '../command/terminal-style';
import { mapGroups } from '../config/help';
import { OPTIONS, OPTION_NAMES, type Config, type OptionName } from '../config/options';
import { maskSecret, maskCredentials } from '../base/quote';
import { fromProcess, isSet, type Environment, type FlagTexts, type GivenOrigin } from '../config/resolve';
import type { Origin, Origins } from '../config/resolve';
import { findProvider } from '../providers/catalog';
import type { Provider } from '../providers/provider';

/** Returns 0, or 2 after reporting every error in the configuration. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, own, env, io } = context;
  const resolved = requireConfig(context);
  if (typeof resolved === 'number') return resolved;
  const { config, origins, file } = resolved;
  const view = {
    config,
    origins,
    provider: findProvider(config.provider, config.aiBaseUrl, config.catalog),
    paths: findPaths(describeMachine(resolved.env), config.stateDir),
    flags,
    env,
    file,
  };
  if (readOwnFlag(CONFIG_FLAGS.json, own)) io.out(`${JSON.stringify(describeConfig(view), null, 2)}\n`);
  else io.out(renderConfig(view, createTerminalStyle(io.isTerminal?.() ?? false, env)));
  return EXIT.done;
}

interface ConfigView {
  readonly config: Config;
  readonly origins: Origins;
  readonly provider: Provider;
  readonly paths: Paths;
  /** The flags as given, to list every source that gives a value. */
  readonly flags: FlagTexts;
  /** The environment without the variables of the file. */
  readonly env: Environment;
  readonly file: LoadedEnvironment['file'];
}

/** Renders one row per option, in groups, then the provider and the folders. */
function renderConfig(view: ConfigView, style: TerminalStyle): string {
  const { provider, paths } = view;
  const renderSection = (title: string, rows: readonly string[]): string =>
    `${style.paint('bold', title)}\n${rows.join('')}`;
  const groups = mapGroups((title, names) =>
    renderSection(title, names.map((name) => renderOption(name, view, style))));
  return [
    ...groups,
    renderSection('Found', [
      renderRow('provider', provider.name, provider.title, style),
      renderRow('state folder', paths.state, '', style),
      renderRow('config folder', paths.config, '', style),
      renderRow('Codex folder', paths.codexHome, '', style),
    ]),
    '* differs from the default\n',
  ].join('\n');
}

/** Describes the configuration for --json; a value that is not set is null. */
function describeConfig({ config, origins, provider, paths }: ConfigView): object {
  const options = OPTION_NAMES.map((name) => [
    name,
    { value: mask(name, config) ?? null, origin: origins[name], default: OPTIONS[name].default ?? null },
  ]);
  const { state, config: configFolder, codexHome } = paths;
  return {
    options: Object.fromEntries(options),
    provider: { name: provider.name, title: provider.title },
    places: { state, config: configFolder, codexHome },
  };
}

function renderOption(name: OptionName, view: ConfigView, style: TerminalStyle): string {
  const value = renderValue(mask(name, view.config));
  const isChanged = !isDeepStrictEqual(view.config[name], OPTIONS[name].default);
  return renderRow(OPTIONS[name].flags[0], value, renderSources(name, view), style, isChanged ? '*' : ' ');
}

const mask = (name: OptionName, config: Config): Config[OptionName] => {
  const value = config[name];
  if (value === undefined) return value;
  if (OPTIONS[name].secret !== true) return typeof value === 'string' ? maskCredentials(value) : value;
  if (typeof value !== 'object') return maskSecret(String(value));
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, maskSecret(String(text))]));
};

function renderValue(value: Config[OptionName]): string {
  if (value === undefined) return '-';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'object') return Object.entries(value).map((pair) => pair.join('=')).join(',');
  return String(value);
}

/** The mark, a space, the longest flag, two spaces. */
const FLAG_WIDTH = Math.max(...OPTION_NAMES.map((name) => OPTIONS[name].flags[0].length)) + 4;

const VALUE_WIDTH = 12;

/** A source that does not fit is placed on the next line, below the value. */
function renderRow(title: string, value: string, source: string, style: TerminalStyle, mark = ' '): string {
  const head = `${mark} ${title}`.padEnd(FLAG_WIDTH);
  const valueText = style.spell(value);
  if (source === '') return `${head}${valueText}\n`;
  const sourceText = source === DEFAULT ? style.paint('dim', source) : style.spell(source);
  const fits = FLAG_WIDTH + Math.max(valueText.length, VALUE_WIDTH) + 2 + source.length <= WIDTH;
  if (fits) return `${head}${valueText.padEnd(VALUE_WIDTH)}  ${sourceText}\n`;
  return `${head}${valueText}\n${' '.repeat(FLAG_WIDTH)}${sourceText}\n`;
}

const DEFAULT = 'default';

/** Renders the origin of the value and those that it overrides, such as "flag --port, overrides env PORT". */
function renderSources(name: OptionName, view: ConfigView): string {
  const origin = describeOrigin(view.origins[name]);
  const overridden = listGivenOrigins(name, view).map(describeOrigin).filter((given) => given !== origin);
  return overridden.length === 0 ? origin : `${origin}, overrides ${overridden.join(' and ')}`;
}

const describeOrigin = (origin: Origin): string =>
  origin.kind === 'default' ? DEFAULT : `${origin.kind} ${origin.name}`;

/** Returns the origins of all values given for an option, in order of precedence. */
function listGivenOrigins(name: OptionName, { flags, env, file }: ConfigView): readonly GivenOrigin[] {
  const row = OPTIONS[name];
  return [
    ...(flags[name] === undefined ? [] : [{ kind: 'flag', name: row.flags[0] } as const]),
    ...row.env.filter((variable) => isSet(env[variable])).map(fromProcess),
    ...row.env
      .filter((variable) => isSet(file?.values[variable]))
      .map((variable) => ({ kind: 'file', name: `${variable} in ${file?.path ?? ''}` } as const)),
  ];
}
