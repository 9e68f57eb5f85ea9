/** Checks of the bridge's configuration: mistakes, the file of variables, contradictions, addresses. */
import { stat } from 'node:fs/promises';
import { OPTION_NAMES, OPTIONS } from '../../config/options';
import { isSet } from '../../config/resolve';
import { findProvider, PROVIDERS } from '../../providers/catalog';
import { quoteShellWord } from '../../base/shell-word';
import { renderOrigin } from '../../command/start-up-line';
import { findAddressFlaw, isLoopback } from '../address';
import { withSetup, type Check } from '../check';
import type { Examination, Setup } from '../examination';
import { failure, ok, skipped, warning, type Finding } from '../finding';

function checkOptions({ setup, mistakes }: Examination): Finding {
  if (!setup) {
    const count = mistakes.length === 1 ? '' : `${mistakes.length} mistakes:\n`;
    return failure(
      `${count}${mistakes.join('\n')}`,
      'Correct the value where it was set, or remove it. aliyun-codex-bridge help serve shows every option.',
    );
  }
  const given = OPTION_NAMES.filter((name) => setup.origins[name].kind !== 'default');
  if (given.length === 0) return ok('all have their defaults');
  const list = given.map((name) => OPTIONS[name].flags[0] + renderOrigin(setup.origins[name])).join(', ');
  return ok(`${list}; the others have their defaults`);
}

/** Permission bits of POSIX for everybody but the owner. */
const OTHERS = 0o077;

async function checkEnvFile({ setup, envFile, env, world }: Examination): Promise<Finding> {
  const isNamed = setup ? setup.config.envFile !== undefined : isSet(env[OPTIONS.envFile.env[0]]);
  if (envFile === undefined) return isNamed ? skipped('it cannot be read: see the options') : ok('none is named');
  const names = Object.keys(envFile.values);
  const seen = `${envFile.path}: ${names.length === 0 ? 'empty' : names.join(', ')}`;
  const { mode } = await stat(envFile.path);
  const isOpen = world.platform !== 'win32' && (mode & OTHERS) !== 0;
  if (isOpen && names.some((name) => /KEY|TOKEN|SECRET/.test(name))) {
    return warning(
      `${seen}; other users of this machine may read it`,
      `It holds a key: chmod 600 ${quoteShellWord(envFile.path)}`,
    );
  }
  return ok(seen);
}

/** The provider is named, and the address belongs to another one. */
function checkVariables({ config, origins, provider }: Setup): Finding {
  const owner = findProvider(undefined, config.aiBaseUrl);
  const isNeutral = owner.baseUrls.length === 0;
  if (config.provider === undefined || isNeutral || owner.name === provider.name)
    return ok('they agree with each other');
  const [named, address] = [renderOrigin(origins.provider), renderOrigin(origins.aiBaseUrl)];
  const seen = `provider ${provider.name}${named}, but the address${address} belongs to ${owner.title}`;
  return warning(
    seen,
    `Set one of them only: ${OPTIONS.provider.env[0]}=${owner.name} goes with ${new URL(config.aiBaseUrl).host}.`,
  );
}

function checkBaseUrl({ config, origins, provider }: Setup): Finding {
  const flaw = findAddressFlaw(config.aiBaseUrl, provider);
  if (flaw !== undefined) return flaw;
  const isKnown = PROVIDERS.includes(provider) && provider.baseUrls.length > 0;
  return ok(`${config.aiBaseUrl}${renderOrigin(origins.aiBaseUrl)}${isKnown ? `, ${provider.title}` : ''}`);
}

function checkListen({ config, origins }: Setup): Finding {
  const { host, port } = config;
  const number = port === 0 ? 'chosen at start' : port;
  const seen = `${host}${renderOrigin(origins.host)}, port ${number}${renderOrigin(origins.port)}`;
  if (isLoopback(host)) return ok(seen);
  return warning(
    `${seen}: other machines can reach the bridge and use your key`,
    'Leave --host and HOST out, unless that is what you want.',
  );
}

/** The rows of the configuration. */
export const CONFIGURATION_CHECKS: readonly Check[] = [
  { id: 'options', title: 'Options', needs: 'nothing', run: checkOptions },
  { id: 'env-file', title: 'File of variables', needs: 'nothing', run: checkEnvFile },
  { id: 'variables', title: 'Provider and address', needs: 'nothing', run: withSetup(checkVariables) },
  { id: 'base-url', title: 'Address', needs: 'nothing', run: withSetup(checkBaseUrl) },
  { id: 'listen', title: 'Listening', needs: 'nothing', run: withSetup(checkListen) },
];
