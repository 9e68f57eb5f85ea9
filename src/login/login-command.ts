/** `login`: saves a key with its provider, or shows what is saved. */
import { EXIT, reportUsageErrors, type CommandContext, type CommandIo } from '../command/command';
import { loadWithoutKeyStore, requireConfig, type Loaded } from '../command/load-config';
import { LOGIN_FLAGS, readOwnFlag } from '../command/own-flags';
import { describeMachine, findPaths } from '../command/paths';
import { renderRows } from '../command/render';
import { loginFileOf, readLoginFile } from '../command/saved-login';
import { maskSecret } from '../base/quote';
import { OPTIONS } from '../config/options';
import type { Environment } from '../config/resolve';
import { findProvider } from '../providers/catalog';
import type { Provider } from '../providers/provider';
import { askLogin, findPrompter, type Login } from './ask-login';
import { saveLogin } from './save-login';

/** Returns 0; 1 if nothing was saved, or with --status, if nothing is saved; 2 for invalid usage. */
export async function run(context: CommandContext): Promise<number> {
  const { own, io, env, errors } = context;
  if (readOwnFlag(LOGIN_FLAGS.status, own) === true)
    return errors.length > 0 ? reportUsageErrors(errors, io) : showStatus(loginFileOf(folderOf(env)), io);
  const resolved = requireConfig(context, undefined, loadWithoutKeyStore);
  if (typeof resolved === 'number') return resolved;
  const code = await login(resolved, context);
  if (code === EXIT.done) io.out('Next: aliyun-codex-bridge codex\n');
  return code;
}

const folderOf = (env: Environment): string => findPaths(describeMachine(env)).config;

/** Asks for a login, or reads its key from standard input, and saves it. Returns the same exit codes as `run`. */
export async function login(resolved: Loaded, { own, io, env }: CommandContext): Promise<number> {
  const given = readOwnFlag(LOGIN_FLAGS.withKey, own) === true ? await readKey(resolved, io) : await ask(resolved, io);
  if ('problem' in given) {
    io.error(`${given.problem}\n`);
    return given.code;
  }
  const place = { folder: folderOf(env), env };
  const result = await saveLogin(given, readOwnFlag(LOGIN_FLAGS.store, own) ?? 'file', place);
  if ('problem' in result) {
    io.error(`${result.problem}\n`);
    return EXIT.failed;
  }
  const { provider, key } = given;
  io.out(`Saved ${key === undefined ? '' : 'the key for '}${provider.title} in ${result.saved}.\n`);
  if (result.leftover !== undefined) io.error(`${result.leftover}\n`);
  return EXIT.done;
}

type GivenLogin = Login | { readonly problem: string; readonly code: number };

async function readKey(resolved: Loaded, io: CommandIo): Promise<GivenLogin> {
  const { aiBaseUrl: baseUrl } = resolved.config;
  const provider = findChosenProvider(resolved);
  if (provider === undefined) return { problem: `Choose a provider. Run: ${renderPipe('NAME')}`, code: EXIT.misused };
  const { parse, expected } = OPTIONS.aiApiKey.type;
  const key = parse((await io.readInput?.()) ?? '');
  return key === undefined
    ? { problem: `No usable key on standard input: expected ${expected}.`, code: EXIT.failed }
    : { provider, baseUrl, key, model: findGivenModel(resolved) };
}

async function ask(resolved: Loaded, io: CommandIo): Promise<GivenLogin> {
  const chosen = findChosenProvider(resolved);
  const prompter = findPrompter(io);
  if (prompter === undefined) {
    const pipe = renderPipe(chosen?.name ?? 'NAME');
    return { problem: `Cannot ask questions without a terminal. Run: ${pipe}`, code: EXIT.misused };
  }
  const { config, origins } = resolved;
  const defaultModel = findGivenModel(resolved);
  const answered = await askLogin({ config: { ...config, aiApiKey: undefined, defaultModel }, chosen }, prompter);
  if (answered === undefined) return { problem: 'Nothing was saved.', code: EXIT.failed };
  return origins.defaultModel.kind === 'flag' ? { ...answered, model: defaultModel } : answered;
}

/** Returns the model that a flag or variable names. A saved one belongs to the saved login, which a login replaces. */
const findGivenModel = ({ config, origins }: Loaded): string | undefined =>
  origins.defaultModel.kind === 'login' ? undefined : config.defaultModel;

/** Finds the provider that a flag or variable selects. A saved one does not count, because a login replaces it. */
function findChosenProvider({ config, origins }: Loaded): Provider | undefined {
  const isChosen = [origins.provider, origins.aiBaseUrl].some(({ kind }) => kind !== 'default' && kind !== 'login');
  return isChosen ? findProvider(config.provider, config.aiBaseUrl, config.catalog) : undefined;
}

const renderPipe = (provider: string): string =>
  `printf %s "$KEY" | aliyun-codex-bridge login --provider ${provider} --with-api-key`;

function showStatus(path: string, io: CommandIo): number {
  const file = readLoginFile(path);
  if ('problem' in file) {
    io.error(`${file.problem}\n`);
    return EXIT.failed;
  }
  const { current, logins } = file;
  const rows = Object.entries(logins).map(([name, { key, inKeyStore, baseUrl, model }]) => {
    const place = inKeyStore ? "key in the system's key store" : key ? `key ${maskSecret(key)}` : 'no key';
    const parts = [place, baseUrl, model && `model ${model}`, name === current && 'used by default'];
    return [name, parts.filter(Boolean).join(', ')] as const;
  });
  io.out(rows.length === 0 ? 'Not logged in. Run: aliyun-codex-bridge login\n' : `${path}\n${renderRows(rows)}`);
  return rows.length === 0 ? EXIT.failed : EXIT.done;
}
