/** Renders lists of names from which the user picks one by number or name, and interprets the answer. */

/** The number of names that fit on a screen. */
const MAX_SHOWN = 20;

/** Renders one line per name. @param more if given, the line that replaces all names after a screenful */
export function renderNames(names: readonly string[], isNumbered: boolean, more?: string): string {
  const visible = more === undefined ? names : names.slice(0, MAX_SHOWN);
  const lines = visible.map((name, index) => {
    const number = isNumbered ? String(index + 1).padStart(3) : '';
    return `${number}  ${name}`;
  });
  return [...lines, ...(more !== undefined && names.length > MAX_SHOWN ? [more] : [])].join('\n');
}

/** Returns the name that an answer selects, if any; an empty answer selects the first. */
export function findChoice(answer: string, names: readonly string[]): string | undefined {
  const text = answer.trim();
  if (text === '') return names[0];
  return names[Number(text) - 1] ?? names.find((name) => name.toLowerCase() === text.toLowerCase());
}
