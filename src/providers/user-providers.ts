/** Reads the user's providers file, whose rows extend the built-in ones and have the same type. */
import { readBaseUrl } from '../base/base-url';
import { expandVariables } from '../base/header-values';
import { parseJsonc } from '../base/json-comments';
import { findNearest } from '../base/nearest';
import { compact } from '../base/json';
import { quote } from '../base/quote';
import { checkShape, childPath } from '../base/shape';
import { PROVIDERS } from './catalog';
import {
  ASSUMED_LIMITS, type ConnectionSettings, type Model, type Provider, type ProviderKey, type RequestChanges,
} from './provider';
import { FILE_SHAPE, type UserChanges, type UserFile, type UserModel, type UserProvider } from './user-shape';

/** The inputs for reading the file. */
export interface UserFileOptions {
  /** The path of the file, for messages and as the origin of its rows. */
  readonly path: string;
  /** The environment, for variables in headers, keys and proxies. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type ParsedProviders =
  | {
      readonly ok: true;
      readonly rows: readonly Provider[];
      /** Names of the variables that headers, keys and proxies refer to. */
      readonly variables: readonly string[];
    }
  | { readonly ok: false; readonly errors: readonly string[] };

/**
 * Parses the text of the file, which is JSON with comments.
 *
 * @returns the whole catalog: the file's new rows, then the built-in ones with the file's changes; or every error,
 * each with its path
 */
export function readUserProviders(text: string, { path, env }: UserFileOptions): ParsedProviders {
  const parsed = parseJsonc(text);
  if (!parsed.ok) return { ok: false, errors: [`Cannot read line ${parsed.line} of ${path}: ${parsed.problem}.`] };
  const { value } = parsed;
  const errors = [...checkShape(value, FILE_SHAPE, '')];
  if (errors.length > 0 || !isUserFile(value))
    return { ok: false, errors: errors.map((each) => `${path}: ${each}`) };
  const reader = new RowReader(value, path, env);
  const rows = Object.keys(value.providers).map((name) => reader.read(name));
  const found = [...reader.errors, ...findSharedNames(rows)];
  if (found.length > 0) return { ok: false, errors: found.map((each) => `${path}: ${each}`) };
  const changed = new Map(rows.map((row) => [row.name, row]));
  const isBuiltIn = (name: string): boolean => PROVIDERS.some((row) => row.name === name);
  return {
    ok: true,
    variables: [...reader.variables],
    rows: [...rows.filter(({ name }) => !isBuiltIn(name)), ...PROVIDERS.map((row) => changed.get(row.name) ?? row)],
  };
}

const isUserFile = (value: unknown): value is UserFile => checkShape(value, FILE_SHAPE, '').length === 0;

/** Describes each alias that is also a name or alias of another row. */
function findSharedNames(rows: readonly Provider[]): readonly string[] {
  const own = new Set(rows.map(({ name }) => name));
  const others = [...rows, ...PROVIDERS.filter(({ name }) => !own.has(name))];
  return rows.flatMap((row) => (row.aliases ?? []).flatMap((alias) => {
    const other = others.find((each) => each !== row && (each.name === alias || each.aliases?.includes(alias)));
    const path = `${childPath('providers', row.name)}.aliases`;
    return other ? [`${path}: ${quote(alias)} is already a name of ${other.name}.`] : [];
  }));
}

class RowReader {
  readonly errors: string[] = [];
  /** Names of the variables that headers, keys and proxies refer to. */
  readonly variables = new Set<string>();
  /** The variables that the current row needs and that are not set. */
  private readonly unset = new Set<string>();
  private readonly finished = new Map<string, Provider>();
  private readonly inProgress = new Set<string>();
  /** Paths of rows whose base is missing or has an error: what they lack as a result is not reported. */
  private readonly broken = new Set<string>();

  constructor(
    private readonly file: UserFile,
    private readonly origin: string,
    private readonly env: UserFileOptions['env'],
  ) {}

  /** @param name the name of a provider in the file */
  read(name: string): Provider {
    const known = this.finished.get(name);
    if (known) return known;
    const given = this.file.providers[name] ?? {};
    this.inProgress.add(name);
    const base = this.findBase(name, given);
    this.inProgress.delete(name);
    const row = this.build(name, given, base);
    this.finished.set(name, row);
    return row;
  }

  private findBase(name: string, given: UserProvider): Provider | undefined {
    const builtIn = (wanted: string): Provider | undefined => PROVIDERS.find((row) => row.name === wanted);
    const wanted = given.extends?.toLowerCase() ?? name;
    const path = childPath('providers', name);
    if (wanted === name) return builtIn(name);
    if (this.inProgress.has(wanted)) {
      this.errors.push(`${path}.extends: ${quote(wanted)} extends this provider in turn.`);
      this.broken.add(path);
      return undefined;
    }
    const base = Object.hasOwn(this.file.providers, wanted) ? this.read(wanted) : builtIn(wanted);
    if (!base) {
      const nearest = findNearest(wanted, [...Object.keys(this.file.providers), ...PROVIDERS.map((row) => row.name)]);
      const hint = nearest === undefined ? '' : `; did you mean ${quote(nearest)}?`;
      this.errors.push(`${path}.extends: no provider is named ${quote(wanted)}${hint || '.'}`);
    }
    if (!base || this.broken.has(childPath('providers', wanted))) this.broken.add(path);
    return base;
  }

  private build(name: string, given: UserProvider, base: Provider | undefined): Provider {
    const path = childPath('providers', name);
    const baseUrls = this.readUrls(given, base, path);
    if (baseUrls.length === 0 && base?.name !== name && !this.broken.has(path))
      this.errors.push(`${path}.base_url: missing.`);
    const local = given.local ?? (given.key_variables ? given.key_variables.length === 0 : base?.local);
    const isSame = isSameHost(baseUrls, base);
    this.unset.clear();
    const models = this.readModels(
      given,
      isSame ? base?.models : base?.models.map((model) => withoutHeaders(model)),
      path,
    );
    const keys = given.keys?.flatMap((text, index) => this.readKey(text, `${path}.keys[${index}]`));
    const changes = this.readChanges(given, base && !isSame ? withoutHeaders(base) : base);
    return {
      ...compact({
        aliases: given.aliases ?? (base?.name === name ? base.aliases : undefined),
        hosts: given.hosts?.map(toPattern) ?? (isSame ? base?.hosts : undefined),
        local: local ? (true as const) : undefined,
        keys: keys?.flatMap(({ found }) => found ?? []) ?? (isSame && !given.key_variables ? base?.keys : undefined),
        oneKey: isSame ? base?.oneKey : undefined,
        maxConcurrency: given.max_concurrency ?? (isSame ? base?.maxConcurrency : undefined),
        connection: this.readConnection(given, isSame ? base?.connection : undefined),
        keyShape: isSame ? base?.keyShape : undefined,
        requestIdHeader: base?.requestIdHeader,
        errors: base?.errors,
        plan: isSame ? base?.plan : undefined,
        quota: isSame ? base?.quota : undefined,
        responses: readResponses(given, base),
        slashedIds: (given.slashed_ids ?? base?.slashedIds) ? (true as const) : undefined,
        idSuffix: base?.idSuffix,
        idRules: base?.idRules,
        remarks: base?.name === name ? base.remarks : undefined,
        defaultModel: given.default_model ?? base?.defaultModel ?? models[0]?.id,
      }),
      name,
      title: given.title ?? (base?.name === name ? base.title : name),
      docs: given.docs ?? base?.docs ?? '',
      baseUrls,
      keyEnv: keys?.flatMap(({ used }) => used) ?? given.key_variables ?? (isSame ? (base?.keyEnv ?? []) : []),
      dialect: { ...base?.dialect, ...given.dialect },
      models,
      ...changes,
      origin: this.origin,
      ...(this.unset.size > 0 && { disabled: describeUnset(name, [...this.unset]) }),
      ...(isSame && base?.disabled !== undefined && { disabled: base.disabled }),
    };
  }

  private readUrls(given: UserProvider, base: Provider | undefined, path: string): readonly string[] {
    if (given.base_url === undefined) return base?.baseUrls ?? [];
    const urls = typeof given.base_url === 'string' ? [given.base_url] : given.base_url;
    return urls.flatMap((text) => {
      const url = readBaseUrl(text);
      if (url === undefined) this.errors.push(`${path}.base_url: ${quote(text)} is not a valid URL.`);
      return url === undefined ? [] : [url];
    });
  }

  private readModels(given: UserProvider, base: readonly Model[] = [], path: string): readonly Model[] {
    const entries = Object.entries(given.models ?? {});
    const isOf = (id: string, model: Model): boolean => model.id.toLowerCase() === id.toLowerCase();
    const inherited = base.map((model) => {
      const own = entries.find(([id]) => isOf(id, model));
      return own ? this.readModel(own[0], own[1], model, path) : model;
    });
    const added = entries.filter(([id]) => !base.some((model) => isOf(id, model)));
    return [...added.map(([id, model]) => this.readModel(id, model, undefined, path)), ...inherited];
  }

  private readModel(id: string, given: UserModel, base: Model | undefined, provider: string): Model {
    const path = childPath(`${provider}.models`, id);
    const efforts = given.efforts ?? base?.efforts ?? [];
    const { default_effort: effort } = given;
    const isKnown = given.efforts !== undefined || !this.broken.has(provider);
    if (effort !== undefined && isKnown && !efforts.includes(effort))
      this.errors.push(`${path}.default_effort: ${quote(effort)} is not one of the model's efforts.`);
    const inherited =
      base?.defaultEffort !== undefined && efforts.includes(base.defaultEffort) ? base.defaultEffort : undefined;
    return {
      ...ASSUMED_LIMITS,
      ...compact({ remark: base?.remark }),
      id: base?.id ?? id,
      name: given.name ?? base?.name ?? id,
      ...compact({
        contextWindow: given.context ?? base?.contextWindow,
        maxOutput: given.output ?? base?.maxOutput,
        defaultEffort: effort ?? inherited,
        price: given.price ?? base?.price,
      }),
      input: given.input ?? base?.input ?? ['text'],
      efforts,
      dialect: { ...base?.dialect, ...given.dialect },
      evidence: 'configured',
      ...this.readChanges(given, base),
    };
  }

  /** Headers and body fields are added to those of the base; every other field replaces that of the base. */
  private readChanges(given: UserChanges, base: RequestChanges | undefined): RequestChanges {
    const headers = Object.entries(given.headers ?? {}).map(
      ([name, value]) => [name.toLowerCase(), this.expand(value)] as const,
    );
    const hasHeaders = headers.length > 0 || base?.headers !== undefined;
    return compact({
      headers: hasHeaders ? { ...base?.headers, ...Object.fromEntries(headers) } : undefined,
      body: given.body || base?.body ? { ...base?.body, ...given.body } : undefined,
      drop: given.drop ?? base?.drop,
      wire: given.wire ?? base?.wire,
      fallback: given.fallback ?? base?.fallback,
      visionModel: given.vision_model ?? base?.visionModel,
    });
  }

  /** A key whose variable is not set is skipped, like a variable of `key_variables` that is not set. */
  private readKey(text: string, path: string): { readonly found?: ProviderKey; readonly used: readonly string[] } {
    const { value, used, missing } = expandVariables(text, this.env);
    for (const name of used) this.variables.add(name);
    return { used, ...(missing.length === 0 && { found: { variable: used[0] ?? path, key: value } }) };
  }

  private readConnection(
    { proxy, ca, cert, cert_key: certKey }: UserProvider, base: ConnectionSettings | undefined,
  ): ConnectionSettings | undefined {
    const own = compact({ proxy: proxy && this.expand(proxy), ca, cert, certKey });
    return Object.keys(own).length > 0 || base ? { ...base, ...own } : undefined;
  }

  private expand(text: string): string {
    const { value, used, missing } = expandVariables(text, this.env);
    for (const name of used) this.variables.add(name);
    for (const name of missing) this.unset.add(name);
    return value;
  }
}

const describeUnset = (name: string, unset: readonly string[]): string =>
  `The provider ${name} is disabled: set ${unset.join(' and ')} to one line of ASCII text, then restart the bridge.`;

function readResponses(given: UserProvider, base: Provider | undefined): Provider['responses'] {
  const { responses, wire, models = {} } = given;
  const isRequested = [wire, ...Object.values(models).map((model) => model.wire)].includes('responses');
  if (responses === undefined) return base?.responses ?? (isRequested ? { evidence: 'configured' } : undefined);
  if (typeof responses === 'boolean') return responses ? { evidence: 'configured' } : undefined;
  return {
    evidence: 'configured',
    ...compact({ basePath: responses.base_path, models: responses.models }),
  };
}

/** A key belongs to the hosts of its provider: a row with another host, or without TLS, inherits no keys. */
function isSameHost(urls: readonly string[], base: Provider | undefined): boolean {
  if (!base || base.baseUrls.length === 0) return false;
  const origins = base.baseUrls.map((url) => new URL(url).origin);
  return urls.every((url) => {
    const { origin, protocol, host } = new URL(url);
    return origins.includes(origin) || (protocol === 'https:' && base.hosts?.some((pattern) => pattern.test(host)));
  });
}

/** Headers may contain secrets, so a row with another host inherits none. */
function withoutHeaders<T extends RequestChanges>({ headers: _headers, ...rest }: T): Omit<T, 'headers'> {
  return rest;
}

const toPattern = (host: string): RegExp =>
  new RegExp(`^${host.toLowerCase().split('*').map((part) => part.replace(/[.\\-]/g, '\\$&')).join('[a-z0-9-]+')}$`);
