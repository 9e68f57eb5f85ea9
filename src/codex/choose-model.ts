/** Which model Codex begins with. */
import { asText } from '../base/narrow';
import { parseToml } from './toml/parse-toml';

export interface Choice {
  /** `--default-model`. */
  readonly wanted: string | undefined;
  /** The one in the user's config.toml; the model picker of Codex writes it there. */
  readonly configured: string | undefined;
  /** What the bridge offers, the preferred one first. */
  readonly offered: readonly string[];
}

/**
 * The wanted model, else the configured one where the bridge offers it (a model of OpenAI's is left behind), else the
 * first that is offered; `undefined` when there is none. What stands on the command line of Codex beats all of them.
 */
export function chooseModel({ wanted, configured, offered }: Choice): string | undefined {
  if (wanted !== undefined) return wanted;
  return offered.find((model) => model === configured) ?? offered[0];
}

/** The model that `config` names, the text of a config.toml. */
export function findConfiguredModel(config: string): string | undefined {
  const parsed = parseToml(config);
  return parsed.ok ? asText(parsed.value['model']) : undefined;
}
