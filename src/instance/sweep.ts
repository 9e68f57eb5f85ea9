/** Removes what bridges on free ports leave behind: each has a port of its own, and so a log of its own. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { attempt } from '../base/thrown';
import { OPTIONS } from '../config/options';
import { readRecord, stateFileOf } from './state-file';

const OLD_MS = 30 * 86_400_000;

const LEFTOVER = /^(?:bridge-(\d+)\.log(?:\.1)?|models-(\d+)\.json)$/;

/**
 * Removes logs and catalogs in `folder` that nobody has written to for thirty days, of ports where no bridge is on
 * record; what belongs to the default port stays. Never throws.
 *
 * @param now milliseconds since the epoch
 */
export function sweep(folder: string, now: number): void {
  for (const name of attempt(() => readdirSync(folder)) ?? []) {
    const found = LEFTOVER.exec(name);
    const port = Number(found?.[1] ?? found?.[2]);
    if (found === null || port === OPTIONS.port.default || readRecord(stateFileOf(folder, port)) !== undefined)
      continue;
    const path = join(folder, name);
    attempt(() => {
      if (now - statSync(path).mtimeMs > OLD_MS) rmSync(path);
    });
  }
}
