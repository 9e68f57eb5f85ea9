/** Sets up a home for tests of `login`: a providers file with `acme`, and a server that lists its models. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { run } from '../../../src/cli/main';
import { loadConfig } from '../../../src/command/load-config';
import type { FlagTexts } from '../../../src/config/resolve';
import { listen } from './background';
import { createFakeIo } from './fake-io';

export interface LoginSceneOptions {
  /** The status of GET /models, by key. */
  readonly status?: (key: string) => number;
  readonly models?: readonly string[];
}

/** Creates the home and starts the server; both are removed after the test. */
export async function createLoginScene(
  context: TestContext, { status = () => 200, models = ['one', 'two'] }: LoginSceneOptions = {},
) {
  const home = mkdtempSync(join(tmpdir(), 'bridge-login-'));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const port = await listen(context, (request, response) => {
    const code = status((request.headers.authorization ?? '').replace('Bearer ', ''));
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify(code === 200 ? { data: models.map((id) => ({ id })) } : { error: { message: 'No.' } }));
  });
  const file = join(home, 'providers.json');
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  const acme = { title: 'Acme', base_url: baseUrl, key_variables: ['ACME_KEY'] };
  writeFileSync(file, JSON.stringify({ providers: { acme } }));
  const env = { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), AI_PROVIDERS: file, LANG: 'C.UTF-8' };
  const path = join(home, 'config', 'aliyun-codex-bridge', 'login.json');
  return {
    env, path, baseUrl, providersFile: file,
    saved: () => JSON.parse(readFileSync(path, 'utf8')) as { current: string; logins: Record<string, unknown> },
    /** Saves a key, as a script does. */
    async login(provider: string, key: string, ...more: readonly string[]) {
      const io = { ...createFakeIo(), readInput: async () => key };
      const code = await run(['login', '--provider', provider, '--with-api-key', ...more], env, io);
      assert.equal(code, 0, io.written.error);
    },
    async run(
      args: readonly string[], answers?: readonly (string | undefined)[], input?: string,
      variables: Readonly<Record<string, string>> = env,
    ) {
      const io = { ...createFakeIo(answers), ...(input !== undefined && { readInput: async () => input }) };
      const code = await run(args, variables, io);
      return { code, ...io.written, asked: io.asked };
    },
    config(flags: FlagTexts = {}, more: Readonly<Record<string, string>> = {}) {
      const loaded = loadConfig(flags, { ...env, ...more });
      assert.ok(loaded.ok, JSON.stringify(loaded));
      const { provider, aiBaseUrl, aiApiKey, defaultModel } = loaded.config;
      return { provider, aiBaseUrl, aiApiKey, defaultModel, origin: loaded.origins.aiApiKey };
    },
  };
}
