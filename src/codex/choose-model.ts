/** Chooses the model that Codex starts with. */

export interface ModelChoice {
  /** `--default-model`. */
  readonly wanted: string | undefined;
  /** The model in the user's config.toml; Codex's model picker writes it there. */
  readonly configured: string | undefined;
  /** The bridge's models, the preferred one first. */
  readonly offered: readonly string[];
  /** Whether a name is an alias, or selects a model of another provider. Default: neither. */
  readonly isRoute?: (name: string) => boolean;
}

/**
 * Returns the wanted model; otherwise the configured one, if the bridge serves it (it does not serve OpenAI's models);
 * otherwise the first model offered; `undefined` if none is. A model in Codex's arguments overrides this choice.
 */
export function chooseModel({ wanted, configured, offered, isRoute = () => false }: ModelChoice): string | undefined {
  if (wanted !== undefined) return wanted;
  const isServed = (name: string): boolean =>
    isRoute(name) || offered.some((model) => model.toLowerCase() === name.toLowerCase());
  return configured !== undefined && isServed(configured) ? configured : offered[0];
}
