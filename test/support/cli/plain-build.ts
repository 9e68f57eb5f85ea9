/** Builds the bridge into a separate folder, without bundles. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');

/** Writes `bin`, `dist` and package.json to `folder`. @returns `dist`, as Node names it */
export function buildPlain(folder: string): string {
  const dist = join(realpathSync(folder), 'dist');
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [compiler, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', dist]);
  cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true });
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  return dist;
}
