/** `setup` and `setup --undo`: output, files and prompts. Undo leaves nothing behind. */
import assert from 'node:assert/strict';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { parseToml } from '../../src/codex/toml/parse-toml';
import { isTomlTable } from '../../src/codex/toml/value';
import { writeThread } from '../support/cli/codex-threads';
import { createFakeIo } from '../support/cli/fake-io';
import { listFixtures } from '../support/fixtures';
import { CTRL_C, startAtTerminal, whyNoTerminal } from '../support/cli/pseudo-terminal';

const CATALOG = 'aliyun-codex-bridge-models.json';
const BACKUP = 'config.toml.before-aliyun-codex-bridge';
const PROFILE = 'aliyun-codex-bridge.config.toml';
const BEFORE = '# Mine.\n\nmodel = "gpt-5.5"\n\n[tui]\nnotifications = true\n';
const posix = { skip: process.platform === 'win32' && 'needs POSIX file modes and symbolic links' };

interface Home {
  readonly folder: string;
  readonly path: string;
  read(file?: string): Promise<string>;
  list(): Promise<readonly string[]>;
  setup(
    args?: readonly string[],
    options?: {
      readonly answers?: readonly (string | undefined)[];
      readonly env?: Readonly<Record<string, string>>;
      /** Called before each answer. */
      readonly beforeAnswer?: () => Promise<void>;
    },
  ): Promise<{
    readonly code: number;
    readonly out: string;
    readonly error: string;
    readonly asked: readonly string[];
  }>;
}

/** Creates a temporary CODEX_HOME. @param text the content of config.toml; default: no file */
async function createHome(context: TestContext, text?: string | Uint8Array): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'setup-command-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'config.toml');
  if (text !== undefined) await writeFile(path, text);
  return {
    folder,
    path,
    read: (file = 'config.toml') => readFile(join(folder, file), 'utf8'),
    list: async () => (await readdir(folder)).sort(),
    async setup(args = [], { answers, env, beforeAnswer } = {}) {
      const io = createFakeIo(answers);
      const { ask } = io;
      const asking = ask && beforeAnswer && {
        ask: async (...question: Parameters<typeof ask>) => {
          await beforeAnswer();
          return ask(...question);
        },
      };
      // Without a terminal, only --yes approves a change.
      const yes = answers === undefined && !args.includes('--shell') ? ['--yes'] : [];
      const code = await run(
        ['setup', ...yes, ...args],
        { HOME: folder, CODEX_HOME: folder, AI_PROVIDER: 'aliyun-coding', ...env },
        { ...io, ...asking },
      );
      return { code, ...io.written, asked: io.asked };
    },
  };
}

/** Installs a `codex` that only prints its version. @returns an environment whose PATH contains it */
async function installCodex({ folder }: Home, version: string): Promise<Readonly<Record<string, string>>> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'codex'), `#!/bin/sh\necho codex-cli ${version}\n`, { mode: 0o755 });
  return { PATH: `${bin}:${process.env['PATH']}` };
}

function parse(text: string) {
  const document = parseToml(text);
  assert.ok(document.ok, document.ok ? '' : document.problem);
  return document.value;
}

test('setup shows the diff, writes the file, the catalog and a backup, and prints the next steps', async (context) => {
  const home = await createHome(context, BEFORE);
  const { code, out, error, asked } = await home.setup();
  assert.deepEqual([code, error, asked], [0, '', []]);
  assert.equal(
    out,
    `--- ${home.path}
+++ ${home.path} after setup
@@ -1,6 +1,19 @@
 # Mine.
 
-model = "gpt-5.5"
+# >>> aliyun-codex-bridge: keys ("aliyun-codex-bridge setup --undo" removes this) >>>
+model = "qwen3.7-plus"
+model_provider = "aliyun"
+model_catalog_json = ${JSON.stringify(join(home.folder, CATALOG))}
+# <<< aliyun-codex-bridge: keys <<<
 
+# set aside by aliyun-codex-bridge: model = "gpt-5.5"
+
 [tui]
 notifications = true
+
+# >>> aliyun-codex-bridge: provider ("aliyun-codex-bridge setup --undo" removes this) >>>
+[model_providers.aliyun]
+name = "Aliyun Codex bridge"
+base_url = "http://127.0.0.1:31415/v1"
+wire_api = "responses"
+# <<< aliyun-codex-bridge: provider <<<

Wrote 10 models to ${join(home.folder, CATALOG)}
Wrote ${home.path}
Backup: ${join(home.folder, BACKUP)}

Next:
  aliyun-codex-bridge start
  codex

To undo: aliyun-codex-bridge setup --undo
`,
  );
  assert.deepEqual(await home.list(), [CATALOG, 'config.toml', BACKUP].sort());
  assert.equal(await home.read(BACKUP), BEFORE);
  assert.equal((JSON.parse(await home.read(CATALOG)) as { models: object[] }).models.length, 10);
});

test('undo shows the diff, restores the file, and removes the files that setup created', async (context) => {
  const home = await createHome(context, BEFORE);
  await home.setup();
  const { code, out, error } = await home.setup(['--undo']);
  assert.deepEqual([code, error], [0, '']);
  assert.match(out, /^-model_provider = "aliyun"$/m);
  assert.match(out, /^\+model = "gpt-5\.5"$/m);
  assert.ok(out.endsWith(`
Removed the bridge from ${home.path}
Removed ${join(home.folder, CATALOG)}
Removed ${join(home.folder, BACKUP)}
Codex no longer uses the bridge. If one runs in the background, stop it with: aliyun-codex-bridge stop
`), out);
  assert.deepEqual(await home.list(), ['config.toml']);
  assert.equal(await home.read(), BEFORE);
});

for (const fixture of listFixtures('config-toml')) {
  const isRejected = fixture.options['rejected'] !== undefined;
  const outcome = isRejected ? 'rejected with line and column, nothing is written' : 'set up, and restored by undo';
  test(`${fixture.name}: ${outcome}`, async (context) => {
    const home = await createHome(context, fixture.bytes('before.toml'));
    const { code, out, error } = await home.setup();
    if (isRejected) {
      const { line, column } = fixture.options['rejected'] as { line: number; column: number };
      assert.deepEqual([code, out], [1, '']);
      assert.ok(error.startsWith(`Cannot read ${home.path}:${line}:${column}: `), error);
      assert.match(
        error,
        new RegExp(`\n\n {2}${line} \\| .*\n {4}\\| [ \t]*\\^\n\nCodex cannot read this file either\\. Fix the line`),
      );
      assert.deepEqual(await home.list(), ['config.toml']);
      return;
    }
    assert.deepEqual([code, error], [0, '']);
    const after = await home.read();
    assert.equal(parse(after)['model_provider'], 'aliyun');
    const again = await home.setup();
    assert.match(again.out, /^Already set up: /);
    assert.equal(await home.read(), after);
    assert.equal((await home.setup(['--undo'])).code, 0);
    const expected = fixture.bytes(fixture.options['older'] ? 'undone.toml' : 'before.toml');
    assert.deepEqual(await readFile(home.path), expected);
  });
}

test('a missing config.toml is created, readable only by its owner, and undo removes it', async (context) => {
  const home = await createHome(context);
  const { code, out } = await home.setup();
  assert.equal(code, 0);
  assert.match(out, /^@@ -0,0 \+1,/m);
  assert.deepEqual(await home.list(), [CATALOG, 'config.toml'].sort(), 'no backup of a missing file');
  if (process.platform !== 'win32') assert.equal((await stat(home.path)).mode & 0o777, 0o600);
  const undone = await home.setup(['--undo']);
  assert.ok(undone.out.includes(`Removed ${home.path}, which setup had created\n`), undone.out);
  assert.deepEqual(await home.list(), []);
});

test('a second setup has nothing to do, and one with other settings keeps the first backup', async (context) => {
  const home = await createHome(context, BEFORE);
  await home.setup();
  const first = await stat(home.path);
  const again = await home.setup();
  assert.equal(again.code, 0);
  assert.match(again.out, /^Already set up: .*\n\nNext/);
  assert.equal((await stat(home.path)).mtimeMs, first.mtimeMs);
  const other = await home.setup([
    '--port',
    '8080',
    '--no-force-env-auth',
    '--default-model',
    'glm-5',
    '--host',
    '0.0.0.0',
  ]);
  assert.match(other.out, /^\+base_url = "http:\/\/127\.0\.0\.1:8080\/v1"\n\+env_key = "AI_API_KEY"$/m);
  assert.match(other.out, /^ {2}aliyun-codex-bridge start --port 8080$/m);
  assert.doesNotMatch(other.out, /Backup/);
  assert.equal(await home.read(BACKUP), BEFORE);
  await home.setup(['--undo']);
  assert.equal(await home.read(), BEFORE);
  assert.equal((await home.setup(['--yes'])).code, 0);
  assert.equal(await home.read(BACKUP), BEFORE);
});

test('a stale catalog is updated without a prompt if config.toml does not change', async (context) => {
  const home = await createHome(context, BEFORE);
  await home.setup();
  const { out, asked } = await home.setup(['--provider', 'deepseek', '--default-model', 'qwen3.7-plus'], {
    answers: [],
  });
  assert.deepEqual(asked, []);
  assert.match(out, /^Wrote \d+ models to .*\n\nNext/);
});

test('setup keeps a model in config.toml that the catalog contains, even one chosen in Codex', async (context) => {
  const home = await createHome(context, 'model = "glm-5"\n');
  await home.setup();
  assert.equal(parse(await home.read())['model'], 'glm-5');
  await writeFile(home.path, (await home.read()).replace('model = "glm-5"\nmodel_p', 'model = "glm-4.7"\nmodel_p'));
  assert.match((await home.setup()).out, /^Already set up/);
  assert.equal(parse(await home.read())['model'], 'glm-4.7');
  await home.setup(['--default-model', 'glm-5']);
  assert.equal(parse(await home.read())['model'], 'glm-5');
});

test('on a terminal, setup and undo ask first, and only y, yes and Enter approve the change', async (context) => {
  const home = await createHome(context, BEFORE);
  for (const answer of ['n', 'No', undefined, 'what?']) {
    const { code, out, error, asked } = await home.setup([], { answers: [answer] });
    assert.deepEqual([code, error, asked], [1, 'Nothing was changed.\n', [`Change ${home.path}? [Y/n] `]]);
    assert.match(out, /^\+model_provider/m);
    assert.deepEqual(await home.list(), ['config.toml']);
  }
  assert.deepEqual((await home.setup(['--yes'], { answers: [] })).asked, []);
  assert.equal((await home.setup(['--undo'], { answers: ['n'] })).code, 1);
  assert.match(await home.read(), /aliyun/);
  for (const answer of ['', 'y', 'YES ']) {
    assert.equal((await home.setup(['--undo'], { answers: [answer] })).code, 0);
    assert.equal(await home.read(), BEFORE);
    assert.equal((await home.setup([], { answers: [answer] })).code, 0);
  }
});

for (const [keys, code] of [['n\r', 1], [CTRL_C, 1], ['\x04', 1], ['\r', 0]] as const) {
  const skip = whyNoTerminal();
  test(
    `on a terminal, the built program asks, and ${JSON.stringify(keys)} means ${code === 0 ? 'yes' : 'no'}`,
    { skip, timeout: 60_000 },
    async (context) => {
      const home = await createHome(context, BEFORE);
      const program = join(__dirname, '..', '..', 'bin', 'aliyun-codex-bridge.js');
      const env = { HOME: home.folder, CODEX_HOME: home.folder, LANG: 'C.UTF-8', PATH: '/usr/bin:/bin' };
      const terminal = startAtTerminal({ args: [process.execPath, program, 'setup'], env });
      context.after(terminal.kill);
      await terminal.shows('config.toml? [Y/n] ');
      terminal.type(keys);
      const { code: found, screen } = await terminal.ended;
      assert.equal(found, code, screen);
      assert.match(screen, code === 0 ? /Wrote 10 models/ : /Nothing was changed\./);
      assert.equal((await home.read()) === BEFORE, code === 1);
    },
  );
}

test('--print prints the block and writes nothing', async (context) => {
  const home = await createHome(context, 'not = TOML');
  const { code, out, error } = await home.setup(['--print', '--port', '8080']);
  assert.deepEqual([code, error], [0, '']);
  assert.deepEqual({ ...parse(out) }['model_provider'], 'aliyun');
  assert.match(out, /^base_url = "http:\/\/127\.0\.0\.1:8080\/v1"$/m);
  assert.match(out, /^# and write FILE with: aliyun-codex-bridge models --codex-catalog FILE$/m);
  assert.deepEqual(await home.list(), ['config.toml']);
});

test('undo leaves a note on how to resume threads, and the next setup removes it', async (context) => {
  const home = await createHome(context, BEFORE);
  await home.setup();
  await writeThread(home.folder, 'aliyun');
  await writeThread(home.folder, 'aliyun');
  const { code, out } = await home.setup(['--undo']);
  assert.equal(code, 0);
  assert.match(out, /^Some Codex threads use the bridge\. Resume them with: aliyun-codex-bridge codex resume$/m);
  const note = `# threads of aliyun-codex-bridge: The bridge has 2 Codex threads. \
To resume one, start the bridge and run:
# threads of aliyun-codex-bridge: codex resume --profile aliyun-codex-bridge
`;
  assert.equal(await home.read(), `${BEFORE}${note}`);
  const profile = parse(await home.read(PROFILE)) as Record<string, unknown>;
  assert.equal(profile['model_provider'], 'aliyun');
  assert.match(JSON.stringify(profile['model_providers']), /"aliyun":\{.*"base_url":"http:\/\/127\.0\.0\.1:31415\/v1"/);
  assert.match((await home.setup(['--undo'])).out, /^Nothing to undo/);
  assert.ok((await home.list()).includes(PROFILE), 'the profile is kept while there are threads');
  await home.setup();
  assert.doesNotMatch(await home.read(), /threads of aliyun-codex-bridge/);
  assert.ok(!(await home.list()).includes(PROFILE));
  await rm(join(home.folder, 'sessions'), { recursive: true });
  await home.setup(['--undo']);
  assert.equal(await home.read(), BEFORE);
});

for (const [name, before] of [
  ['an empty file', ''],
  ['no final line ending', 'model = "gpt-5.5"'],
  ['a comment without a line ending', 'model = "gpt-5.5"\n# mine'],
  ['Windows line endings', 'model = "gpt-5.5"\r\n[tui]\r\nnotifications = true'],
  ['mixed line endings', 'model = "gpt-5.5"\r\n[tui]\nnotifications = true'],
  ['a byte order mark', '\ufeffmodel = "gpt-5.5"'],
  ['only a byte order mark', '\ufeff'],
  ['empty lines at the end', 'model = "gpt-5.5"\n\n\n'],
  ['spaces without a line ending', 'model = "gpt-5.5"\n  '],
] as const) {
  test(`the note about threads is added and removed without changing another byte: ${name}`, async (context) => {
    const home = await createHome(context, before);
    for (let round = 0; round < 2; round += 1) {
      await home.setup();
      await writeThread(home.folder, 'aliyun');
      await home.setup(['--undo']);
      const noted = await home.read();
      assert.ok(noted.startsWith(before) && /^# threads of aliyun-codex-bridge: /m.test(noted), noted);
      assert.match((await home.setup(['--undo'])).out, /^Nothing to undo/);
      assert.equal(await home.read(), noted);
    }
    await rm(join(home.folder, 'sessions'), { recursive: true });
    await home.setup(['--undo']);
    assert.equal((await home.list()).includes('config.toml') ? await home.read() : '', before);
  });
}

test('undo removes the profile once there are no threads, and keeps a profile of the user', async (context) => {
  const home = await createHome(context, BEFORE);
  await home.setup();
  await writeThread(home.folder, 'aliyun');
  await home.setup(['--undo']);
  await rm(join(home.folder, 'sessions'), { recursive: true });
  // The first undo removes the note about threads, the next one the profile.
  await home.setup(['--undo']);
  const { out } = await home.setup(['--undo']);
  assert.match(out, /^Nothing to undo.*\nRemoved .*aliyun-codex-bridge\.config\.toml\n$/);
  await writeFile(join(home.folder, PROFILE), 'model = "mine"\n');
  await home.setup();
  await writeThread(home.folder, 'aliyun');
  const { out: kept } = await home.setup(['--undo']);
  assert.doesNotMatch(kept, /^Wrote /m);
  assert.equal(await home.read(PROFILE), 'model = "mine"\n');
});

test('the profile overrides what Codex rejects in the restored file', async (context) => {
  const rejected = 'approval_policy = "untrusted"\n\n[model_providers."Model Studio"]\nname = "M"\nwire_api = "chat"\n';
  const home = await createHome(context, `${rejected}\n[model_providers.fine]\nname = "F"\n`);
  await home.setup();
  await writeThread(home.folder, 'aliyun');
  await home.setup(['--undo']);
  const { approval_policy: policy, model_providers: providers } = parse(await home.read(PROFILE));
  assert.equal(policy, 'on-request');
  assert.ok(isTomlTable(providers));
  assert.deepEqual(Object.keys(providers), ['aliyun', 'Model Studio']);
  assert.deepEqual({ ...(providers['Model Studio'] as object) }, { name: 'disabled', wire_api: 'responses' });
});

test('a change that another program makes during the question is not lost', async (context) => {
  const home = await createHome(context, BEFORE);
  for (const words of [[], ['--undo']]) {
    const changed = `${await home.read()}\n[projects."/p${words.length}"]\ntrust_level = "trusted"\n`;
    const files = await home.list();
    const beforeAnswer = () => writeFile(home.path, changed);
    const { code, error } = await home.setup(words, { answers: ['y'], beforeAnswer });
    assert.equal(code, 1);
    assert.match(error, /^Cannot change .*: another program has changed it in the meantime; run the command again\./);
    assert.equal(await home.read(), changed);
    assert.deepEqual(await home.list(), files);
    assert.equal((await home.setup(words)).code, 0);
    assert.match(await home.read(), /trust_level/);
  }
});

test('a file that appears during the question is not replaced', async (context) => {
  const home = await createHome(context);
  const beforeAnswer = () => writeFile(home.path, BEFORE);
  assert.equal((await home.setup([], { answers: ['y'], beforeAnswer })).code, 1);
  assert.equal(await home.read(), BEFORE);
});

test('a setup after an undo that left notes on threads makes a backup too', async (context) => {
  const home = await createHome(context, BEFORE);
  await home.setup();
  await writeThread(home.folder, 'aliyun');
  await home.setup(['--undo']);
  const noted = await home.read();
  assert.match((await home.setup()).out, /^Backup: /m);
  assert.equal(await home.read(BACKUP), noted);
  await writeThread(home.folder, 'aliyun');
  assert.match((await home.setup(['--undo'])).out, /^Removed .*\.before-aliyun-codex-bridge$/m);
});

test('a file that consists of notes is removed with the last thread', async (context) => {
  const home = await createHome(context);
  await home.setup();
  await writeThread(home.folder, 'aliyun');
  await home.setup(['--undo']);
  await home.setup();
  await rm(join(home.folder, 'sessions'), { recursive: true });
  await home.setup(['--undo']);
  assert.deepEqual(await home.list(), []);
});

test('a kept backup is not overwritten by the next one', async (context) => {
  const home = await createHome(context, `${BEFORE}# Precious.\n`);
  await home.setup();
  await writeFile(home.path, (await home.read()).replace('# Precious.\n', ''));
  assert.match((await home.setup(['--undo'])).out, /^Kept .*\.before-aliyun-codex-bridge:/m);
  await home.setup();
  assert.equal(await home.read(BACKUP), BEFORE);
  assert.match(await home.read(`${BACKUP}.1`), /# Precious\./);
});

test('setup configures Codex to send the access token of the bridge', async (context) => {
  const home = await createHome(context, BEFORE);
  const env = { BRIDGE_ACCESS_TOKEN: '0123456789abcdef' };
  const readProvider = async (file?: string): Promise<unknown> => {
    const { model_providers: providers } = parse(await home.read(file));
    return isTomlTable(providers) ? JSON.parse(JSON.stringify(providers['aliyun'])) : undefined;
  };
  const { out } = await home.setup([], { env });
  assert.match(out, /^ {2}codex {4}\(with the access token in BRIDGE_ACCESS_TOKEN\)$/m);
  const common = {
    name: 'Aliyun Codex bridge', base_url: 'http://127.0.0.1:31415/v1', wire_api: 'responses',
  };
  assert.deepEqual(await readProvider(), { ...common, env_key: 'BRIDGE_ACCESS_TOKEN' });
  assert.match((await home.setup([], { env })).out, /^Already set up/);
  await home.setup(['--no-force-env-auth'], { env });
  const forwarded = { ...common, env_key: 'AI_API_KEY', env_http_headers: { 'x-api-key': 'BRIDGE_ACCESS_TOKEN' } };
  assert.deepEqual(await readProvider(), forwarded);
  await writeThread(home.folder, 'aliyun');
  await home.setup(['--undo']);
  assert.deepEqual(await readProvider(PROFILE), forwarded);
  await home.setup(['--access-token-file', 'tokens']);
  assert.deepEqual(await readProvider(), { ...common, env_key: 'BRIDGE_ACCESS_TOKEN' });
});

const SEARCH = { BRIDGE_SEARCH: 'searxng', BRIDGE_SEARCH_URL: 'http://127.0.0.1:8888' };

test('--print includes web search if a service is configured', async (context) => {
  const home = await createHome(context);
  const { out } = await home.setup(['--print'], { env: SEARCH });
  assert.match(out, /^features\.standalone_web_search = true$/m);
  assert.match(out, /^supports_standalone_web_search = true$/m);
  assert.doesNotMatch((await home.setup(['--print'])).out, /web_search/);
});

test('setup enables web search if a service is configured, and undo restores the file', posix, async (context) => {
  const before = `${BEFORE}\n[features]\ngoals = false`;
  const home = await createHome(context, before);
  const env = { ...SEARCH, ...(await installCodex(home, '0.171.0')) };
  assert.equal((await home.setup([], { env })).code, 0);
  assert.match(await home.read(), /^standalone_web_search = true$/m);
  assert.match(await home.read(), /^supports_standalone_web_search = true$/m);
  await home.setup(['--undo'], { env });
  assert.equal(await home.read(), before);
});

test('undo adds no note about threads to a file that setup has not changed', async (context) => {
  const home = await createHome(context, BEFORE);
  await writeThread(home.folder, 'aliyun');
  assert.match((await home.setup(['--undo'])).out, /^Nothing to undo/);
  assert.equal(await home.read(), BEFORE);
});

test('undo without a previous setup has nothing to do', async (context) => {
  for (const text of [undefined, BEFORE]) {
    const home = await createHome(context, text);
    const { code, out } = await home.setup(['--undo']);
    assert.equal(code, 0);
    assert.equal(out, `Nothing to undo: setup has not changed ${home.path}.\n`);
  }
});

test('undo removes a leftover catalog, but not one that config.toml names', async (context) => {
  const home = await createHome(context, BEFORE);
  await home.setup();
  await writeFile(home.path, `model_catalog_json = ${JSON.stringify(join(home.folder, CATALOG))}\n`);
  assert.doesNotMatch((await home.setup(['--undo'])).out, /Removed/);
  await writeFile(home.path, '');
  assert.match((await home.setup(['--undo'])).out, /^Removed .*models\.json$/m);
});

test('undo keeps later changes by Codex, and a backup with lines that would otherwise be lost', async (context) => {
  const home = await createHome(context, 'model = "gpt-5.5"\n# A note.\nmodel_reasoning_effort = "high"\n');
  await home.setup();
  const text = await home.read();
  await writeFile(home.path, text
    .replace(/# set aside.*\n# A note\.\nmodel_reasoning_effort.*\n/, '')
    .replace(/(?=# <<< aliyun-codex-bridge: provider)/, '\n[mcp_servers.demo]\ncommand = "echo"\n'));
  const { code, out } = await home.setup(['--undo']);
  assert.equal(code, 0);
  assert.equal(await home.read(), '\n[mcp_servers.demo]\ncommand = "echo"\n');
  const kept = `Kept ${join(home.folder, BACKUP)}: it contains lines that ${home.path} no longer has\n`;
  assert.ok(out.includes(kept), out);
  assert.match(await home.read(BACKUP), /gpt-5\.5/);
});

test('if undo cannot restore the file, the error names the backup', async (context) => {
  const home = await createHome(context, BEFORE);
  await home.setup();
  await writeFile(home.path, `model = "x"\n${(await home.read()).replace(/^model = .*\n/m, '')}`);
  const { code, error } = await home.setup(['--undo']);
  assert.equal(code, 1);
  assert.equal(
    error,
    `Cannot change ${home.path}: the file has changed since setup, and the lines that setup had commented out \
no longer fit (expected each key once; model is already defined).
Backup from before setup: ${join(home.folder, BACKUP)}\n`,
  );
});

test('the caret points at the column, even after tabs', async (context) => {
  const home = await createHome(context, 'a = 1\n\tmodel = gpt-5\n');
  const { error } = await home.setup();
  assert.match(
    error,
    /^Cannot read .*config\.toml:2:10: expected a value, found gpt-5; put strings in quotes\.$/m,
  );
  assert.ok(error.includes(`\n  2 | \tmodel = gpt-5\n    | \t${' '.repeat(8)}^\n`), error);
});

test('the excerpt of an invalid line never shows a secret', async (context) => {
  for (const line of [
    'experimental_bearer_token = sk-test-secret', 'experimental_bearer_token = "sk-test-secret',
    'http_headers = { Authorization = Bearer-secret }', "api_key = 'sk-test-secret' x", '"sk-test-secret',
    'sk-test-secret', '[sk-test-secret', 'env = { X_PAT = secret', 'passphrase = secret', 'a = [\n"secret"\nx',
    'base_url = https://user:secret@host.example', 'a = \'\'\'\nsecret\n', 'a = "secret" b', 'model = sk-test-secret',
  ]) {
    const { code, error } = await (await createHome(context, `${line}\n`)).setup();
    assert.equal(code, 1, line);
    assert.match(error, /^ +\d \| /m);
    assert.doesNotMatch(error, /secret/, line);
  }
});

test('bytes that are not UTF-8 are reported with their line', async (context) => {
  const home = await createHome(context, Buffer.from('# ok\nmodel = "caf\xe9"\n', 'latin1'));
  const { code, error } = await home.setup();
  assert.equal(code, 1);
  assert.match(error, /config\.toml:2: the line is not UTF-8.* Save the file as UTF-8/);
  await writeFile(home.path, Buffer.from('\ufeffmodel = "a"\n', 'utf16le'));
  assert.match((await home.setup()).error, /config\.toml:1: the line is not UTF-8/);
});

test('a folder in place of config.toml is reported, and so is a file in place of CODEX_HOME', async (context) => {
  const home = await createHome(context);
  await mkdir(home.path);
  assert.match((await home.setup()).error, /^Cannot read .*config\.toml: it is a folder\. Make it a readable file/);
  await rm(home.path, { recursive: true });
  await writeFile(join(home.folder, 'file'), '');
  const { code, error } = await home.setup([], { env: { CODEX_HOME: join(home.folder, 'file') } });
  assert.equal(code, 1);
  assert.match(error, /^Cannot read .*: a part of its path is a file, not a folder\./);
});

test('a read-only file is not changed', posix, async (context) => {
  const home = await createHome(context, BEFORE);
  await chmod(home.path, 0o444);
  const { code, error } = await home.setup();
  assert.equal(code, 1);
  assert.match(
    error,
    /^Cannot change .*config\.toml: it is read-only\. To edit it yourself, print .* setup --print$/m,
  );
  assert.equal(await home.read(), BEFORE);
  assert.deepEqual(await home.list(), ['config.toml'], 'a setup that failed leaves nothing behind');
});

test('the mode is preserved, and the target of a symbolic link is written', posix, async (context) => {
  const home = await createHome(context);
  await mkdir(join(home.folder, 'dotfiles'));
  const target = join(home.folder, 'dotfiles', 'codex.toml');
  await writeFile(target, BEFORE);
  await chmod(target, 0o640);
  await symlink(join('dotfiles', 'codex.toml'), home.path);
  assert.equal((await home.setup()).code, 0);
  assert.ok((await lstat(home.path)).isSymbolicLink());
  assert.equal((await stat(target)).mode & 0o777, 0o640);
  assert.equal((await stat(join(home.folder, BACKUP))).mode & 0o777, 0o640);
  assert.match(await readFile(target, 'utf8'), /model_provider = "aliyun"/);
  assert.equal((await home.setup(['--undo'])).code, 0);
  assert.ok((await lstat(home.path)).isSymbolicLink());
  assert.equal(await readFile(target, 'utf8'), BEFORE);
});

test('the missing target of a link is created, and undo keeps the link', posix, async (context) => {
  const home = await createHome(context);
  await symlink('elsewhere.toml', home.path);
  assert.equal((await home.setup()).code, 0);
  assert.match(await home.read('elsewhere.toml'), /aliyun/);
  assert.equal((await home.setup(['--undo'])).code, 0);
  assert.ok((await lstat(home.path)).isSymbolicLink());
  assert.equal(await home.read('elsewhere.toml'), '');
});

test('if CODEX_HOME is a symbolic link, undo removes the file that setup created', posix, async (context) => {
  const home = await createHome(context);
  const [folder, link] = [join(home.folder, 'dotfiles'), join(home.folder, '.codex')];
  await mkdir(folder);
  await symlink('dotfiles', link);
  const env = { CODEX_HOME: link };
  assert.equal((await home.setup([], { env })).code, 0);
  const { code, out } = await home.setup(['--undo'], { env });
  assert.deepEqual([code, await readdir(folder)], [0, []]);
  assert.match(out, /^Removed .*\.codex\/config\.toml, which setup had created$/m);
});

test('an unusable backup is named in the error, and nothing is changed', async (context) => {
  const home = await createHome(context, BEFORE);
  const backup = join(home.folder, BACKUP);
  await mkdir(backup);
  const { code, error } = await home.setup();
  assert.equal(code, 1);
  assert.ok(error.startsWith(
    `Cannot change ${home.path}: its backup ${backup} cannot be written (it is a folder). To edit it yourself,`,
  ), error);
  assert.deepEqual([await home.read(), await home.list()], [BEFORE, ['config.toml', BACKUP]]);
  await rm(backup, { recursive: true });
  await home.setup();
  await rm(backup);
  await mkdir(backup);
  assert.equal(
    (await home.setup(['--undo'])).error,
    `Cannot change ${home.path}: its backup ${backup} cannot be read (it is a folder).\n`,
  );
});

test('a catalog that the bridge did not write is kept', async (context) => {
  const home = await createHome(context, BEFORE);
  await writeFile(join(home.folder, CATALOG), '{"models":[]}');
  const { code, error } = await home.setup();
  assert.equal(code, 1);
  assert.match(error, /models\.json: the bridge did not write this file\. Move it away/);
  assert.equal(await home.read(), BEFORE);
});

test('warnings name the profiles and trusted projects that override setup', async (context) => {
  const home = await createHome(context);
  const project = join(home.folder, 'project');
  await writeFile(home.path, `[profiles.home]\nmodel = "x"\n[profiles.calm]\napproval_policy = "never"\n
[projects.${JSON.stringify(project)}]\ntrust_level = "trusted"
[projects.${JSON.stringify(`${project}-2`)}]\ntrust_level = "untrusted"\n`);
  await writeFile(join(home.folder, 'team.config.toml'), 'model = "y"\nmodel_provider = "openai"\n');
  for (const folder of [project, `${project}-2`]) {
    await mkdir(join(folder, '.codex'), { recursive: true });
    await writeFile(join(folder, '.codex', 'config.toml'), 'model = "z"\n');
  }
  const { out } = await home.setup();
  assert.deepEqual(
    out.split('\n').filter((line) => line.startsWith('Warning: ')),
    [
      'Warning: [profiles.home] sets model. Codex 0.146 and later reject --profile home while this table exists; ' +
      'move its keys to home.config.toml next to config.toml.',
      'Warning: team.config.toml sets model_provider and model, which overrides setup in: codex --profile team',
      `Warning: ${join(project, '.codex', 'config.toml')} sets model, which overrides setup in that project.`,
    ],
  );
});

test('without a terminal and without --yes, nothing is changed', async (context) => {
  const home = await createHome(context, BEFORE);
  const io = createFakeIo();
  const env = { HOME: home.folder, CODEX_HOME: home.folder, AI_PROVIDER: 'aliyun-coding' };
  assert.equal(await run(['setup'], env, io), 1);
  assert.match(io.written.out, /^\+model_provider = "aliyun"$/m);
  assert.equal(io.written.error, 'Nothing was changed. Without a terminal, confirm the change with --yes.\n');
  assert.deepEqual(await home.list(), ['config.toml']);
});

test('a Codex that fetches the catalog gets no catalog file, and an old one is removed', posix, async (context) => {
  const home = await createHome(context, BEFORE);
  await home.setup();
  assert.ok((await home.list()).includes(CATALOG));
  const env = await installCodex(home, '0.171.0');
  const { code, out } = await home.setup([], { env });
  assert.equal(code, 0);
  assert.match(out, /^Removed .*models\.json: Codex now fetches the models from the bridge$/m);
  const text = await home.read();
  assert.match(text, /^model_catalog_url = "http:\/\/127\.0\.0\.1:31415\/v1\/models"$/m);
  assert.doesNotMatch(text, /model_catalog_json/);
  assert.match((await home.setup([], { env })).out, /^Already set up: /);
  await home.setup(['--undo'], { env });
  assert.equal(await home.read(), BEFORE);
});

test('an older Codex gets a catalog that it can read', posix, async (context) => {
  const home = await createHome(context, BEFORE);
  const listEfforts = async (version: string): Promise<readonly string[]> => {
    await home.setup([], { env: { AI_PROVIDER: 'deepseek', ...(await installCodex(home, version)) } });
    const { models } = JSON.parse(await home.read(CATALOG)) as {
      models: { supported_reasoning_levels: { effort: string }[] }[];
    };
    return models.flatMap(({ supported_reasoning_levels: levels }) => levels.map(({ effort }) => effort));
  };
  assert.ok((await listEfforts('0.146.0')).includes('max'));
  assert.ok(!(await listEfforts('0.125.0')).includes('max'));
});

test('the diff is colored on a terminal', async (context) => {
  const home = await createHome(context, BEFORE);
  const io = { ...createFakeIo(), isTerminal: () => true };
  assert.equal(
    await run(['setup', '--yes'], { HOME: home.folder, CODEX_HOME: home.folder, AI_PROVIDER: 'aliyun-coding' }, io),
    0,
  );
  assert.match(io.written.out, /\u001b\[31m-model = "gpt-5\.5"\u001b\[39m\n\u001b\[32m\+# >>>/);
});

test('setup fails if no model is known, and --default-model names one', async (context) => {
  const home = await createHome(context, BEFORE);
  const env = { AI_PROVIDER: '', AI_API_BASE: 'http://127.0.0.1:9/v1' };
  for (const args of [[], ['--print']]) {
    const { code, error } = await home.setup(args, { env });
    assert.equal(code, 1);
    assert.match(error, /no model is known, and the provider lists none\. Choose one with --default-model/);
  }
  assert.equal((await home.setup(['--default-model', 'my-model'], { env })).code, 0);
  assert.equal(parse(await home.read())['model'], 'my-model');
});

test('usage errors are reported together, and port 0 is one', async (context) => {
  const home = await createHome(context, BEFORE);
  const { code, error } = await home.setup(['--print', '--undo', '--port', '0', '--install', '--nonsense']);
  assert.equal(code, 2);
  assert.match(error, /^Invalid usage:\n/);
  assert.match(error, /--print and --undo cannot be combined\./);
  assert.match((await home.setup(['--port', '0'])).error, /Port 0 picks a free port at every start/);
  assert.deepEqual(await home.list(), ['config.toml']);
});

test('--shell prints the shell function and leaves config.toml alone', async (context) => {
  const home = await createHome(context, BEFORE);
  const { code, out } = await home.setup(['--shell', 'bash']);
  assert.equal(code, 0);
  assert.match(out, /codex-with-codingplan/);
  assert.deepEqual(await home.list(), ['config.toml']);
});
