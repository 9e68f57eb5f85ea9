/**
 * Runs the shell blocks of every page in a scratch home, against a scripted provider, and parses all other blocks.
 * Programs that a test must not run are replaced, for the reasons in PROGRAMS. The blocks of a translation differ from
 * the original only in comments (translations.test.ts), so they are only checked with `bash -n`.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseJsonc } from '../../src/base/json-comments';
import { parseToml } from '../../src/codex/toml/parse-toml';
import { TOOL_NAME } from '../../src/doctor/trial';
import { PROJECT_ROOT } from '../house/source-tree';
import { killBridges } from '../support/cli/kill-bridges';
import { answer, startScriptedUpstream, type Step } from '../support/upstream/scripted-upstream';
import { listBlocks, PAGES, TRANSLATIONS } from './markdown';
import { findFreePort } from '../support/free-port';

/** Programs that are replaced, with the reason. The replacement prints its arguments. */
const PROGRAMS: Readonly<Record<string, string>> = {
  npm: 'installs from a registry, or would run this test inside itself',
  pkg: 'exists only in Termux',
  systemctl: 'needs systemd and would start a service for this user',
  loginctl: 'needs systemd and would change this user',
  docker: 'needs a Docker daemon',
};

/**
 * A fake Codex: sends one request to the base URL of its arguments or its config.toml, prints the text of the answer,
 * and fails without one. The real Codex runs the same commands in test/clients.
 */
const CODEX = `#!${process.execPath}
if (process.argv[2] === '--version') { console.log('codex-cli 0.171.0'); process.exit(0); }
if (process.argv[2] === 'debug') { console.log('{"models":[]}'); process.exit(0); }
const { readFileSync } = require('node:fs');
const words = process.argv.slice(2).join(' ');
const settings = words.includes('base_url') ? words : readFileSync(process.env.CODEX_HOME + '/config.toml', 'utf8');
const [, url] = /base_url *= *"([^"]+)"/.exec(settings) ?? [];
const [, token = process.env.BRIDGE_ACCESS_TOKEN] = /bearer_token *= *"([^"]+)"/.exec(settings) ?? [];
const headers = {
  'content-type': 'application/json', originator: 'codex_exec', 'user-agent': 'codex_exec/0.171.0',
  authorization: 'Bearer ' + token,
};
const body = JSON.stringify({ model: 'glm-4.7', input: 'Say hello.', stream: true });
fetch(url + '/responses', { method: 'POST', headers, body }).then((reply) => reply.text()).then((text) => {
  console.log(/"delta":"([^"]*)"/.exec(text)?.[1] ?? text);
  process.exit(text.includes('response.completed') || process.env.NO_ANSWER ? 0 : 1);
});
`;

/** Blocks with an unreachable provider: Codex may fail, but the bridge must start. */
const WITHOUT_ANSWER: readonly RegExp[] = [/AI_API_BASE=https:\/\/api\.example\.com/];

/** Commands that a page expects to be run before each of its blocks. */
const BEFORE: Readonly<Record<string, string>> = {
  'docs/troubleshooting.md': 'aliyun-codex-bridge start',
  'docs/providers.md': 'mkdir -p "$XDG_CONFIG_HOME/aliyun-codex-bridge"; cd "$XDG_CONFIG_HOME/aliyun-codex-bridge"\n' +
    'echo "$PAGE_JSON" | sed "s|https://api.acme.example/v1|$AI_API_BASE|" > providers.json',
};

/** Answers doctor's test turn with the requested call, and everything else with text. */
const answerAll = ({ body }: { readonly body: any }): Step =>
  JSON.stringify(body.tools ?? []).includes(TOOL_NAME)
    ? answer({ toolCalls: [{ name: TOOL_NAME, arguments: { word: 'bridge' } }] })
    : answer({ text: 'Hello.' });

/** The keys of the Coding Plan and of Acme in the environment of every block. */
const KEYS = ['sk-sp-docs', 'sk-key-for-acme'] as const;

const fillPlaceholders = (text: string): string => text.replaceAll('…', 'x');

/** Lists the only keys that the provider accepts: those of the environment, and those that the page sets. */
function listKeys(page: string): readonly string[] {
  const shell = listBlocks(page).filter(({ language }) => language === 'sh');
  const set = shell.flatMap(({ text }) => [...fillPlaceholders(text).matchAll(/_KEY=([\w-]+)/g)]);
  return [...KEYS, ...set.map(([, key = '']) => key)];
}

interface Scratch {
  /** The state folder of its bridges, which are killed before each block. */
  readonly state: string;
  readonly run: (text: string) => Promise<string>;
}

async function createScratch(context: TestContext, page: string): Promise<Scratch> {
  const home = await mkdtemp(join(tmpdir(), 'docs-'));
  const [bin, state] = [join(home, 'bin'), join(home, 'state')];
  // The rows of the user's own providers have models that no known provider has.
  const options = page === 'docs/providers.md' ? { allowFields: ['top_k'] } : { provider: 'aliyun-coding' };
  const upstream = await startScriptedUpstream({ ...options, apiKey: listKeys(page), script: answerAll });
  context.after(async () => {
    killBridges(state);
    await upstream.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });
  for (const folder of [bin, join(home, '.codex')]) await mkdir(folder);
  await symlink(join(PROJECT_ROOT, 'docs'), join(home, 'docs'));
  const program = `${process.execPath} ${join(PROJECT_ROOT, 'bin', 'aliyun-codex-bridge.js')}`;
  const files: Readonly<Record<string, string>> = {
    codex: CODEX,
    'aliyun-codex-bridge': `#!/bin/bash
case "$*" in
  '' | serve* | *--follow*)
    said=$(mktemp -p "$HOME")
    ${program} "$@" > "$said" 2>&1 & bridge=$!
    until grep -q 'is listening on' "$said"; do kill -0 $bridge || { cat "$said"; exit 1; }; sleep 0.1; done
    kill -INT $bridge; wait $bridge; code=$?; cat "$said"; exit $code ;;
  setup*--shell* | setup*--print*) ;;
  setup*) set -- "$@" --yes ;;
esac
exec ${program} "$@"
`,
    'codex-with-codingplan': '#!/bin/bash\nsource ~/.zshrc 2> /dev/null; exec aliyun-codex-bridge codex "$@"\n',
    ...Object.fromEntries(Object.keys(PROGRAMS).map((name) => [name, `#!/bin/bash\necho "${name} $*"\n`])),
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(bin, name), text);
    await chmod(join(bin, name), 0o755);
  }
  const env = {
    PATH: `${bin}:/usr/bin:/bin`, HOME: home, CODEX_HOME: join(home, '.codex'), BRIDGE_STATE_DIR: state,
    XDG_CONFIG_HOME: join(home, '.config'), XDG_STATE_HOME: state, PORT: String(await findFreePort()),
    AI_API_KEY: KEYS[0], AI_PROVIDER: 'aliyun-coding', AI_API_BASE: upstream.url, DISCOVER_MODELS: '0',
    SHELL: '/bin/bash', LANG: 'C.UTF-8', ACME_KEY: KEYS[1], ACME_TEAM: 'docs',
    PAGE_JSON: listBlocks(page).find(({ language }) => language === 'jsonc')?.text ?? '',
  };
  return {
    state,
    run: (text) => runBash(['-e', '-o', 'pipefail', '-c', fillPlaceholders(text)], home, {
      ...env, ...(WITHOUT_ANSWER.some((pattern) => pattern.test(text)) && { NO_ANSWER: '1' }),
    }),
  };
}

function runBash(words: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('bash', words, { cwd, env, timeout: 120_000 }, (error, out, errors) => {
      if (error) reject(new Error(`${error.message}\n${out}\n${errors}`));
      else resolve(`${out}${errors}`);
    }).stdin?.end();
  });
}

for (const page of PAGES) {
  const blocks = listBlocks(page);
  const shell = blocks.filter(({ language }) => language === 'sh');
  test(`${page}: ${shell.length} shell blocks parse`, async () => {
    for (const { text } of shell) await runBash(['-n', '-c', text], PROJECT_ROOT, {});
  });

  test(`${page}: JSON and TOML blocks are valid`, () => {
    for (const { language, line, text } of blocks) {
      if (/^jsonc?$/.test(language)) assert.ok(parseJsonc(text).ok, `${page}:${line}`);
      if (language === 'toml') assert.ok(parseToml(text).ok, `${page}:${line}`);
    }
  });

  if (page in TRANSLATIONS || shell.length === 0) continue;
  test(`${page}: ${shell.length} shell blocks run`, { timeout: 600_000 }, async (context) => {
    const scratch = await createScratch(context, page);
    for (const block of shell) {
      killBridges(scratch.state);
      await assert.doesNotReject(scratch.run(`${BEFORE[page] ?? ''}\n${block.text}`), `${page}:${block.line}`);
    }
  });
}

test('every replaced program is on a page', () => {
  const shell = PAGES.flatMap((page) => listBlocks(page)).filter(({ language }) => language === 'sh');
  for (const name of Object.keys(PROGRAMS)) {
    assert.ok(shell.some(({ text }) => text.split(/\s+/).includes(name)), `no page runs ${name}`);
  }
});
