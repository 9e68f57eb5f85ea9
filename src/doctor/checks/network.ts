/** Checks the network between the bridge and the provider: proxies, certificates, DNS, TCP and TLS. */
import { readFile } from 'node:fs/promises';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectSecure, TLSSocket } from 'node:tls';
import { codeOf } from '../../base/thrown';
import { isSet } from '../../config/resolve';
import type { BridgeError } from '../../errors/bridge-error';
import { classifyNetworkError } from '../../errors/network-error';
import { quote } from '../../base/quote';
import { findProvider } from '../../providers/catalog';
import { failure, ok, warning, withSettings, type Check, type Finding } from '../check';
import { isLoopback, portOf } from '../../base/base-url';
import type { DoctorSettings, Examination } from '../examination';
import { chooseProxy, findProxy } from '../../config/proxies';
import { isProxyBypassed } from '../proxy';

const LOOPBACK = '127.0.0.1';

/** The bridge connects to the provider, and Codex to the bridge, so the proxy variables affect them differently. */
function checkProxies(settings: DoctorSettings, { processEnv }: Examination): Finding {
  const { protocol } = new URL(settings.config.aiBaseUrl);
  const outward = findProxy(processEnv, protocol === 'http:' ? 'http' : 'https');
  const inward = findProxy(processEnv, 'http');
  if (inward && !isProxyBypassed(processEnv, LOOPBACK)) {
    return warning(
      `Codex uses ${inward.variable} for the bridge too, because NO_PROXY does not list ${LOOPBACK}`,
      `Add ${LOOPBACK} to NO_PROXY (* alone is not supported).`,
    );
  }
  const route = describeProxyRoute(settings, processEnv);
  if (route !== undefined) return ok(`the bridge reaches the provider ${route}`);
  const other = protocol === 'http:' ? findProxy(processEnv, 'https') : undefined;
  if (!outward && other) return ok(`${other.variable} is set, but it is for https, and the base URL is http`);
  if (!outward) return ok(inward ? `${inward.variable} is set, but not for ${LOOPBACK}` : 'none');
  return ok(`${outward.variable} is set, but not used for the provider`);
}

async function checkTlsSettings({ processEnv }: Examination): Promise<Finding> {
  if (processEnv['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    return warning(
      'NODE_TLS_REJECT_UNAUTHORIZED=0: anyone on the network path can pose as the provider and steal the key',
      'Remove it, and add the missing certificate with NODE_EXTRA_CA_CERTS.',
    );
  }
  const file = processEnv['NODE_EXTRA_CA_CERTS'];
  if (!isSet(file)) return ok('those of Node.js');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const fix =
    'Node.js ignores it. Name a PEM file, whose certificates begin with -----BEGIN CERTIFICATE-----.';
  if (text === undefined) return warning(`NODE_EXTRA_CA_CERTS names ${quote(file)}, which cannot be read`, fix);
  const count = text.split('-----BEGIN CERTIFICATE-----').length - 1;
  if (count === 0) return warning(`NODE_EXTRA_CA_CERTS names ${quote(file)}, which contains no certificate`, fix);
  return ok(`those of Node.js, and ${count} from ${file}`);
}

/** Names the proxy that the bridge uses, if any; with one, this machine need not resolve or reach the provider. */
function describeProxyRoute({ config }: DoctorSettings, env: Examination['processEnv']): string | undefined {
  const own = findProvider(config.provider, config.aiBaseUrl, config.catalog).connection?.proxy;
  if (own !== undefined) return own === 'none' ? undefined : 'through the proxy in the providers file';
  const url = new URL(config.aiBaseUrl);
  if (!config.proxies || chooseProxy(url, config.proxies) === undefined) return undefined;
  const variable = findProxy(env, url.protocol === 'http:' ? 'http' : 'https')?.variable;
  return `through the proxy in ${variable ?? 'the environment file'}`;
}

async function checkDns(settings: DoctorSettings, examination: Examination): Promise<Finding> {
  const { hostname } = new URL(settings.config.aiBaseUrl);
  if (/^[\d.]+$|^\[/.test(hostname)) return ok(`${hostname} is an IP address`);
  const route = describeProxyRoute(settings, examination.processEnv);
  if (route !== undefined) return ok(route);
  try {
    const addresses = await examination.runtime.lookup(hostname);
    const more = addresses.length > 2 ? `, and ${addresses.length - 2} more` : '';
    return ok(`${hostname} resolves to ${addresses.slice(0, 2).join(', ')}${more}`);
  } catch (error) {
    const code = codeOf(error) ?? String(error);
    return failure(
      `${hostname} cannot be resolved (${code})`,
      DNS_FIXES[code] ?? `Check the network and the name ${hostname}.`,
    );
  }
}

/** Fixes by error code of getaddrinfo. */
const DNS_FIXES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Check the name for typos, that this machine is online, and whether the name needs a VPN.',
  EAI_AGAIN: 'No DNS server responds. Check the network, the VPN, and in a container its DNS settings.',
};

const CONNECTION_MS = 8_000;

async function checkConnection(settings: DoctorSettings, examination: Examination): Promise<Finding> {
  const route = describeProxyRoute(settings, examination.processEnv);
  if (route !== undefined) return ok(route);
  const url = new URL(settings.config.aiBaseUrl);
  const connection = await tryConnection(url, CONNECTION_MS);
  if (!connection.ok) {
    return failure(
      connection.error.message,
      findConnectionFix(connection.code ?? '', url, examination),
    );
  }
  const { ms, tls } = connection;
  if (tls === undefined) return ok(`${url.host} accepts connections, ${ms} ms`);
  return ok(`${tls.protocol} in ${ms} ms; certificate from ${tls.issuer}, valid until ${tls.validTo}`);
}

type DescribeFix = (url: URL, examination: Examination) => string;

/** Fixes by error code of Node.js; the first match is used, and the last row matches all. */
const CONNECTION_FIXES: readonly (readonly [code: RegExp, describe: DescribeFix])[] = [
  [
    /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_UNTRUSTED/,
    () =>
      'A proxy or virus scanner that inspects TLS has its own root certificate. Save it as a PEM file and start the ' +
      'bridge with NODE_EXTRA_CA_CERTS=/path/to/file.pem.',
  ],
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    (_url, { runtime }) =>
      `Check this machine's clock, which says ${new Date(runtime.now()).toISOString()}. ` +
      'If it is right, the certificate of the server is invalid.',
  ],
  [
    /ALTNAME/,
    (url) =>
      `Another server answers as ${url.hostname}. Check the base URL, DNS, and whether the network requires a login.`,
  ],
  [/EPROTO|ERR_SSL|HPE_/, () => 'The server does not use TLS on this port. Check the scheme and port of the URL.'],
  [
    /ECONNREFUSED/,
    (url) =>
      isLoopback(url.hostname)
        ? `Start the server that should listen on ${url.host}, or correct the base URL.`
        : 'Nothing listens there. Check the port of the base URL, and the firewall.',
  ],
  [/./, ({ host }) => `Check whether ${host} is reachable from this network: firewall, VPN, proxy.`],
];

function findConnectionFix(code: string, url: URL, examination: Examination): string {
  const describe = CONNECTION_FIXES.find(([pattern]) => pattern.test(code || '-'))?.[1];
  return describe?.(url, examination) ?? '';
}

/** The outcome of connecting without a request: by TCP, and for https also by TLS. */
type ConnectionOutcome =
  | { readonly ok: true; readonly ms: number; /** Only for https. */ readonly tls?: TlsFacts }
  | { readonly ok: false; readonly error: BridgeError; readonly code: string | undefined };

interface TlsFacts {
  readonly protocol: string;
  /** The issuer of the certificate. */
  readonly issuer: string;
  readonly validTo: string;
}

/** Connects to the host of `url` and disconnects. Never rejects. */
export function tryConnection(url: URL, timeoutMs: number): Promise<ConnectionOutcome> {
  const start = performance.now();
  return new Promise((resolve) => {
    const isSecure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const port = portOf(url);
    // A server name must not be an IP address (RFC 6066, section 3).
    const servername = /^[\d.]+$|:/.test(host) ? '' : host;
    const socket: Socket = isSecure ? connectSecure({ host, port, servername }) : connectPlain({ host, port });
    const end = (outcome: ConnectionOutcome): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.setTimeout(timeoutMs, () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      end({ ok: false, error: classifyNetworkError(error, url.host), code: error.code });
    });
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      const tls = socket instanceof TLSSocket ? readTls(socket) : undefined;
      end({ ok: true, ms: Math.round(performance.now() - start), ...(tls && { tls }) });
    });
  });
}

function readTls(socket: TLSSocket): TlsFacts {
  const { issuer, valid_to: validTo } = socket.getPeerCertificate();
  return { protocol: socket.getProtocol() ?? 'TLS', issuer: issuer?.O || issuer?.CN || 'unknown', validTo };
}

/** The checks of the network. */
export const NETWORK_CHECKS: readonly Check[] = [
  { id: 'proxy', title: 'Proxy variables', needs: 'nothing', run: withSettings(checkProxies) },
  { id: 'tls-settings', title: 'Certificates', needs: 'nothing', run: checkTlsSettings },
  { id: 'dns', title: 'DNS', needs: 'network', run: withSettings(checkDns) },
  { id: 'connection', title: 'Connection', needs: 'network', after: ['dns'], run: withSettings(checkConnection) },
];
