/** Picks the model for a launched Codex, which would otherwise request an OpenAI model. */
import { chooseModel, isServed } from '../codex/choose-model';
import { findChoice, renderNames } from '../command/choices';
import type { CommandIo } from '../command/command';
import type { Config } from '../config/options';
import { findProvider } from '../providers/catalog';

export interface ModelQuestion {
  readonly config: Config;
  /** The models that the bridge offers, the preferred one first. */
  readonly offered: readonly string[];
  /** The model in the user's config.toml. */
  readonly configured: string | undefined;
  /** The model of the profile that the arguments select. */
  readonly profileModel?: string | undefined;
  /** The user's arguments for Codex. */
  readonly args: readonly string[];
  readonly io: CommandIo;
}

/** The model to pass to Codex; undefined if only its arguments or config.toml name one. Or why there is no model. */
export type PickedModel = { readonly model: string | undefined } | { readonly problem: string };

/** Prompts only on a terminal, and only if the provider has several models, none of them chosen or the default. */
export async function pickModel(question: ModelQuestion): Promise<PickedModel> {
  const { config, offered, configured, profileModel, args, io } = question;
  // The model on the command line overrides that of a profile (measured with Codex 0.171).
  if (profileModel !== undefined && isServed(profileModel, offered, config)) return { model: profileModel };
  const model = chooseModel({ config, configured, offered });
  const [first] = offered;
  const isChosen = model !== undefined && (model !== first || offered.length === 1 || hasDefault(config));
  if (isChosen || namesModel(args)) return { model };
  if (first === undefined) return configured === undefined ? { problem: NO_MODEL } : { model };
  if (model === configured) return { model };
  const answer = await io.ask?.(renderQuestion(offered), offered);
  if (answer === undefined) return { problem: renderChoices(offered) };
  const picked = findChoice(answer, offered);
  return picked === undefined
    ? { problem: `There is no model "${answer.trim()}". ${renderChoices(offered)}` }
    : { model: picked };
}

/** Whether the first offered model is the user's or the provider's default, not just the first of a list. */
function hasDefault({ defaultModel, provider, aiBaseUrl, catalog }: Config): boolean {
  return defaultModel !== undefined || findProvider(provider, aiBaseUrl, catalog).models.length > 0;
}

/** Whether Codex's arguments name a model: `-m`, `--model`, `-c model=…`, or a profile, which may name one. */
function namesModel(args: readonly string[]): boolean {
  return args.some((arg, index) => {
    if (/^(-m|--model|-p|--profile)(=|$)/.test(arg) || /^-[mp][^-]/.test(arg)) return true;
    const setting = /^(-c|--config)$/.test(args[index - 1] ?? '') ? arg : /^--config=(.*)$/s.exec(arg)?.[1];
    return setting !== undefined && /^\s*model\s*=/.test(setting);
  });
}

const HOW = 'aliyun-codex-bridge codex -m MODEL';

const NO_MODEL =
  `No model: the provider has no default and lists none. Choose one: ${HOW}, or set DEFAULT_MODEL.`;

const MORE = '  … for all of them, run: aliyun-codex-bridge models';

const renderChoices = (offered: readonly string[]): string =>
  `Choose one of ${offered.length} models: ${HOW}\n${renderNames(offered, false, MORE)}`;

const renderQuestion = (offered: readonly string[]): string =>
  `${renderNames(offered, true, MORE)}\nModel (number, name or arrow keys) [1]: `;
