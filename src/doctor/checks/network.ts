/** Checks of the way to the provider: proxies, certificates, DNS, TCP and TLS. */
import { readFile } from 'node:fs/promises';
import { codeOf } from '../../base/thrown';
import { isSet } from '../../config/resolve';
import { quote } from '../../base/quote';
import { isLoopback } from '../address';
import { withSetup, type Check } from '../check';
import { tryConnection } from '../connection';
import type { Examination, Setup } from '../examination';
import { failure, ok, warning, type Finding } from '../finding';
import { canFollowProxies, exceptsFromProxy, findProxy, followsProxies } from '../proxy';

const LOOPBACK = '127.0.0.1';

/** The bridge goes to the provider, and Codex to the bridge: the variables mean something else for each. */
function checkProxies({ config }: Setup, { processEnv, world: { nodeVersion } }: Examination): Finding {
  const { protocol, hostname } = new URL(config.aiBaseUrl);
  const outward = findProxy(processEnv, protocol === 'http:' ? 'http' : 'https');
  const inward = findProxy(processEnv, 'http');
  const follows = followsProxies(nodeVersion, processEnv);
  const seen: string[] = [];
  const fixes: string[] = [];
  if (outward && !isLoopback(hostname) && !follows) {
    seen.push(
      `${outward.variable} is set, and the bridge does not use it: the fetch of Node.js ${nodeVersion} ignores it`,
    );
    fixes.push(
      canFollowProxies(nodeVersion)
        ? 'If the provider is reached by the proxy only, set NODE_USE_ENV_PROXY=1 for the bridge.'
        : 'If the provider is reached by the proxy only, use Node.js 24 or newer and set NODE_USE_ENV_PROXY=1 for the bridge.',
    );
  }
  if (inward && !exceptsFromProxy(processEnv, LOOPBACK)) {
    seen.push(`Codex asks ${inward.variable} for the bridge too, because NO_PROXY does not name ${LOOPBACK}`);
    fixes.push(`Add ${LOOPBACK} to NO_PROXY (a * does not do it).`);
  }
  if (seen.length > 0) return warning(seen.join('\n'), fixes.join('\n'));
  if (!outward) return ok(inward ? `${inward.variable} is set, but not for ${LOOPBACK}` : 'none is set');
  return ok(`${outward.variable} is set, and ${follows ? 'the bridge uses it' : 'nothing here needs it'}`);
}

async function checkTlsSettings({ processEnv }: Examination): Promise<Finding> {
  if (processEnv['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    return warning(
      'NODE_TLS_REJECT_UNAUTHORIZED=0: anybody on the way can pose as the provider and take the key',
      'Remove it, and name the missing certificate in NODE_EXTRA_CA_CERTS.',
    );
  }
  const file = processEnv['NODE_EXTRA_CA_CERTS'];
  if (!isSet(file)) return ok('the certificates of Node.js');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const fix =
    'Node.js goes on without it: name a file with certificates in PEM form, BEGIN CERTIFICATE in its first line.';
  if (text === undefined) return warning(`NODE_EXTRA_CA_CERTS names ${quote(file)}, which cannot be read`, fix);
  const count = text.split('-----BEGIN CERTIFICATE-----').length - 1;
  if (count === 0) return warning(`NODE_EXTRA_CA_CERTS names ${quote(file)}, and there is no certificate in it`, fix);
  return ok(`those of Node.js, and ${count} of ${file}`);
}

/** Where the proxy finds the provider, this machine need not. */
function findDetour({ config }: Setup, { processEnv, world }: Examination): string | undefined {
  const { protocol, hostname } = new URL(config.aiBaseUrl);
  const proxy = findProxy(processEnv, protocol === 'http:' ? 'http' : 'https');
  const isUsed = proxy && followsProxies(world.nodeVersion, processEnv) && !exceptsFromProxy(processEnv, hostname);
  return isUsed ? `left to the proxy of ${proxy.variable}` : undefined;
}

async function checkDns(setup: Setup, examination: Examination): Promise<Finding> {
  const { hostname } = new URL(setup.config.aiBaseUrl);
  if (/^[\d.]+$|^\[/.test(hostname)) return ok(`${hostname} is an address already`);
  const detour = findDetour(setup, examination);
  if (detour !== undefined) return ok(detour);
  try {
    const addresses = await examination.world.lookup(hostname);
    const more = addresses.length > 2 ? `, and ${addresses.length - 2} more` : '';
    return ok(`${hostname} is ${addresses.slice(0, 2).join(', ')}${more}`);
  } catch (error) {
    const code = codeOf(error) ?? String(error);
    return failure(
      `${hostname} has no address (${code})`,
      DNS_FIXES[code] ?? `Check the network, and the name: ${hostname}`,
    );
  }
}

/** By the code of getaddrinfo. */
const DNS_FIXES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Check the name for typing mistakes, that this machine is online, and whether the name needs a VPN.',
  EAI_AGAIN: 'No DNS server answers: check the network, a VPN, and in a container its DNS settings.',
};

const CONNECTION_MS = 8_000;

async function checkConnection(setup: Setup, examination: Examination): Promise<Finding> {
  const detour = findDetour(setup, examination);
  if (detour !== undefined) return ok(detour);
  const url = new URL(setup.config.aiBaseUrl);
  const connection = await tryConnection(url, CONNECTION_MS);
  if (!connection.ok) {
    return failure(
      connection.error.message,
      findConnectionFix(connection.code ?? '', url, examination),
    );
  }
  const { ms, tls } = connection;
  if (tls === undefined) return ok(`${url.host} takes connections, ${ms} ms`);
  return ok(`${tls.protocol} in ${ms} ms; certificate of ${tls.issuer} until ${tls.validTo}`);
}

type Words = (url: URL, examination: Examination) => string;

/** By the code of Node.js, the first that fits; the last one fits all. */
const CONNECTION_FIXES: readonly (readonly [code: RegExp, words: Words])[] = [
  [
    /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_UNTRUSTED/,
    () =>
      'A proxy or a virus scanner that looks into TLS has a root certificate of its own: save it as a PEM file, and start the ' +
      'bridge with NODE_EXTRA_CA_CERTS=/path/of/the/file.pem.',
  ],
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    (_url, { world }) =>
      `Check the clock of this machine, which says ${new Date(world.now()).toISOString()}; ` +
      'if it is right, the certificate of the server is at fault.',
  ],
  [
    /ALTNAME/,
    (url) =>
      `Another server answers under ${url.hostname}: check the address, DNS, and whether the network wants a login first.`,
  ],
  [/EPROTO|ERR_SSL|HPE_/, () => 'The server speaks no TLS there: check http or https, and the port.'],
  [
    /ECONNREFUSED/,
    (url) =>
      isLoopback(url.hostname)
        ? `Start the server that should listen on ${url.host}, or correct the address.`
        : 'Nothing listens there: check the port of the address, and a firewall.',
  ],
  [/./, ({ host }) => `Check whether ${host} can be reached from this network: firewall, VPN, proxy.`],
];

function findConnectionFix(code: string, url: URL, examination: Examination): string {
  const words = CONNECTION_FIXES.find(([pattern]) => pattern.test(code || '-'))?.[1];
  return words?.(url, examination) ?? '';
}

/** The rows of the network. */
export const NETWORK_CHECKS: readonly Check[] = [
  { id: 'proxy', title: 'Proxy variables', needs: 'nothing', run: withSetup(checkProxies) },
  { id: 'tls-settings', title: 'Certificates', needs: 'nothing', run: checkTlsSettings },
  { id: 'dns', title: 'DNS', needs: 'network', run: withSetup(checkDns) },
  { id: 'connection', title: 'Connection', needs: 'network', after: ['dns'], run: withSetup(checkConnection) },
];
