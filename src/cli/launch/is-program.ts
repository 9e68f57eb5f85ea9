/** Whether a path leads to something that this machine can run. */
import { accessSync, constants, statSync } from 'node:fs';

/** True for a file that may be executed; on Windows, for any file. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
