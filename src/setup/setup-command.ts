/** `setup`: adds the bridge to Codex's config.toml, or removes it, after showing the change; or prints the block. */
import { rm } from 'node:fs/promises';
import { renderCount } from '../base/quantities';
import { removeSetupCatalog, writeCatalogFile } from '../codex/catalog-file';
import { askCodexVersion, findConfigRejection } from '../codex/codex-program';
import { renderSetupFailure, writeBackup, writeConfigFile } from '../codex/config-file';
import { findConfigOverrides } from '../codex/config-overrides';
import { FIRST_WITH_SEARCH, PROVIDER_ID, renderBlock, TOKEN_VARIABLE } from '../codex/config-toml';
import { isSetUp } from '../codex/edit-config';
import { describeBridgeSettings, planSetup, type SetupPlan } from '../codex/plan-setup';
import { findInstalledProgram, type Program } from '../codex/program';
import { removeResumeProfile } from '../codex/resume-profile';
import { EXIT, type CommandContext } from '../command/command';
import { explainFailure, removeUserFile } from '../command/edit-file';
import { requireConfig } from '../command/load-config';
import { NO_MODEL, openCatalog } from '../command/open-catalog';
import { SETUP_FLAGS, readOwnFlag, type OwnTexts } from '../command/own-flags';
import { describeMachine, findPaths } from '../command/paths';
import { createTerminalStyle } from '../command/terminal-style';
import type { Config } from '../config/options';
import { renderBase, renderCommand } from '../instance/target';
import type { CodexModel } from '../providers/codex-models';
import { requiresToken } from '../server/guards';
import { approveChange, type Review, type SetupOutcome } from './review-change';
import { checkShellFlags, runShellSetup } from './shell-function';
import { undoConfig } from './undo-config';

/** Returns 0 on success, 1 if a change failed or was declined, or Codex rejects it, 2 for invalid usage. */
export async function run(context: CommandContext): Promise<number> {
  const { own, errors, env, io } = context;
  const options = readOptions(own);
  if (options.shell !== undefined) return runShellSetup(context, options.shell, options.install);
  const resolved = requireConfig({ ...context, errors: [...errors, ...options.errors] }, ({ port }) =>
    (port === 0 && !options.undo ? [NO_FIXED_PORT] : []));
  if (typeof resolved === 'number') return resolved;
  const { config } = resolved;
  const { codexHome } = findPaths(describeMachine(env), config.stateDir);
  const review = { yes: options.yes, style: createTerminalStyle(io.isTerminal?.() ?? false, env), io };
  const runMode = (): Promise<SetupOutcome> => {
    if (options.undo) return undoConfig(codexHome, renderBase(config), review);
    return options.print ? printBlock(context, config) : setUp(context, config, codexHome, review);
  };
  const outcome = await runMode();
  if (outcome.ok) io.out(outcome.text);
  else io.error(`${renderSetupFailure(outcome)}\n`);
  return outcome.ok ? EXIT.done : EXIT.failed;
}

const NO_FIXED_PORT = 'Port 0 picks a free port at every start. Choose a fixed one, so that Codex can find the bridge.';

function readOptions(own: OwnTexts) {
  const has = (name: 'print' | 'undo' | 'yes' | 'install'): boolean => readOwnFlag(SETUP_FLAGS[name], own) ?? false;
  const [print, undo] = [has('print'), has('undo')];
  const errors = [
    ...checkShellFlags(own),
    ...(print && undo ? ['--print and --undo cannot be combined.'] : []),
  ];
  return { print, undo, yes: has('yes'), install: has('install'), shell: readOwnFlag(SETUP_FLAGS.shell, own), errors };
}

async function printBlock({ io }: CommandContext, config: Config): Promise<SetupOutcome> {
  const [first] = await openCatalog(config, io).catalog.entries();
  if (first === undefined) return { ok: false, problem: `Cannot print the block: ${NO_MODEL}.` };
  const model = config.defaultModel ?? first.model.id;
  const block = renderBlock({ model, catalogFile: undefined, ...describeBridgeSettings(config, FIRST_WITH_SEARCH) });
  return { ok: true, text: `${block}
# To let Codex offer the bridge's models, add model_catalog_json = "FILE" above [model_providers.${PROVIDER_ID}]
# and write FILE with: aliyun-codex-bridge models --codex-catalog FILE
` };
}

async function setUp(
  context: CommandContext, config: Config, codexHome: string, review: Review,
): Promise<SetupOutcome> {
  const { env, io } = context;
  const program = findInstalledProgram('codex', env);
  // Before 0.146, Codex rejects a catalog with unknown values, so the catalog depends on the version.
  const codexVersion = program && (await askCodexVersion(program, env));
  const { models } = (await openCatalog(config, io).catalog.list(codexVersion)).body;
  if (models.length === 0) return { ok: false, problem: `Cannot set up Codex: ${NO_MODEL}.` };
  const plan = await planSetup({ codexHome, config, models, codexVersion });
  if (!plan.ok) return plan;
  const { file, text } = plan;
  const isFileCurrent = text === file.text;
  const isCatalogCurrent = plan.catalog === undefined || plan.catalog.state === 'current';
  if (!isFileCurrent) {
    const change = { path: file.path, before: file.text, after: text, label: 'after setup' };
    const isApproved = await approveChange(change, review);
    if (isApproved !== true) return { ok: false, problem: isApproved };
  }
  try {
    const isUpToDate = isFileCurrent && isCatalogCurrent;
    const done = isUpToDate ? `Already set up: ${file.path}\n` : await writeFiles(plan, models, codexHome);
    const warnings = await renderWarnings(plan, codexHome);
    const rejection = await explainRejection(program, context, file.path);
    if (rejection !== undefined) return { ok: false, problem: `${done}${warnings}${rejection}` };
    return { ok: true, text: `${done}${warnings}${renderNextSteps(config)}` };
  } catch (error) {
    return { ok: false, problem: `Cannot change ${file.path}: ${explainFailure(error)}. ${BY_HAND}` };
  }
}

const BY_HAND = 'To edit it yourself, print the block with: aliyun-codex-bridge setup --print';

/** Writes the catalog, then config.toml: Codex does not start if that names a missing file. @returns what was done */
async function writeFiles(
  { file, text, catalog }: SetupPlan, models: readonly CodexModel[], codexHome: string,
): Promise<string> {
  const done: string[] = [];
  if (catalog && catalog.state !== 'current') {
    const written = await writeCatalogFile(catalog.path, models, false);
    if (!written.ok) throw new Error(`the model catalog ${catalog.path} cannot be written (${written.problem})`);
    done.push(`Wrote ${renderCount(models.length, 'model')} to ${catalog.path}\n`);
  }
  if (text === file.text) return done.join('');
  // A file without setup's markers is from before setup, or was cleaned up by hand.
  const isFirst = file.exists && !isSetUp(file.text);
  try {
    if (isFirst) await writeBackup(file);
    await writeConfigFile(file, text);
  } catch (error) {
    // A failed setup leaves no new files.
    if (isFirst) await rm(file.backup, { force: true }).catch(() => undefined);
    if (catalog?.state === 'missing') await removeUserFile(catalog.path).catch(() => undefined);
    throw error;
  }
  await removeResumeProfile(codexHome);
  const old = await removeSetupCatalog(codexHome, text);
  if (old !== undefined) done.push(`Removed ${old}: Codex now fetches the models from the bridge\n`);
  done.push(`Wrote ${file.path}\n`, ...(isFirst ? [`Backup: ${file.backup}\n`] : []));
  return done.join('');
}

/** Warns of what still needs the user's attention: ignored keys, and files that override config.toml. */
async function renderWarnings({ flaws, file, text }: SetupPlan, codexHome: string): Promise<string> {
  const ignored = flaws.filter(({ effect }) => effect === 'ignored');
  const lines = ignored.map(({ line, problem, fix }) => `${file.path}:${line}: ${problem}. ${fix}`);
  return [...lines, ...(await findConfigOverrides(text, codexHome))].map((line) => `Warning: ${line}\n`).join('');
}

/** Checks that the installed Codex starts with the new files. @returns why it does not */
async function explainRejection(
  program: Program | undefined, { env }: CommandContext, path: string,
): Promise<string | undefined> {
  const rejection = program && (await findConfigRejection(program, env));
  if (rejection === undefined || rejection === 'none' || rejection === 'unknown') return undefined;
  return `Codex does not start with ${rejection.position ?? path}: ${rejection.problem}.\nFix that file and try again.`;
}

const renderNextSteps = (config: Config): string => `
Next:
  ${renderCommand('start', config.port)}
  codex${requiresToken(config) ? `    (with the access token in ${TOKEN_VARIABLE})` : ''}

To undo: aliyun-codex-bridge setup --undo
`;
