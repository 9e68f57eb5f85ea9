/** Lists of names from which a user picks one by number or name. */

/** As many as fit on a screen. */
const SHOWN = 20;

/** One line for each name; with `rest`, at most a screenful, and `rest` for the others. */
export function renderNames(names: readonly string[], isNumbered: boolean, rest?: string): string {
  const shown = rest === undefined ? names : names.slice(0, SHOWN);
  const lines = shown.map((name, index) => {
    const number = isNumbered ? String(index + 1).padStart(3) : '';
    return `${number}  ${name}`;
  });
  return [...lines, ...(rest !== undefined && names.length > SHOWN ? [rest] : [])].join('\n');
}

/** The name that an answer means; the first when nothing was typed. */
export function findChoice(answer: string, names: readonly string[]): string | undefined {
  const wanted = answer.trim();
  if (wanted === '') return names[0];
  return names[Number(wanted) - 1] ?? names.find((name) => name.toLowerCase() === wanted.toLowerCase());
}
