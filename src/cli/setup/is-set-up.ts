/** Whether setup has been at a config.toml. */
import { removeConfig } from '../../codex/remove-config';

/** True when undo would change `text`. */
export function isSetUp(text: string): boolean {
  const removed = removeConfig(text);
  return !removed.ok || removed.text !== text;
}
