/** Reasoning efforts as words, and the nearest one a model knows. */

/** From the least to the most, over all providers and Codex; `none` asks for no thinking at all. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra'] as const;

/**
 * @param levels what the model accepts
 * @returns the nearest level; between two equally near the higher one, but never `max` for less: DeepSeek documents
 *   medium → high and xhigh → high for low, high, max. An unknown word is passed on when nothing is near.
 */
export function clampEffort(effort: string, levels: readonly string[]): string {
  if (levels.includes(effort)) return effort;
  const wanted = rank(effort);
  if (wanted === -1) return levels.at(-1) ?? effort;
  const distance = (level: string): number =>
    Math.abs(rank(level) - wanted) + (level === 'max' ? 0.5 : 0) - (rank(level) > wanted ? 0.25 : 0);
  return [...levels].sort((left, right) => distance(left) - distance(right))[0] ?? effort;
}

const rank = (effort: string): number => EFFORTS.findIndex((known) => known === effort);
