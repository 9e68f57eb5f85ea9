/** `providers`: lists the catalog with row origins, tests a provider, or prints the schema of the providers file. */
import { quote } from '../base/quote';
import { EXIT, type CommandContext } from '../command/command';
import { loadEnvironment, loadWithoutKeyStore, requireConfig, type Loaded } from '../command/load-config';
import { PROVIDERS_FLAGS, readOwnFlag } from '../command/own-flags';
import { OPTIONS } from '../config/options';
import { findProvider, findProviderByName, PROVIDERS } from '../providers/catalog';
import { resolveKeys } from '../providers/keys';
import type { Provider } from '../providers/provider';

/** Returns 0 on success, 1 if a test failed, 2 for invalid usage or an invalid file. */
export async function run(context: CommandContext): Promise<number> {
  const { operand, subject, own, io } = context;
  if (operand === 'schema') {
    const { renderUserSchema }: typeof import('../providers/user-shape') = require('../providers/user-shape');
    io.out(renderUserSchema());
    return EXIT.done;
  }
  if (operand === 'test') return test(context, subject ?? '');
  const loaded = requireConfig(context, undefined, loadWithoutKeyStore);
  if (typeof loaded === 'number') return loaded;
  const providers = (loaded.config.catalog ?? PROVIDERS).map((row) => describeRow(row, loaded));
  const isJson = readOwnFlag(PROVIDERS_FLAGS.json, own) === true;
  io.out(isJson ? `${JSON.stringify({ providers }, null, 2)}\n` : renderProviders(providers));
  return EXIT.done;
}

interface ProviderLine {
  readonly name: string;
  readonly title: string;
  readonly origin: string;
  readonly base_url: string | null;
  /** The name of the variable that holds the key, or `login` for a saved key; null without a key. */
  readonly key: string | null;
  /** The number of keys. */
  readonly keys: number;
  readonly models: number;
  /** Why the provider cannot be used; null if it can. */
  readonly disabled: string | null;
  /** Whether the bridge would use this provider. */
  readonly current: boolean;
}

function describeRow(row: Provider, { config, env, logins }: Loaded): ProviderLine {
  const keys = resolveKeys(row, env);
  const isSaved = logins?.find(row.name)?.hasKey === true;
  return {
    name: row.name,
    title: row.title,
    origin: row.origin ?? 'built-in',
    base_url: row.baseUrls[0] ?? null,
    key: keys[0]?.variable ?? (isSaved ? 'login' : null),
    keys: keys.length || Number(isSaved),
    models: row.models.length,
    disabled: row.disabled ?? null,
    current: findProvider(config.provider, config.aiBaseUrl, config.catalog) === row,
  };
}

function renderProviders(rows: readonly ProviderLine[]): string {
  const cells = [
    ['provider', 'origin', 'models', 'key', 'base URL'],
    ...rows.map(({ name, origin, models, key, keys, base_url, current }) => {
      const more = keys > 1 ? ` and ${keys - 1} more` : '';
      return [`${name}${current ? '*' : ''}`, origin, String(models), key === null ? '-' : key + more, base_url ?? '-'];
    }),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
  const disabled = rows.flatMap((row) => row.disabled ?? []);
  return `${lines.join('\n')}\n\n${disabled.map((sentence) => `${sentence}\n`).join('')}* current provider\n`;
}

/**
 * Tests a provider. Unless it is the current one, it is tested with its own address and key: the options in
 * CURRENT_PROVIDER_OPTIONS apply only to the current one.
 */
async function test(context: CommandContext, name: string): Promise<number> {
  const loaded = requireConfig(context);
  if (typeof loaded === 'number') return loaded;
  const { config } = loaded;
  const row = findProviderByName(name, config.catalog);
  if (!row) {
    context.io.error(`Unknown provider ${quote(name)}. Run: aliyun-codex-bridge providers\n`);
    return EXIT.misused;
  }
  const { testProvider }: typeof import('../doctor/test-provider') = require('../doctor/test-provider');
  if (row === findProvider(config.provider, config.aiBaseUrl, config.catalog)) return testProvider(context);
  const { env } = loadEnvironment(context.flags, context.env);
  const flags = Object.fromEntries(
    Object.entries(context.flags).filter(([option]) => !CURRENT_PROVIDER_OPTIONS.some((each) => each === option)),
  );
  const excluded: readonly string[] = CURRENT_PROVIDER_OPTIONS.flatMap((option) => OPTIONS[option].env);
  // AI_API_KEY_1, AI_API_KEY_2 and so on are further keys of AI_API_KEY.
  const rest = Object.entries(env).filter(([variable]) => !excluded.includes(variable.replace(/_\d+$/, '')));
  return testProvider({ ...context, flags: { ...flags, provider: row.name }, env: Object.fromEntries(rest) });
}

/** The options that apply only to the current provider; `configFile`, because `loadEnvironment` has read the file. */
const CURRENT_PROVIDER_OPTIONS = [
  'aiApiKey', 'aiBaseUrl', 'configFile', 'defaultModel', 'upstreamHeader', 'upstreamCert', 'fallback', 'smallModel',
  'visionModel',
] as const;
