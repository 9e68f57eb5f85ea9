/** `setup --shell`: its output, and the region that it adds to start-up files without changing the rest. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { createFakeIo } from '../support/cli/fake-io';

const RC = { bash: '.bashrc', zsh: '.zshrc', fish: '.config/fish/functions/codex-with-codingplan.fish' } as const;
const PROFILE = '.config/powershell/Microsoft.PowerShell_profile.ps1';
const SHELLS = Object.keys(RC) as (keyof typeof RC)[];

interface Home {
  readonly path: (name: string) => string;
  readonly read: (name: string) => Promise<string>;
  readonly write: (name: string, content: string | Buffer) => Promise<void>;
  readonly setup: (...words: string[]) => Promise<{ code: number; out: string; error: string }>;
}

async function createHome(context: TestContext, env: Readonly<Record<string, string>> = {}): Promise<Home> {
  const home = await mkdtemp(join(tmpdir(), 'shell-setup-'));
  context.after(() => rm(home, { recursive: true, force: true }));
  const path = (name: string): string => join(home, name);
  return {
    path,
    read: (name) => readFile(path(name), 'latin1'),
    async write(name, content) {
      await mkdir(dirname(path(name)), { recursive: true });
      await writeFile(path(name), content);
    },
    async setup(...words) {
      const io = createFakeIo();
      const code = await run(['setup', ...words], { HOME: home, CODEX_HOME: join(home, 'codex'), ...env }, io);
      return { code, ...io.written };
    },
  };
}

for (const shell of [...SHELLS, 'powershell']) {
  test(`--shell ${shell} prints the function and writes nothing`, async (context) => {
    const { path, setup } = await createHome(context);
    const { code, out, error } = await setup('--shell', shell);
    assert.deepEqual([code, error], [0, '']);
    assert.match(out, /^# >>> codex-with-codingplan: .* >>>\nfunction codex-with-codingplan /);
    assert.match(out, /\n# <<< codex-with-codingplan <<<\n$/);
    assert.deepEqual(await readdir(path('')), []);
  });
}

for (const shell of SHELLS) {
  test(`${shell}: --install adds the function once, --undo removes it`, async (context) => {
    const { path, read, write, setup } = await createHome(context);
    await write(RC[shell], 'set -x it "1"');
    const first = await setup('--shell', shell, '--install');
    assert.deepEqual([first.code, first.error], [0, '']);
    const file = path(RC[shell]);
    assert.match(first.out, new RegExp(`^Added codex-with-codingplan to ${file}\n\nUse it now: `));
    if (shell !== 'fish') assert.ok(first.out.includes(`Use it now:  source ${file}\n`));
    const { out: printed } = await setup('--shell', shell);
    assert.equal(await read(RC[shell]), `set -x it "1"\n${printed}`);

    const second = await setup('--shell', shell, '--install');
    assert.match(second.out, /^codex-with-codingplan is already in .*\n/);
    assert.equal(await read(RC[shell]), `set -x it "1"\n${printed}`);

    const undone = await setup('--shell', shell, '--undo');
    assert.match(undone.out, /^Removed codex-with-codingplan from /);
    assert.equal(await read(RC[shell]), 'set -x it "1"');
    const again = await setup('--shell', shell, '--undo');
    assert.deepEqual(
      [again.code, again.out],
      [0, `Nothing to remove: setup has not added codex-with-codingplan to ${file}.\n`],
    );
  });

  const isMissing = spawnSync(shell, ['-c', 'true']).error !== undefined;
  const reason = isMissing ? ` (skipped: no ${shell} on this machine)` : '';
  test(
    `${shell}: a new shell with the installed file has the function${reason}`,
    { skip: isMissing },
    async (context) => {
      const { path, write, setup } = await createHome(context);
      await setup('--shell', shell, '--install');
      await write('bin/aliyun-codex-bridge', '#!/bin/sh\nprintf "<%s>" "$@"\n');
      await chmod(path('bin/aliyun-codex-bridge'), 0o755);
      const env = { HOME: path(''), PATH: `${path('bin')}:/usr/bin:/bin`, TERM: 'dumb' };
      // An interactive shell reads its start-up file itself; job control would need a terminal.
      const words = shell === 'bash' ? ['-i', '+m', '-c'] : ['-i', '-c'];
      const { stdout } = spawnSync(shell, [...words, "codex-with-codingplan 'a b' ''"], {
        env,
        encoding: 'utf8',
        input: '',
      });
      assert.ok(stdout.includes('<codex><a b><>'), stdout);
    },
  );

  test(`${shell}: a missing file is created with its folders, and removed by --undo`, async (context) => {
    const { read, path, setup } = await createHome(context);
    await setup('--shell', shell, '--install');
    assert.equal(await read(RC[shell]), (await setup('--shell', shell)).out);
    await setup('--shell', shell, '--undo');
    await assert.rejects(stat(path(RC[shell])), /ENOENT/);
  });
}

test('ZDOTDIR and XDG_CONFIG_HOME choose the folders of the start-up files', async (context) => {
  const root = await mkdtemp(join(tmpdir(), 'shell-folders-'));
  context.after(() => rm(root, { recursive: true, force: true }));
  const { setup } = await createHome(context, { ZDOTDIR: join(root, 'z'), XDG_CONFIG_HOME: join(root, 'config') });
  for (const shell of ['zsh', 'fish', 'powershell']) await setup('--shell', shell, '--install');
  assert.ok((await stat(join(root, 'z', '.zshrc'))).isFile());
  assert.ok((await stat(join(root, 'config', 'fish', 'functions', 'codex-with-codingplan.fish'))).isFile());
  assert.ok((await stat(join(root, 'config', 'powershell', 'Microsoft.PowerShell_profile.ps1'))).isFile());
});

test('CRLF, bytes that are not UTF-8, and the mode of the file are preserved', async (context) => {
  const { path, read, write, setup } = await createHome(context);
  const before = Buffer.from('# caf\xe9 \x80\xff\r\nx=1\r\n', 'latin1');
  await write('.bashrc', before);
  await chmod(path('.bashrc'), 0o640);
  await setup('--shell', 'bash', '--install');
  assert.equal((await stat(path('.bashrc'))).mode & 0o777, 0o640);
  const text = await read('.bashrc');
  assert.ok(text.startsWith(before.toString('latin1')));
  assert.equal(text.replaceAll('\r\n', '').includes('\n'), false);
  await setup('--shell', 'bash', '--undo');
  assert.deepEqual(await readFile(path('.bashrc')), before);
  assert.deepEqual(await readdir(path('')), ['.bashrc'], 'no draft is left');
});

test('a profile in UTF-16 stays in UTF-16', async (context) => {
  const { path, write, setup } = await createHome(context);
  const before = Buffer.from('\ufeff$x = "ü"\r\n', 'utf16le');
  await write(PROFILE, before);
  const { out } = await setup('--shell', 'powershell', '--install');
  assert.match(out, /\nUse it now: {2}\. '.*'\nRun Codex: .*\nIf running scripts is disabled, run: /);
  const text = (await readFile(path(PROFILE))).toString('utf16le');
  assert.match(text, /^\ufeff\$x = "ü"\r\n\r\n# >>> codex-with-codingplan: .*\r\nfunction /);
  await setup('--shell', 'powershell', '--undo');
  assert.deepEqual(await readFile(path(PROFILE)), before);
});

test('an older version of the function is updated in place', async (context) => {
  const { read, write, setup } = await createHome(context);
  await write('.zshrc', 'a\n# >>> codex-with-codingplan: old >>>\nold\n# <<< codex-with-codingplan <<<\nb\n');
  const { out } = await setup('--shell', 'zsh', '--install');
  assert.match(out, /^Updated codex-with-codingplan in /);
  assert.equal(await read('.zshrc'), `a\n${(await setup('--shell', 'zsh')).out}b\n`);
});

test('a function in another start-up file is found there by --install and --undo', async (context) => {
  const { read, write, path, setup } = await createHome(context);
  await write('.bash_profile', (await setup('--shell', 'bash')).out);
  assert.match((await setup('--shell', 'bash', '--install')).out, /is already in .*\.bash_profile/);
  await assert.rejects(stat(path('.bashrc')), /ENOENT/);
  await write('.bashrc', '');
  await setup('--shell', 'bash', '--undo');
  assert.equal(await read('.bashrc'), '');
  await assert.rejects(stat(path('.bash_profile')), /ENOENT/);
});

test('a manually added function is not changed, in any file that the shell reads', async (context) => {
  const { read, write, path, setup } = await createHome(context);
  const pasted = 'x=1\ncodex-with-codingplan() {\n  codex "$@"\n}\n';
  for (const name of ['.bash_profile', '.bashrc']) {
    await write(name, pasted);
    const { code, out, error } = await setup('--shell', 'bash', '--install');
    assert.deepEqual([code, out], [1, '']);
    assert.match(
      error,
      new RegExp(
        `^${path(name)}:2 defines codex-with-codingplan, .*0\\.1\\.2.*\n.*setup --shell bash --install\n$`,
      ),
    );
    assert.equal(await read(name), pasted);
  }
});

test('a region without its end marker is reported, and nothing is written', async (context) => {
  const { read, write, setup } = await createHome(context);
  const broken = (await setup('--shell', 'bash')).out.split('\n').slice(0, 2).join('\n');
  await write('.bashrc', broken);
  for (const flag of ['--install', '--undo']) {
    const { code, error } = await setup('--shell', 'bash', flag);
    assert.equal(code, 1);
    assert.match(error, /\.bashrc:1 has the start marker of setup, but the end marker is missing\./);
  }
  assert.equal(await read('.bashrc'), broken);
});

test('setup writes to the target of a symbolic link, even if the target is missing', async (context) => {
  const { path, read, write, setup } = await createHome(context);
  await write('dotfiles/bashrc', 'x=1\n');
  await symlink('dotfiles/bashrc', path('.bashrc'));
  await symlink('dotfiles/zshrc', path('.zshrc'));
  for (const shell of ['bash', 'zsh']) assert.equal((await setup('--shell', shell, '--install')).code, 0);
  assert.match(await read('dotfiles/bashrc'), /^x=1\n\n# >>> /);
  assert.match(await read('dotfiles/zshrc'), /^# >>> /);
  for (const shell of ['bash', 'zsh']) await setup('--shell', shell, '--undo');
  assert.deepEqual([await read('dotfiles/bashrc'), await read('dotfiles/zshrc')], ['x=1\n', '']);
  for (const name of ['.bashrc', '.zshrc']) assert.ok((await lstat(path(name))).isSymbolicLink());
});

test('a file that cannot be changed is reported, with the command to print the function', async (context) => {
  const { path, read, write, setup } = await createHome(context);
  await write('.bashrc', 'x=1\n');
  await chmod(path('.bashrc'), 0o444);
  await mkdir(path('.zshrc'));
  await write('.config', 'a file');
  const cases = [
    ['bash', /bashrc: it is read-only\. To add/],
    ['zsh', /zshrc: it is a folder\./],
    ['fish', /a part of its path is a file/],
  ] as const;
  for (const [shell, reason] of cases) {
    const { code, out, error } = await setup('--shell', shell, '--install');
    assert.deepEqual([code, out], [1, '']);
    assert.match(error, reason);
    assert.ok(error.endsWith(`print it with: aliyun-codex-bridge setup --shell ${shell}\n`));
  }
  assert.equal(await read('.bashrc'), 'x=1\n');
});

const ERRORS = [
  [['--install'], '--install needs a shell: setup --shell bash --install.'],
  [
    ['--shell', 'bash', '--install', '--undo'],
    '--install and --undo cannot be combined.',
  ],
  [['--shell', 'tcsh'], 'Cannot use "tcsh" from flag --shell: expected bash, zsh, fish or powershell.'],
] as const;

for (const [words, sentence] of ERRORS) {
  test(`setup ${words.join(' ')} is rejected`, async (context) => {
    const { path, setup } = await createHome(context);
    const { code, out, error } = await setup(...words);
    assert.deepEqual([code, out], [2, '']);
    assert.ok(error.includes(`  ${sentence}\n`), error);
    assert.deepEqual(await readdir(path('')), []);
  });
}
