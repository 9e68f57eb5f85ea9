/** Checks of the table in config.toml that describes the bridge to Codex. */
import type { UnknownRecord } from '../../base/json';
import { asNumber, asText } from '../../base/narrow';
import { OPTIONS } from '../../config/options';
import { quote } from '../../base/quote';
import { isSet } from '../../config/resolve';
import { findRoutes } from '../../server/routes';
import { renderBase } from '../../instance/target';
import { isLoopback, portOf, readUrl } from '../address';
import type { Check } from '../check';
import type { ReadConfig } from '../codex-config';
import type { Examination } from '../examination';
import { failure, ok, skipped, warning, type Finding } from '../finding';

/** A file that makes the bridge the provider of Codex. */
export interface BridgeConfig extends ReadConfig {
  readonly providerId: string;
  readonly provider: UnknownRecord;
}

/** What all rows about the contents of config.toml have in common. */
export const AFTER_FILE = { needs: 'nothing', after: ['codex-file'] } as const;

type Judge = (config: BridgeConfig, examination: Examination) => Finding | Promise<Finding>;

/** A check of a config.toml that uses the bridge. */
export function withBridgeConfig(judge: Judge): Check['run'] {
  return async (examination) => {
    const config = await examination.readCodexConfig();
    if (config.kind === 'absent') return skipped('there is no config.toml');
    if (config.kind !== 'read') return skipped('config.toml cannot be read');
    const { providerId, provider } = config;
    if (!config.usesBridge || providerId === undefined || provider === undefined) {
      return skipped('config.toml does not use the bridge');
    }
    return judge({ ...config, providerId, provider }, examination);
  };
}

async function checkBaseUrl({ provider, providerId }: BridgeConfig, examination: Examination): Promise<Finding> {
  const { config } = examination.setup ?? {};
  const right = renderBase({ host: '127.0.0.1', port: config?.port || OPTIONS.port.default });
  const fix = `In [model_providers.${providerId}] write base_url = "${right}", or run aliyun-codex-bridge setup.`;
  const given = asText(provider['base_url']);
  if (given === undefined) return failure('it is missing', fix);
  const url = readUrl(given);
  if (!url) return failure(`${quote(given)} is no URL`, fix);
  if (!isLoopback(url.hostname) && url.hostname !== config?.host) {
    return warning(`${quote(given)} is not on this machine`, `${fix} Leave it as it is if a bridge runs there.`);
  }
  if (url.protocol !== 'http:') {
    return failure(
      `${quote(given)} begins with ${url.protocol}//, and the bridge speaks plain http`,
      fix,
    );
  }
  const path = url.pathname.replace(/\/+$/, '');
  if (!findRoutes(`${path}/responses`).some(({ route: { method } }) => method === 'POST')) {
    return failure(`${quote(given)}: the bridge serves nothing at ${path}/responses`, fix);
  }
  return checkPort(given, portOf(url), fix, examination);
}

async function checkPort(given: string, port: number, fix: string, { askPort, setup }: Examination): Promise<Finding> {
  const state = await askPort(port);
  if (state.kind === 'bridge') return ok(`${given}, where a bridge runs`);
  const isConfigured = port === setup?.config.port;
  if (state.kind === 'stranger') {
    return failure(
      `${given}: another program has this port`,
      isConfigured ? 'See the port of the bridge above.' : fix,
    );
  }
  if (isConfigured || !setup) return ok(`${given}, where no bridge runs now: aliyun-codex-bridge start`);
  return failure(`${given}: no bridge runs there, and this configuration says port ${setup.config.port}`, fix);
}

function checkWire({ provider, providerId }: BridgeConfig): Finding {
  const wire = provider['wire_api'];
  if (wire === undefined) return ok('not set, which means "responses"');
  if (wire === 'responses') return ok('"responses"');
  // Measured: 0.99 to 0.169 refuse to start.
  return failure(
    `${JSON.stringify(wire)}: Codex refuses to start`,
    `In [model_providers.${providerId}] write wire_api = "responses".`,
  );
}

function checkName({ provider, providerId }: BridgeConfig): Finding {
  const name = asText(provider['name'])?.trim();
  const fix = `In [model_providers.${providerId}] write name = "Aliyun Codex bridge".`;
  // Measured: "provider name must not be empty".
  if (!name) return failure('it is missing: Codex refuses to start', fix);
  if (name.toLowerCase() !== 'openai') return ok(quote(name));
  return warning('"OpenAI" switches on what only OpenAI has: WebSockets and remote compaction', fix);
}

function checkKey({ provider, providerId }: BridgeConfig, { processEnv, setup }: Examination): Finding {
  const name = asText(provider['env_key']);
  const isForwarded = setup?.config.forceEnvAuth === false;
  if (name === undefined) {
    if (!isForwarded || setup.config.aiApiKey !== undefined) return ok('not set: the bridge has the key');
    return warning(
      'not set, and neither Codex nor the bridge has a key',
      `In [model_providers.${providerId}] write env_key = "AI_API_KEY", or give the bridge a key.`,
    );
  }
  if (!isSet(processEnv[name])) {
    // Measured: "Missing environment variable", before any request.
    return failure(
      `Codex wants the variable ${name}, and it is not set here`,
      `Set ${name}, or remove the line env_key from [model_providers.${providerId}]: the bridge has the key itself.`,
    );
  }
  if (isForwarded && name === 'OPENAI_API_KEY') {
    return warning(
      `${name} is passed on to ${new URL(setup.config.aiBaseUrl).host}`,
      'Name the variable with the key of that provider, or leave --no-force-env-auth out.',
    );
  }
  return ok(isForwarded ? `${name} is passed on to the provider` : `${name} is set; the bridge uses its own key`);
}

function checkPatience({ provider, providerId }: BridgeConfig, { setup }: Examination): Finding {
  const wantsSockets = provider['supports_websockets'] === true;
  const sockets = wantsSockets ? '; supports_websockets = true does no harm, the bridge declines' : '';
  const patience = asNumber(provider['stream_idle_timeout_ms']);
  if (patience === undefined) return ok(`not set, which means 300 s${sockets}`);
  const { keepAliveMs = 0, upstreamIdleTimeoutMs = 0 } = setup?.config ?? {};
  const silence = keepAliveMs > 0 ? keepAliveMs * 2 : upstreamIdleTimeoutMs;
  if (patience >= silence) return ok(`${patience} ms${sockets}`);
  return warning(
    keepAliveMs > 0
      ? `${patience} ms, and the bridge gives a sign of life every ${keepAliveMs} ms: one that is late breaks the turn off`
      : `${patience} ms, and the bridge gives no signs of life (--keep-alive-ms 0)`,
    `Remove stream_idle_timeout_ms from [model_providers.${providerId}], or make it ${silence} at least.`,
  );
}

/** The rows of the bridge's table. */
export const CODEX_PROVIDER_CHECKS: readonly Check[] = [
  { id: 'codex-base-url', title: 'base_url', ...AFTER_FILE, run: withBridgeConfig(checkBaseUrl) },
  { id: 'codex-wire', title: 'wire_api', ...AFTER_FILE, run: withBridgeConfig(checkWire) },
  { id: 'codex-name', title: 'name', ...AFTER_FILE, run: withBridgeConfig(checkName) },
  { id: 'codex-key', title: 'env_key', ...AFTER_FILE, run: withBridgeConfig(checkKey) },
  { id: 'codex-patience', title: 'Idle timeout', ...AFTER_FILE, run: withBridgeConfig(checkPatience) },
];
