/** Finds the Codex of this machine. */
import { accessSync, constants, statSync } from 'node:fs';
import { attempt } from '../base/thrown';
import type { Environment } from '../config/resolve';
import { findProgram, type Program } from './find-program';

/** @param name a name to look for on the PATH, or a path */
export function findCodexProgram(name: string, env: Environment, platform = process.platform): Program | undefined {
  return findProgram(name, { env, platform, isProgram, node: process.execPath });
}

/** True for a file that may be executed; on Windows, for any file. */
function isProgram(path: string): boolean {
  const isFile = attempt(() => {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  });
  return isFile ?? false;
}
