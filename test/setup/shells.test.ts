/** Runs the functions of `setup --shell` in real shells, and checks which start-up file is chosen for each. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { findForeignLine, putRegion, renderRegion, removeRegion } from '../../src/setup/shell-function';
import { FUNCTION_NAME, SHELLS, type ShellMachine, type ShellName } from '../../src/setup/shells';
import { quotePowerShellWord, quoteShellWord, quoteWindowsWord } from '../../src/base/shell-word';

/** Options that skip all start-up files. */
const NO_START_UP_FILES = { bash: ['--noprofile', '--norc'], zsh: ['-f'], fish: ['--no-config'] } as const;

/** Checks whether a shell is installed, for the `skip` option of a test and the reason in its name. */
function skipWithout(shell: string): { readonly reason: string; readonly skip: boolean } {
  const isMissing = spawnSync(shell, ['-c', 'true']).error !== undefined;
  return { reason: isMissing ? ` (skipped: no ${shell} on this machine)` : '', skip: isMissing };
}

/** Creates a folder with an `aliyun-codex-bridge` that prints its arguments as JSON and exits with 7. */
async function createFakeBridge(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shell function '));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'aliyun-codex-bridge');
  const script = 'process.stdout.write(JSON.stringify(process.argv.slice(2))); process.exitCode = 7;';
  await writeFile(file, `#!${process.execPath}\n${script}\n`);
  await chmod(file, 0o755);
  return folder;
}

const AWKWARD_ARGUMENTS = [
  'a b',
  '',
  "it's",
  'say "hi"',
  '*',
  '?',
  '[a-z]*',
  '~',
  '$HOME',
  '`id`',
  '$(id)',
  '\\',
  '\\n',
  'two\nlines',
  '\t',
  '-c',
  'model="x y"',
  '--',
  '--port',
  '1',
  '!',
  '#',
  '{a,b}',
  '<>|&;',
  'é→',
  '%s',
  ' ',
];

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  const { reason, skip } = skipWithout(shell);
  const source = SHELLS[shell].lines.join('\n');

  test(`${shell}: every argument and the exit code pass through the function${reason}`, { skip }, async (context) => {
    const folder = await createFakeBridge(context);
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
    const rest = shell === 'fish' ? '$argv' : '"$@"';
    const words = shell === 'fish' ? AWKWARD_ARGUMENTS : ['x', ...AWKWARD_ARGUMENTS];
    const { stdout, stderr, status } = spawnSync(
      shell,
      [...NO_START_UP_FILES[shell], '-c', `${source}\n${FUNCTION_NAME} ${rest}`, ...words],
      { env, encoding: 'utf8' },
    );
    assert.equal(stderr, '');
    assert.deepEqual(JSON.parse(stdout), ['codex', ...AWKWARD_ARGUMENTS]);
    assert.equal(status, 7);
  });

  test(
    `${shell}: the function works without arguments, and ignores an alias with the launcher's name${reason}`,
    { skip },
    async (context) => {
      const folder = await createFakeBridge(context);
      const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
      const alias = "alias aliyun-codex-bridge='false'";
      const script = shell === 'bash' ? `shopt -s expand_aliases\n${alias}\n${source}` : `${alias}\n${source}`;
      const { stdout, stderr } = spawnSync(shell, [...NO_START_UP_FILES[shell], '-c', `${script}\n${FUNCTION_NAME}`], {
        env,
        encoding: 'utf8',
      });
      assert.deepEqual([stdout, stderr], ['["codex"]', '']);
    },
  );

  test(`${shell}: standard input reaches the launcher${reason}`, { skip }, async (context) => {
    const folder = await createFakeBridge(context);
    await writeFile(join(folder, 'aliyun-codex-bridge'), '#!/bin/sh\ncat\n');
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
    const script = `${source}\n${FUNCTION_NAME} exec -`;
    const { stdout } = spawnSync(shell, [...NO_START_UP_FILES[shell], '-c', script], {
      env,
      encoding: 'utf8',
      input: 'from the pipe\n',
    });
    assert.equal(stdout, 'from the pipe\n');
  });

  test(`${shell}: the region has no syntax errors${reason}`, { skip }, async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'shell-syntax-'));
    context.after(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'region');
    await writeFile(file, `${renderRegion(shell, SHELLS[shell].lines).join('\n')}\n`);
    const { status, stderr } = spawnSync(shell, [shell === 'fish' ? '--no-execute' : '-n', file], { encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
  });
}

test('powershell (only its text is checked): arguments are splatted, and piped input is forwarded', () => {
  assert.equal(
    SHELLS.powershell.lines.join('\n'),
    `function codex-with-codingplan {
    if ($MyInvocation.ExpectingInput) { $input | aliyun-codex-bridge codex @args } else { aliyun-codex-bridge codex @args }
}`,
  );
});

test('no function contains a path or a sleep', () => {
  for (const { lines } of Object.values(SHELLS)) assert.doesNotMatch(lines.join('\n'), /[/\\]|sleep/);
});

const TEXTS = [
  '',
  '\n',
  'a',
  'a\n',
  'a\n\n',
  '\n\n',
  'a\r\n',
  'a\r\nb',
  'a\r\n\r\n',
  'a\nb\r\n',
  '# >>> conda >>>\n# <<< conda <<<\n',
  '\ufeffa\r\n',
];

for (const text of TEXTS) {
  test(`a region in ${JSON.stringify(text)} is added and removed without a trace`, () => {
    const region = renderRegion('bash', SHELLS.bash.lines);
    const put = putRegion(text, region);
    assert.ok(put.ok);
    assert.ok(put.text.startsWith(text), 'existing content is kept');
    assert.equal(put.text.split(FUNCTION_NAME).length - 1, 3);
    assert.deepEqual(putRegion(put.text, region), put, 'it is added only once');
    assert.deepEqual(removeRegion(put.text), { ok: true, text });
    assert.deepEqual(removeRegion(text), { ok: true, text });
    const eol = /\r?\n/.exec(text)?.[0] ?? '\n';
    assert.equal(put.text.slice(text.length).replaceAll(eol, '').includes('\n'), false, 'same line endings');
  });
}

test('an older region is updated in place, and a second one is removed', () => {
  const old = '# >>> codex-with-codingplan: older text >>>\nold\n# <<< codex-with-codingplan <<<\n';
  assert.deepEqual(putRegion(`a\n\n${old}b\n\n${old}`, renderRegion('zsh', ['new'])), {
    ok: true,
    text: `a\n\n${renderRegion('zsh', ['new']).join('\n')}\nb\n`,
  });
});

test('text after the region stays on its own line', () => {
  const put = putRegion('no end', renderRegion('bash', ['x']));
  assert.ok(put.ok);
  assert.deepEqual(removeRegion(`${put.text}later\n`), { ok: true, text: 'no end\nlater\n' });
  const moved = put.text.replace('no end\n', 'an end\n\n');
  assert.deepEqual(removeRegion(`${moved}later\n`), { ok: true, text: 'an end\nlater\n' });
});

test('a region without its end marker is reported with its line', () => {
  const begin = renderRegion('bash', [])[0] ?? '';
  for (const text of [`a\n${begin}\nx\n`, `a\n${begin}\n${begin}\n# <<< codex-with-codingplan <<<\n`]) {
    assert.deepEqual(putRegion(text, ['y']), { ok: false, line: 2 });
    assert.deepEqual(removeRegion(text), { ok: false, line: 2 });
  }
});

const FOREIGN: readonly (readonly [ShellName, string, boolean])[] = [
  ['bash', 'codex-with-codingplan() {', true],
  ['bash', '  function codex-with-codingplan {', true],
  ['bash', 'function codex-with-codingplan () {', true],
  ['zsh', "alias -g codex-with-codingplan='codex'", true],
  ['bash', 'alias codex-with-codingplan=codex', true],
  ['bash', '# codex-with-codingplan() {', false],
  ['bash', 'codex-with-codingplan exec "$@"', false],
  ['bash', 'function codex-with-codingplan-2 {', false],
  ['bash', 'alias c=codex-with-codingplan', false],
  ['fish', 'function codex-with-codingplan', true],
  ['fish', 'function --wraps=codex codex-with-codingplan', true],
  ['fish', 'alias codex-with-codingplan codex', true],
  ['fish', 'funcsave codex-with-codingplan', false],
  ['powershell', 'FUNCTION global:Codex-With-CodingPlan {', true],
  ['powershell', 'Set-Alias -Name codex-with-codingplan -Value codex', true],
  ['powershell', 'codex-with-codingplan', false],
];

for (const [shell, line, isForeign] of FOREIGN) {
  test(`${shell}: ${line} ${isForeign ? 'is' : 'is not'} a foreign function`, () => {
    assert.equal(findForeignLine(`first\r\n${line}\r\n`, SHELLS[shell].definition), isForeign ? 2 : undefined);
  });
}

test('setup’s own region is not a foreign function', () => {
  for (const shell of Object.keys(SHELLS) as ShellName[]) {
    const own = renderRegion(shell, SHELLS[shell].lines).join('\n');
    assert.equal(findForeignLine(own, SHELLS[shell].definition), undefined);
  }
});

const START_UP_FILES: readonly (readonly [string, ShellName, Partial<ShellMachine>, string | RegExp])[] = [
  ['Linux', 'bash', {}, '/home/me/.bashrc'],
  ['macOS without .bashrc', 'bash', { platform: 'darwin' }, '/home/me/.bash_profile'],
  [
    'macOS with .bashrc',
    'bash',
    { platform: 'darwin', exists: (path) => path === '/home/me/.bashrc' },
    '/home/me/.bashrc',
  ],
  [
    'macOS with only .profile',
    'bash',
    { platform: 'darwin', exists: (path) => path === '/home/me/.profile' },
    /\.bash_profile does not exist, and creating it would hide \/home\/me\/\.profile from bash\. Create it with: echo '\. /,
  ],
  [
    'macOS with .profile and .bash_profile',
    'bash',
    { platform: 'darwin', exists: (path) => /\.(bash_)?profile$/.test(path) },
    '/home/me/.bash_profile',
  ],
  ['Linux', 'zsh', {}, '/home/me/.zshrc'],
  ['ZDOTDIR', 'zsh', { env: { ZDOTDIR: '/home/me/zsh' } }, '/home/me/zsh/.zshrc'],
  ['Linux', 'fish', {}, '/home/me/.config/fish/functions/codex-with-codingplan.fish'],
  ['XDG_CONFIG_HOME', 'fish', { env: { XDG_CONFIG_HOME: '/x' } }, '/x/fish/functions/codex-with-codingplan.fish'],
  ['a relative XDG_CONFIG_HOME', 'fish', { env: { XDG_CONFIG_HOME: 'x' } },
    '/home/me/.config/fish/functions/codex-with-codingplan.fish'],
  ['a relative XDG_CONFIG_HOME', 'powershell', { env: { XDG_CONFIG_HOME: 'x' } },
    '/home/me/.config/powershell/Microsoft.PowerShell_profile.ps1'],
  ['MSYS2', 'fish', { platform: 'win32', home: 'C:\\h', env: { XDG_CONFIG_HOME: 'D:\\x' } },
    'D:\\x\\fish\\functions\\codex-with-codingplan.fish'],
  ['Linux', 'powershell', {}, '/home/me/.config/powershell/Microsoft.PowerShell_profile.ps1'],
  ['macOS', 'powershell', { platform: 'darwin' }, '/home/me/.config/powershell/Microsoft.PowerShell_profile.ps1'],
  [
    'cmd.exe',
    'powershell',
    { platform: 'win32', home: 'C:\\h', env: { PSModulePath: 'C:\\Program Files\\WindowsPowerShell\\Modules;C:\\W' } },
    'C:\\h\\Documents\\WindowsPowerShell\\Microsoft.PowerShell_profile.ps1',
  ],
  [
    'cmd.exe, with PowerShell 7 installed',
    'powershell',
    {
      platform: 'win32',
      home: 'C:\\h',
      env: { ProgramFiles: 'D:\\P' },
      exists: (path) => path === 'D:\\P\\PowerShell',
    },
    'C:\\h\\Documents\\PowerShell\\Microsoft.PowerShell_profile.ps1',
  ],
  [
    'PowerShell 7 with OneDrive',
    'powershell',
    {
      platform: 'win32',
      home: 'C:\\h',
      env: { PSModulePath: 'C:\\h\\OneDrive\\Dokumente\\PowerShell\\Modules;C:\\Program Files\\PowerShell\\Modules' },
    },
    'C:\\h\\OneDrive\\Dokumente\\PowerShell\\Microsoft.PowerShell_profile.ps1',
  ],
  [
    'Windows PowerShell',
    'powershell',
    { platform: 'win32', home: 'C:\\h', env: { PSMODULEPATH: 'C:\\h\\Documents\\WindowsPowerShell\\Modules' } },
    'C:\\h\\Documents\\WindowsPowerShell\\Microsoft.PowerShell_profile.ps1',
  ],
  ['Git for Windows', 'bash', { platform: 'win32', home: 'C:\\h' }, 'C:\\h\\.bashrc'],
  [
    'MSYS2',
    'bash',
    { platform: 'win32', home: 'C:\\h', env: { HOME: 'C:\\msys64\\home\\me' } },
    'C:\\msys64\\home\\me\\.bashrc',
  ],
  [
    'MSYS2',
    'zsh',
    { platform: 'win32', home: 'C:\\h', env: { HOME: 'C:\\msys64\\home\\me' } },
    'C:\\msys64\\home\\me\\.zshrc',
  ],
];

for (const [name, shell, machine, expected] of START_UP_FILES) {
  const outcome = typeof expected === 'string' ? `the function belongs in ${expected}` : 'no file is suitable';
  test(`${shell}, ${name}: ${outcome}`, () => {
    const found = SHELLS[shell].findFiles({
      env: {},
      platform: 'linux',
      home: '/home/me',
      exists: () => false,
      ...machine,
    });
    const actual = 'problem' in found ? found.problem : found[0];
    if (typeof expected === 'string') assert.equal(actual, expected);
    else assert.match(actual, expected);
  });
}

test('Windows PowerShell and PowerShell 7 are both checked', () => {
  const found = SHELLS.powershell.findFiles({ env: {}, platform: 'win32', home: 'C:\\h', exists: () => false });
  assert.ok(!('problem' in found));
  assert.equal(found[1], 'C:\\h\\Documents\\PowerShell\\Microsoft.PowerShell_profile.ps1');
});

test('words are quoted for each shell', () => {
  assert.equal(quoteShellWord('/a/b-c_1.2'), '/a/b-c_1.2');
  assert.equal(quotePowerShellWord("C:\\it's"), "'C:\\it''s'");
  assert.equal(quoteWindowsWord('C:\\Program Files\\x\\'), '"C:\\Program Files\\x\\\\"');
  assert.equal(quoteWindowsWord('say "hi" \\"x'), '"say \\"hi\\" \\\\\\"x"');
  assert.equal(quoteWindowsWord(''), '""');
  for (const shell of ['sh', 'bash', 'zsh', 'fish'].filter((name) => !skipWithout(name).skip)) {
    for (const word of ["it's here", '$HOME *', 'a"b', '~', '']) {
      const { stdout } = spawnSync(shell, ['-c', `printf %s ${quoteShellWord(word)}`], { encoding: 'utf8' });
      assert.equal(stdout, word, shell);
    }
  }
});
