/** The launcher's handling of a config.toml that Codex rejects. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { findConfigFlaws, renderFlawOverrides } from '../../src/codex/config-flaws';
import { fixConfig } from '../../src/codex/fix-config';
import { removeConfig } from '../../src/codex/edit-config';
import { parseToml } from '../../src/codex/toml/parse-toml';
import { createFakeIo } from '../support/cli/fake-io';

const CHAT = '[model_providers.X]\nname = "X"\nwire_api = "chat"\n';
const RESERVED = 'model = "m"\n\n[model_providers.openai]\nname = "Mine"\nbase_url = "https://x.example"\n';

async function createHome(context: TestContext, text?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'fixed-config-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.toml');
  if (text !== undefined) await writeFile(file, text);
  return {
    folder,
    read: () => readFile(file, 'utf8'),
    async fix(answers?: readonly (string | undefined)[], version?: string) {
      const io = createFakeIo(answers);
      return { fix: await fixConfig(folder, version, io), questions: io.asked, error: io.written.error };
    },
  };
}

test('does nothing for a missing or valid file, or for a syntax error, which Codex reports', async (context) => {
  for (const text of [undefined, 'model = "m"\n', 'a = = 1\n', '[model_providers.x]\nname = "X"\n']) {
    const { fix } = await (await createHome(context, text)).fix();
    assert.deepEqual(fix, { ok: true, overrides: [], notes: [] });
  }
});

test('overrides fix what they can, without a prompt and without changing the file', async (context) => {
  const home = await createHome(context, `approval_policy = "untrusted"\nnotify = "bell"\nweb_search = true\n${CHAT}`);
  const { fix, questions } = await home.fix([]);
  assert.ok(fix.ok);
  assert.deepEqual(questions, []);
  assert.deepEqual(fix.overrides, [
    '-c', 'model_providers={X={name="disabled",wire_api="responses"}}',
    '-c', 'approval_policy="on-request"', '-c', 'notify=[]', '-c', 'web_search="live"',
  ]);
  assert.match(fix.notes.join('\n'), /config\.toml:6: \[model_providers\.X\]: wire_api = "chat", which Codex no/);
  assert.deepEqual(await readdir(home.folder), ['config.toml']);
});

test('without a terminal, the error for a built-in provider says how to fix it', async (context) => {
  const home = await createHome(context, RESERVED);
  const { fix } = await home.fix();
  assert.ok(!fix.ok);
  assert.match(fix.problem, /config\.toml:3: \[model_providers\.openai\]: openai is a built-in provider/);
  assert.match(fix.fix ?? '', /^Rename the table\. Or comment these lines out, reversibly, with: .* setup --yes$/);
  assert.equal(await home.read(), RESERVED);
});

test('on a terminal, comments out the table of a built-in provider on request; undo restores it', async (context) => {
  const home = await createHome(context, RESERVED);
  for (const answer of ['n', undefined]) {
    const { fix, error } = await home.fix([answer]);
    assert.deepEqual(fix, { ok: false, problem: 'Codex was not started.' });
    assert.match(error, /^Codex does not start with this configuration:\n {2}.*config\.toml:3: /);
    assert.equal(await home.read(), RESERVED);
  }
  const { fix, questions } = await home.fix(['']);
  assert.ok(fix.ok && fix.overrides.length === 0);
  assert.match(questions[0] ?? '', /^Comment these lines out\? .*setup --undo.*\[Y\/n\] $/);
  const edited = await home.read();
  assert.match(edited, /^# set aside by aliyun-codex-bridge: \[model_providers\.openai\]$/m);
  assert.deepEqual(removeConfig(edited), { ok: true, text: RESERVED });
  assert.equal(await readFile(join(home.folder, 'config.toml.before-aliyun-codex-bridge'), 'utf8'), RESERVED);
  assert.deepEqual((await home.fix()).fix, { ok: true, overrides: [], notes: [] });
});

test('a file that cannot be written is an error, and no backup is left', async (context) => {
  const home = await createHome(context, RESERVED);
  await chmod(join(home.folder, 'config.toml'), 0o444);
  const { fix } = await home.fix(['y']);
  assert.ok(!fix.ok);
  assert.match(fix.problem, /^Cannot write .*config\.toml: .*read-only/);
  assert.deepEqual(await readdir(home.folder), ['config.toml']);
});

test('settings that a version still accepts are not flaws', () => {
  const flaws = (text: string, version?: string) => {
    const document = parseToml(text);
    assert.ok(document.ok);
    return findConfigFlaws(document, version).map(({ effect, line }) => `${effect} ${line}`);
  };
  assert.deepEqual(flaws('approval_policy = "untrusted"\n', '0.146.0'), []);
  assert.deepEqual(flaws('approval_policy = "untrusted"\n'), ['rejected 1']);
  assert.deepEqual(flaws('profile = "x"\n', '0.125.0'), []);
  assert.deepEqual(flaws('profile = "x"\n', '0.146.0'), ['rejected 1']);
  assert.deepEqual(flaws('notify = ["bell"]\nweb_search = "live"\napproval_policy = "on-request"\n'), []);
  assert.deepEqual(flaws('[model_providers.amazon-bedrock.aws]\nregion = "x"\n'), []);
  assert.deepEqual(flaws('[model_providers.amazon-bedrock]\nname = "x"\n'), ['rejected 2']);
});

test('misspelled keys are reported with the nearest known key; other unknown keys are not', () => {
  const ignored = (text: string) => {
    const document = parseToml(text);
    assert.ok(document.ok);
    return findConfigFlaws(document).map(({ line, fix }) => `${line} ${fix}`);
  };
  assert.deepEqual(ignored('modle = "m"\nmodel_providr = "x"\naproval_policy = "never"\nmodel-provider = "x"\n'), [
    '1 Did you mean model?', '2 Did you mean model_provider?', '3 Did you mean approval_policy?',
    '4 Did you mean model_provider?',
  ]);
  assert.deepEqual(ignored('[model_providers.x]\nname = "X"\nbase_ulr = "u"\nenvkey = "K"\nwireapi = "responses"\n'), [
    '3 Did you mean base_url?', '4 Did you mean env_key?', '5 Did you mean wire_api?',
  ]);
  assert.deepEqual(ignored('something_new = 1\nexperimental_x = true\npreferred_auth_method = "apikey"\n'), []);
});

test('an id that is not a bare key is quoted in an override', () => {
  const document = parseToml('[model_providers."a.b"]\nname = "X"\nwire_api = "chat"\n');
  assert.ok(document.ok);
  assert.deepEqual(renderFlawOverrides(findConfigFlaws(document)), [
    '-c', 'model_providers={"a.b"={name="disabled",wire_api="responses"}}',
  ]);
});

test('an unusable backup is reported, and the file is unchanged', async (context) => {
  const home = await createHome(context, RESERVED);
  const backup = join(home.folder, 'config.toml.before-aliyun-codex-bridge');
  await mkdir(backup);
  const { fix } = await home.fix(['y']);
  const file = join(home.folder, 'config.toml');
  const problem = `Cannot write ${file}: its backup ${backup} cannot be written (it is a folder).`;
  assert.deepEqual(fix, { ok: false, problem });
  assert.deepEqual([await home.read(), (await readdir(home.folder)).length], [RESERVED, 2]);
});
