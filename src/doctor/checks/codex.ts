/** Checks Codex: the program, its config.toml, what `setup` would change there, and threads that cannot be resumed. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isLoopback, portOf } from '../../base/base-url';
import { renderCount } from '../../base/quantities';
import { attempt } from '../../base/thrown';
import { isBefore } from '../../base/version';
import { joinFixes } from '../../codex/config-flaws';
import { OLDEST_CODEX } from '../../codex/codex-program';
import { findConfigOverrides } from '../../codex/config-overrides';
import { PROVIDER_ID, TOKEN_VARIABLE } from '../../codex/config-toml';
import { listProviders } from '../../codex/config-meaning';
import type { ConfigChange, SetupPlan } from '../../codex/plan-setup';
import { countThreads, listUnknownProviders } from '../../codex/threads';
import { isTomlTable, renderString, type TomlTable } from '../../codex/toml/value';
import { isSet } from '../../config/resolve';
import { failure, ok, skipped, warning, type Check, type Finding } from '../check';
import { pointsToBridge, type CodexView, type Examination } from '../examination';

const INSTALL = 'npm install -g @openai/codex@latest';

const LAUNCHER = 'aliyun-codex-bridge codex';

const SETUP = 'aliyun-codex-bridge setup';

/** WSL appends the Windows PATH to its own, so npm's script of a Codex on Windows is found: it starts that Codex. */
const WINDOWS_PATH = /^\/mnt\/[a-z]\//;

async function checkProgram({ findCodex, runtime: { platform } }: Examination): Promise<Finding> {
  const codex = await findCodex();
  if (codex.kind === 'missing') {
    const seen = codex.name === 'codex' ? 'no codex on the PATH' : `${codex.name} does not exist`;
    return warning(seen, `Install it (${INSTALL}), or name it with --codex-bin.`);
  }
  const { path, version } = codex;
  if (version === undefined) {
    return warning(
      `${path} does not print its version`,
      platform === 'linux' && WINDOWS_PATH.test(path)
        ? `This may be a Codex that is installed on Windows. Install Node.js and Codex (${INSTALL}) in WSL.`
        : `Run ${path} --version. To use another Codex, name it with --codex-bin.`,
    );
  }
  if (isBefore(version, OLDEST_CODEX)) {
    return failure(`${version}, ${path}`, `The bridge needs Codex ${OLDEST_CODEX} or later. Run: ${INSTALL}`);
  }
  return ok(`${version}, ${path}`);
}

/** Codex itself reports whether it starts; without Codex, the known causes are checked here. */
async function checkFile({ findCodex, viewCodexConfig, paths }: Examination): Promise<Finding> {
  const [codex, { plan }] = [await findCodex(), await viewCodexConfig()];
  if (plan?.ok === false) return failure(plan.problem, plan.fix ?? 'Fix this, then run doctor again.');
  const rejection = codex.kind === 'found' ? codex.rejection : 'unknown';
  const flaws = (plan?.flaws ?? []).filter(({ effect }) => effect === 'rejected');
  const causes = flaws.map(({ line, problem, fix }) => ({ seen: `${plan?.file.path}:${line}: ${problem}`, fix }));
  if (rejection === 'none' || (rejection === 'unknown' && causes.length === 0)) {
    return ok(plan?.file.exists === true ? plan.file.path : `none; not needed with: ${LAUNCHER}`);
  }
  const problems = rejection === 'unknown' ? [] : [`${rejection.position ?? paths.codexHome}: ${rejection.problem}`];
  const fix = causes.length === 0
    ? 'Codex does not start until this is fixed.'
    : `${joinFixes(causes)} Or comment these lines out, reversibly, with: ${SETUP}`;
  return failure([...problems, ...causes.map(({ seen }) => seen)].join('\n'), fix);
}

async function checkIgnoredKeys({ viewCodexConfig }: Examination): Promise<Finding> {
  const plan = await requirePlan(viewCodexConfig);
  if ('level' in plan) return plan;
  const ignored = plan.flaws.filter(({ effect }) => effect === 'ignored');
  if (ignored.length === 0) return ok('no misspelled keys');
  return warning(
    ignored.map(({ line, problem }) => `line ${line}: ${problem}`).join('\n'), ignored.map(({ fix }) => fix).join(' '),
  );
}

async function requirePlan(viewCodexConfig: () => Promise<CodexView>): Promise<SetupPlan | Finding> {
  const { plan } = await viewCodexConfig();
  if (plan === undefined) return skipped('the options are invalid');
  if (!plan.ok) return skipped('config.toml cannot be read');
  return plan;
}

async function checkProvider({ viewCodexConfig, settings, askPort }: Examination): Promise<Finding> {
  const { config, provider, usesBridge } = await viewCodexConfig();
  const named = config['model_provider'];
  const shown = typeof named === 'string' ? renderString(named) : undefined;
  if (usesBridge && provider !== undefined) return ok(`${shown ?? ''}, the bridge`);
  if (named === PROVIDER_ID) return failure(`"${PROVIDER_ID}", but its table is missing`, `${SETUP} adds the table.`);
  if (await pointsToBridge(config['openai_base_url'], settings, askPort)) {
    return warning(
      'openai_base_url points to the bridge: Codex treats it as OpenAI and tries WebSockets and remote compaction',
      `Remove openai_base_url, then run: ${SETUP}`,
    );
  }
  if (shown === undefined && PROVIDER_ID in listProviders(config)) {
    return warning(`not set, although [model_providers.${PROVIDER_ID}] exists`, `To use the bridge, run: ${SETUP}`);
  }
  return ok(`${shown ?? 'not set'}, not the bridge; not needed with: ${LAUNCHER}`);
}

/** Reports what setup would change in a config.toml that uses the bridge. */
async function checkSetup(examination: Examination): Promise<Finding> {
  const { viewCodexConfig, settings } = examination;
  const plan = await requirePlan(viewCodexConfig);
  if ('level' in plan) return plan;
  const { config, usesBridge, provider } = await viewCodexConfig();
  if (!usesBridge) return skipped('config.toml does not use the bridge');
  const isDiscovering = settings?.config.discoverModels === true;
  const isBridgeRunning = await pointsToRunningBridge(provider?.['base_url'], examination);
  const hasCatalogFile = await exists(config['model_catalog_json'], examination);
  const changes = plan.changes.filter(({ key, wanted }) =>
    // Accepted: keys that setup would remove, a URL at which a bridge answers, any catalog file that exists, and with
    // discovery any model, because setup does not know what the bridge discovers. checkProvider reports model_provider.
    // Setup writes the bearer token only for a provider without env_key.
    wanted !== undefined && key !== 'model_provider' && !(isBridgeRunning && key.endsWith('.base_url'))
    && !(provider?.['env_key'] !== undefined && key.endsWith('.experimental_bearer_token'))
    && !(isDiscovering && key === 'model') && !(hasCatalogFile && key === 'model_catalog_json'));
  const lines = changes.map(describeChange);
  const { catalog } = plan;
  const usesOurCatalog = catalog !== undefined && config['model_catalog_json'] === catalog.path;
  if (usesOurCatalog && catalog.state !== 'current' && !isDiscovering) {
    lines.push(`${catalog.path} is ${catalog.state}; setup writes it`);
  }
  if (lines.length === 0) return ok('up to date');
  const isBroken = changes.some(({ key }) => key.endsWith('.base_url'));
  return (isBroken ? failure : warning)(lines.join('\n'), `To apply these changes, run: ${SETUP}`);
}

/** Whether the file exists. Codex resolves the path relative to its home folder, and `~` to the user's. */
async function exists(path: unknown, { paths }: Examination): Promise<boolean> {
  if (typeof path !== 'string') return false;
  const file = path.startsWith('~/') ? join(paths.home, path.slice(2)) : resolve(paths.codexHome, path);
  return (await stat(file).catch(() => undefined))?.isFile() ?? false;
}

async function pointsToRunningBridge(address: unknown, { askPort }: Examination): Promise<boolean> {
  return pointsToBridge(address, undefined, askPort);
}

function describeChange({ key, found, wanted }: ConfigChange): string {
  const render = (value: unknown): string => (typeof value === 'string' ? renderString(value) : String(value));
  const now = found === undefined ? `${key} is not set` : `${key} = ${render(found)}`;
  return `${now}; setup writes ${render(wanted)}`;
}

async function checkEnvKey({ viewCodexConfig, processEnv, settings, askPort }: Examination): Promise<Finding> {
  const { provider, usesBridge } = await viewCodexConfig();
  if (!usesBridge || provider === undefined) return skipped('config.toml does not use the bridge');
  const name = provider['env_key'];
  if (typeof name !== 'string') {
    const url = attempt(() => new URL(String(provider['base_url'])));
    const state = url && isLoopback(url.hostname) ? await askPort(portOf(url)) : undefined;
    const isRejected = state?.kind === 'bridge' && state.health.tokenRequired && !sendsToken(provider);
    return isRejected
      ? failure('not set, but the running bridge requires an access token', TOKEN_FIX)
      : ok('not set: the bridge has the key');
  }
  if (!isSet(processEnv[name])) {
    // Measured: "Missing environment variable", before any request.
    return failure(
      `${name} is not set, and Codex requires it`,
      name === TOKEN_VARIABLE
        ? `Set ${name} to the bridge's access token.`
        : `Set ${name}, or remove the env_key line: the bridge has the key.`,
    );
  }
  if (name === TOKEN_VARIABLE) return ok(`${name} is set: the access token`);
  const isForwarded = settings?.config.forceEnvAuth === false;
  return ok(isForwarded ? `${name} is forwarded to the provider` : `${name} is set; the bridge uses its own key`);
}

const TOKEN_FIX = `Set ${TOKEN_VARIABLE} to the token, then run: ${SETUP}
If "${LAUNCHER}" started that bridge, only the Codex it launched has the token. Exit that Codex, then \
run: aliyun-codex-bridge start`;

/** Whether Codex sends a token without `env_key`. The bearer token `bridge` is a placeholder that setup writes. */
function sendsToken(provider: TomlTable): boolean {
  const { experimental_bearer_token: bearer, http_headers: fixed, env_http_headers: variable } = provider;
  const names = [fixed, variable].flatMap((headers) => (isTomlTable(headers) ? Object.keys(headers) : []));
  const hasHeader = names.some((name) => /^(authorization|x-api-key)$/i.test(name));
  return hasHeader || (bearer !== undefined && bearer !== 'bridge');
}

async function checkIdleTimeout({ viewCodexConfig, settings }: Examination): Promise<Finding> {
  const { provider, usesBridge } = await viewCodexConfig();
  if (!usesBridge || provider === undefined) return skipped('config.toml does not use the bridge');
  const timeout = provider['stream_idle_timeout_ms'];
  if (typeof timeout !== 'number') return ok('not set; default: 300 s');
  const { keepAliveMs = 0, upstreamIdleTimeoutMs = 0 } = settings?.config ?? {};
  const minimum = keepAliveMs > 0 ? keepAliveMs * 2 : upstreamIdleTimeoutMs;
  if (timeout >= minimum) return ok(`${timeout} ms`);
  return warning(
    keepAliveMs > 0
      ? `${timeout} ms, but the bridge sends a keep-alive every ${keepAliveMs} ms: a late one ends the turn`
      : `${timeout} ms, but the bridge sends no keep-alive (--keep-alive-ms 0)`,
    `Remove stream_idle_timeout_ms, or set it to ${minimum} or more.`,
  );
}

async function checkOverrides({ viewCodexConfig, paths }: Examination): Promise<Finding> {
  const plan = await requirePlan(viewCodexConfig);
  if ('level' in plan) return plan;
  const { usesBridge } = await viewCodexConfig();
  const overrides = usesBridge ? await findConfigOverrides(plan.file.text, paths.codexHome) : [];
  if (overrides.length === 0) return ok('nothing overrides config.toml');
  return warning(overrides.join('\n'), 'Remove these keys where you want Codex to use the bridge.');
}

async function checkThreads({ viewCodexConfig, paths }: Examination): Promise<Finding> {
  const { config } = await viewCodexConfig();
  const counts = await countThreads(paths.codexHome);
  const stranded = listUnknownProviders(counts, Object.keys(listProviders(config)));
  if (stranded.length === 0) return ok('all belong to existing providers');
  const shown = stranded.map((id) => `${renderCount(counts.get(id) ?? 0, 'thread')} of ${renderString(id)}`);
  return warning(
    `${shown.join(', ')}: config.toml no longer has this provider, so codex resume fails`,
    'Add its table again with wire_api = "responses". Or write the table and model_provider to NAME.config.toml next '
      + 'to config.toml, and run: codex resume --profile NAME',
  );
}

const AFTER_FILE = { needs: 'nothing', after: ['codex-file'] } as const;

/** The checks of Codex. */
export const CODEX_CHECKS: readonly Check[] = [
  { id: 'codex', title: 'Codex', needs: 'nothing', limitMs: 25_000, run: checkProgram },
  { id: 'codex-file', title: 'config.toml', needs: 'nothing', limitMs: 25_000, run: checkFile },
  { id: 'codex-keys', title: 'config.toml keys', ...AFTER_FILE, run: checkIgnoredKeys },
  { id: 'codex-provider', title: 'model_provider', ...AFTER_FILE, run: checkProvider },
  { id: 'codex-setup', title: 'Setup', ...AFTER_FILE, run: checkSetup },
  { id: 'codex-key', title: 'env_key', ...AFTER_FILE, run: checkEnvKey },
  { id: 'codex-timeout', title: 'Idle timeout', ...AFTER_FILE, run: checkIdleTimeout },
  { id: 'codex-overrides', title: 'Overrides', ...AFTER_FILE, run: checkOverrides },
  { id: 'codex-threads', title: 'Threads', ...AFTER_FILE, run: checkThreads },
];
