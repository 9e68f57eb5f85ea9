/** Starts a real nginx with docs/docker/nginx.conf, as a process on a free loopback port. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { findFreePort } from '../free-port';

/** Debian installs nginx in a folder that is only on root's PATH. */
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };
const IS_INSTALLED = spawnSync('nginx', ['-v'], { env }).status === 0;

/** Suffix for the names of skipped tests; empty if nginx is installed. */
export const NGINX_MISSING = IS_INSTALLED ? '' : ' (skipped: nginx is not installed)';

const DOCUMENTED_CONFIG = join(__dirname, '..', '..', '..', 'docs', 'docker', 'nginx.conf');

/**
 * Writes a complete configuration that contains docs/docker/nginx.conf with its addresses replaced.
 *
 * @param replicas the ports of bridge-1, bridge-2 …
 * @returns its path
 */
export function writeNginxConfig(folder: string, port: number, replicas: readonly number[]): string {
  const text = readFileSync(DOCUMENTED_CONFIG, 'utf8')
    .replace('listen 8080;', `listen 127.0.0.1:${port};`)
    .replace(/bridge-(\d):31415/g, (_, number: string) => `127.0.0.1:${replicas[Number(number) - 1]}`);
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const paths = kinds.map((name) => `${name}_temp_path ${folder}/${name};`);
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, [
    'daemon off;', 'worker_processes 2;', `pid ${folder}/nginx.pid;`, `error_log ${folder}/error.log info;`,
    'events { worker_connections 512; }', 'http {', 'access_log off;', ...paths, text, '}', '',
  ].join('\n'));
  return file;
}

/** Starts nginx in front of the replicas, and stops it after the test. @returns its URL, and its error log */
export async function startNginx(
  context: Pick<TestContext, 'after'>, replicas: readonly number[],
): Promise<{ readonly url: string; errors(): string }> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-nginx-'));
  const port = await findFreePort();
  const user = process.getuid?.() === 0 ? ['-g', 'user root;'] : [];
  const child = spawn('nginx', ['-c', writeNginxConfig(folder, port, replicas), '-p', folder, ...user], {
    env, stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  context.after(async () => {
    child.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });
  while (!(await acceptsConnections(port))) {
    if (child.exitCode !== null) throw new Error('nginx did not start');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { url: `http://127.0.0.1:${port}`, errors: () => readErrors(folder) };
}

/** Returns the error log; empty if nginx wrote nothing, or its folder is gone. */
function readErrors(folder: string): string {
  try {
    return readFileSync(join(folder, 'error.log'), 'utf8');
  } catch {
    return '';
  }
}

function acceptsConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
