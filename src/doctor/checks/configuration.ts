/** Checks the bridge's configuration: invalid options, the environment file, contradictions, addresses. */
import { stat } from 'node:fs/promises';
import { renderCount } from '../../base/quantities';
import { quoteShellWord } from '../../base/shell-word';
import { renderOrigin } from '../../command/render';
import { OPTION_NAMES, OPTIONS } from '../../config/options';
import { isSet } from '../../config/resolve';
import { findProvider, PROVIDERS } from '../../providers/catalog';
import type { Provider } from '../../providers/provider';
import { requiresToken } from '../../server/guards';
import { failure, ok, skipped, warning, withSettings, type Check, type Finding } from '../check';
import { isLoopback } from '../../base/base-url';
import type { DoctorSettings, Examination } from '../examination';

function checkOptions({ settings, errors }: Examination): Finding {
  if (!settings) {
    const count = errors.length === 1 ? '' : `${renderCount(errors.length, 'invalid option')}:\n`;
    return failure(
      `${count}${errors.join('\n')}`,
      'Correct the value where it was set, or remove it. All options: aliyun-codex-bridge help serve',
    );
  }
  const given = OPTION_NAMES.filter((name) => settings.origins[name].kind !== 'default');
  if (given.length === 0) return ok('all defaults');
  const list = given.map((name) => OPTIONS[name].flags[0] + renderOrigin(settings.origins[name])).join(', ');
  return ok(`${list}; defaults otherwise`);
}

/** POSIX permission bits for everyone except the owner. */
const GROUP_AND_OTHERS = 0o077;

async function checkEnvFile({ settings, envFile, env, runtime }: Examination): Promise<Finding> {
  const isNamed = settings ? settings.config.configFile !== undefined : isSet(env[OPTIONS.configFile.env[0]]);
  if (envFile === undefined) return isNamed ? skipped('cannot be read; see Options') : ok('none');
  const names = Object.keys(envFile.values);
  const seen = `${envFile.path}: ${names.length === 0 ? 'empty' : names.join(', ')}`;
  const { mode } = await stat(envFile.path);
  const isOpen = runtime.platform !== 'win32' && (mode & GROUP_AND_OTHERS) !== 0;
  if (isOpen && names.some((name) => /KEY|TOKEN|SECRET/.test(name))) {
    return warning(
      `${seen}; other users of this machine can read it`,
      `It contains a key or token. Run: chmod 600 ${quoteShellWord(envFile.path)}`,
    );
  }
  return ok(seen);
}

/** Checks that the named provider and the base URL belong together. */
function checkVariables({ config, origins, provider }: DoctorSettings): Finding {
  const owner = findProvider(undefined, config.aiBaseUrl, config.catalog);
  const isNeutral = owner.baseUrls.length === 0;
  if (config.provider === undefined || isNeutral || owner.name === provider.name) return ok('consistent');
  const [nameOrigin, urlOrigin] = [renderOrigin(origins.provider), renderOrigin(origins.aiBaseUrl)];
  return warning(
    `the provider is ${provider.name}${nameOrigin}, but the base URL${urlOrigin} belongs to ${owner.title}`,
    `Set only one of them: ${OPTIONS.provider.env[0]}=${owner.name} goes with ${new URL(config.aiBaseUrl).host}.`,
  );
}

function checkBaseUrl({ config, origins, provider }: DoctorSettings): Finding {
  const flaw = findAddressFlaw(config.aiBaseUrl, provider);
  if (flaw !== undefined) return flaw;
  const isKnown = (config.catalog ?? PROVIDERS).includes(provider) && provider.baseUrls.length > 0;
  return ok(`${config.aiBaseUrl}${renderOrigin(origins.aiBaseUrl)}${isKnown ? `, ${provider.title}` : ''}`);
}

/** Endpoints that users copy together with the base URL; the option itself drops those of turns. */
const ENDPOINT = /\/(models|embeddings|messages)$/;

function findAddressFlaw(baseUrl: string, provider: Provider): Finding | undefined {
  const url = new URL(baseUrl);
  const endpoint = ENDPOINT.exec(url.pathname)?.[0];
  if (endpoint !== undefined) {
    const base = baseUrl.slice(0, -endpoint.length);
    return failure(`${baseUrl} ends with the endpoint ${endpoint}`, `Use the base URL only: ${base}`);
  }
  const flaw = findWrongPath(url, baseUrl, provider);
  if (flaw !== undefined) return flaw;
  if (url.protocol === 'http:' && !isNearby(url.hostname)) {
    return warning(
      `${baseUrl} is not encrypted: anyone on the network path can read your key and your code`,
      'Use https:// if the provider supports it.',
    );
  }
  return undefined;
}

/** Warns of a path other than those of the known base URLs at this host; for a local server, at any host and port. */
function findWrongPath(url: URL, baseUrl: string, { title, baseUrls, local }: Provider): Finding | undefined {
  const known = baseUrls.filter((address) => local === true || new URL(address).host === url.host);
  if (known.length === 0 || known.includes(baseUrl)) return undefined;
  const paths = [...new Set(known.map((address) => new URL(address).pathname.replace(/\/$/, '')))];
  if (paths.includes(url.pathname.replace(/\/$/, ''))) return undefined;
  const addresses = paths.map((path) => url.origin + path).join(' or ');
  return warning(
    `${baseUrl} is not a known base URL of ${title}`,
    `Use ${addresses}, unless the provider gave you this one.`,
  );
}

/** Hosts on this machine or the local network: RFC 1918, 3927, 4193, 6762 and 8375, and names without a dot. */
const NEARBY: readonly RegExp[] = [
  /^(127|10|192\.168|172\.(1[6-9]|2\d|3[01])|169\.254)\./,
  /^\[(::1|f[cd]|fe80)/i,
  /^[^.:]+$/,
  /\.(local|internal|lan|home\.arpa|localhost)$/i,
];

const isNearby = (host: string): boolean => NEARBY.some((pattern) => pattern.test(host));

function checkListen({ config, origins }: DoctorSettings): Finding {
  const { host, port } = config;
  const portText = port === 0 ? 'chosen at start' : port;
  const seen = `${host}${renderOrigin(origins.host)}, port ${portText}${renderOrigin(origins.port)}`;
  if (isLoopback(host)) return ok(seen);
  const condition = requiresToken(config) ? ', with an access token' : '';
  return warning(
    `${seen}: other machines can reach the bridge and use your key${condition}`,
    'Remove --host and HOST, unless this is intended.',
  );
}

/** The checks of the configuration. */
export const CONFIGURATION_CHECKS: readonly Check[] = [
  { id: 'options', title: 'Options', needs: 'nothing', run: checkOptions },
  { id: 'env-file', title: 'Environment file', needs: 'nothing', run: checkEnvFile },
  { id: 'variables', title: 'Provider', needs: 'nothing', run: withSettings(checkVariables) },
  { id: 'base-url', title: 'Base URL', needs: 'nothing', run: withSettings(checkBaseUrl) },
  { id: 'listen', title: 'Listening', needs: 'nothing', run: withSettings(checkListen) },
];
