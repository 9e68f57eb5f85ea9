/** Checks of Codex: the program, its config.toml, and the provider that is in force there. */
import { asText } from '../../base/narrow';
import { isBefore } from '../../base/version';
import { PROVIDER_ID } from '../../codex/config-toml';
import { quote } from '../../base/quote';
import { OLDEST_CODEX } from '../../codex/codex-program';
import type { Check } from '../check';
import { NO_PROFILES_SINCE, type BrokenConfig, type ReadConfig } from '../codex-config';
import type { Examination } from '../examination';
import { failure, ok, skipped, warning, type Finding } from '../finding';
import { CODEX_MODEL_CHECKS } from './codex-models';
import { CODEX_PROVIDER_CHECKS } from './codex-provider';

const INSTALL = 'npm install -g @openai/codex@latest';

/** WSL puts the PATH of Windows behind its own: npm's script is found there, and what it starts is made for Windows. */
const OF_WINDOWS = /^\/mnt\/[a-z]\//;

async function checkProgram({ findCodex, world: { platform } }: Examination): Promise<Finding> {
  const codex = await findCodex();
  if (codex.kind === 'missing') {
    return warning(
      `there is no ${codex.name === 'codex' ? 'codex on the PATH' : codex.name}`,
      `Install it (${INSTALL}), or name it with --codex-bin.`,
    );
  }
  const { path, version } = codex;
  if (version === undefined) {
    return warning(
      `${path} does not say its version`,
      platform === 'linux' && OF_WINDOWS.test(path)
        ? `It may be the Codex of Windows: install one in WSL (${INSTALL}), with a Node.js of its own.`
        : `See what ${path} --version says; another Codex is named with --codex-bin.`,
    );
  }
  if (isBefore(version, OLDEST_CODEX)) {
    return failure(`${version}, ${path}`, `The bridge works with ${OLDEST_CODEX} and newer ones: ${INSTALL}`);
  }
  return ok(`${version}, ${path}`);
}

const LAUNCHER = 'aliyun-codex-bridge codex';

async function checkFile({ readCodexConfig }: Examination): Promise<Finding> {
  const config = await readCodexConfig();
  switch (config.kind) {
    case 'absent':
      return ok(`there is none, and ${LAUNCHER} needs none`);
    case 'unreadable':
      return failure(`${config.path} cannot be read: ${config.problem}`, 'Make it a file that you may read.');
    case 'broken':
      return failure(
        describeBreak(config),
        `Codex does not start with this mistake, not with ${LAUNCHER} either: correct the line.`,
      );
    case 'read':
      return ok(config.path);
    default:
      return config satisfies never;
  }
}

const WINDOW = 60;

/** The place, the line and a caret below the column. Tabs count as one column. */
function describeBreak({ path, line, column, problem, text }: BrokenConfig): string {
  const start = Math.max(0, column - WINDOW);
  const shown = hideSecrets(text).replaceAll('\t', ' ').slice(start, start + WINDOW + 15);
  return `${path}:${line}:${column}: ${problem}\n  ${shown}\n  ${' '.repeat(column - 1 - start)}^`;
}

/** A line of a file may hold a token that no variable knows. */
function hideSecrets(text: string): string {
  if (!/token|secret|password|api_?key|authorization/i.test(text)) return text;
  return text.replace(/(=\s*["'])([^"']*)/g, (_, head: string, value: string) => head + '*'.repeat(value.length));
}

async function checkProvider({ readCodexConfig }: Examination): Promise<Finding> {
  const config = await readCodexConfig();
  if (config.kind === 'absent') return ok(`not needed with: ${LAUNCHER}`);
  return config.kind === 'read' ? describeProvider(config) : skipped('config.toml cannot be read');
}

function describeProvider({ providerId, provider, bridgeIds, usesBridge, redirectsOpenai }: ReadConfig): Finding {
  if (usesBridge && providerId !== undefined) return ok(`model_provider = "${providerId}", the bridge`);
  const [bridge] = bridgeIds;
  if (providerId !== undefined && provider === undefined && providerId !== BUILT_IN) {
    return describeMissingTable(providerId, bridge);
  }
  if (providerId === undefined && redirectsOpenai) {
    return warning(
      'openai_base_url leads to the bridge: Codex takes it for OpenAI, tries WebSockets and asks for remote compaction',
      'aliyun-codex-bridge setup makes the bridge a provider of its own; remove openai_base_url then.',
    );
  }
  if (providerId === undefined && bridge !== undefined) {
    return warning(
      `[model_providers.${bridge}] is the bridge, and no model_provider names it`,
      `Write model_provider = "${bridge}" above the first [table] of config.toml, or run: codex -c model_provider=${bridge}`,
    );
  }
  const other = providerId === undefined ? 'not the bridge' : `${quote(providerId)}, not the bridge`;
  return ok(`${other}; not needed with: ${LAUNCHER}`);
}

/** What Codex uses when nothing is configured; it describes it itself, and a few others. */
const BUILT_IN = 'openai';

/** Measured: "Model provider `…` not found", for an id that Codex does not know by itself. */
function describeMissingTable(id: string, bridge: string | undefined): Finding {
  const seen = `model_provider = ${quote(id)}, and there is no [model_providers.${id}]`;
  if (id === PROVIDER_ID) return failure(seen, 'aliyun-codex-bridge setup writes the table.');
  const remedy =
    bridge === undefined ? 'aliyun-codex-bridge setup writes what is needed' : `write model_provider = "${bridge}"`;
  return warning(seen, `Codex does not start, unless it knows ${id} by itself. If the bridge is meant, ${remedy}.`);
}

async function checkProfile({ readCodexConfig, findCodex }: Examination): Promise<Finding> {
  const config = await readCodexConfig();
  if (config.kind === 'absent') return skipped('there is no config.toml');
  if (config.kind !== 'read') return skipped('config.toml cannot be read');
  const named = asText(config.root['profile']);
  if (named === undefined) return ok('not set');
  const codex = await findCodex();
  const version = codex.kind === 'found' ? codex.version : undefined;
  if (config.profile === undefined) {
    // Measured: "legacy `profile = …` config is no longer supported".
    const seen = `profile = ${quote(named)}: Codex ${version ?? `${NO_PROFILES_SINCE} and later`} refuses to start`;
    return failure(seen, `Remove the line; codex --profile ${named} reads ${named}.config.toml instead.`);
  }
  return describeProfile(config, named);
}

/** What the profile of an older Codex changes. */
function describeProfile({ table, usesBridge, bridgeIds, providerId }: ReadConfig, named: string): Finding {
  const overrides = table.profiles[named];
  if (overrides === undefined) {
    return failure(
      `profile = ${quote(named)}, and there is no [profiles.${named}]`,
      'Remove the line, or write the table.',
    );
  }
  const isTaken = !usesBridge && bridgeIds.includes(table.providerId ?? '');
  if (isTaken) {
    return warning(
      `profile = ${quote(named)} sets model_provider = ${quote(providerId ?? '')}, which wins over the bridge`,
      `Remove the line model_provider from [profiles.${named}], or the line profile.`,
    );
  }
  const wins = ['model', 'model_provider', 'model_catalog_json'].filter((key) => key in overrides);
  return ok(`${quote(named)}${wins.length === 0 ? '' : `, it decides ${wins.join(', ')}`}`);
}

/** The rows of Codex. */
export const CODEX_CHECKS: readonly Check[] = [
  { id: 'codex', title: 'Codex', needs: 'nothing', limitMs: 15_000, run: checkProgram },
  { id: 'codex-file', title: 'config.toml', needs: 'nothing', run: checkFile },
  { id: 'codex-profile', title: 'profile', needs: 'nothing', after: ['codex-file'], run: checkProfile },
  { id: 'codex-provider', title: 'model_provider', needs: 'nothing', after: ['codex-file'], run: checkProvider },
  ...CODEX_PROVIDER_CHECKS,
  ...CODEX_MODEL_CHECKS,
];
