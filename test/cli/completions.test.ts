/** `completions`: runs the scripts in real shells and checks what they complete. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, after, test } from 'node:test';
import { COMMANDS, COMMAND_NAMES } from '../../src/cli/commands';
import { listScopes, listValueFlags } from '../../src/cli/completions/scopes';
import { run } from '../../src/cli/main';
import { OPTIONS, OPTION_NAMES } from '../../src/config/options';
import { createFakeIo } from '../support/cli/fake-io';

type Shell = 'bash' | 'zsh' | 'fish';

async function print(shell: string): Promise<string> {
  const io = createFakeIo();
  assert.equal(await run(['completions', shell], {}, io), 0);
  assert.equal(io.written.error, '');
  return io.written.out;
}

/** A folder with the scripts, and files and folders to complete. */
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'completions-'));
  await mkdir(join(folder, 'some folder'));
  await writeFile(join(folder, 'some.env'), '');
  for (const shell of ['bash', 'zsh', 'fish']) await writeFile(join(folder, `script.${shell}`), await print(shell));
  await writeFile(join(folder, '.zshrc'), ZSHRC);
});

after(() => rm(folder, { recursive: true, force: true }));

/** Loads the script, sets the variables of readline, calls the function and prints its completions. */
const BASH = `
source ./script.bash
[[ -n "$CODEX_HAS" ]] && {
  _codex() { COMPREPLY=("$1" "\${COMP_WORDS[*]}" "$COMP_CWORD" "$COMP_LINE" "$2" "$3"); }
  complete -F _codex -o default codex
}
COMP_WORDS=("$@") COMP_CWORD=$(( $# - 1 )) COMP_LINE="$*" COMP_POINT=\${#COMP_LINE}
_aliyun_codex_bridge aliyun-codex-bridge "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD - 1]}"
(( \${#COMPREPLY[@]} )) && printf '%s\\n' "\${COMPREPLY[@]}"
exit 0
`;

/** Completes the line once the line editor is ready, and writes the completions to a file. */
const ZSHRC = `
PROMPT=
autoload -Uz compinit
compinit -u -d ./zcompdump
source ./script.zsh
if [[ -n "$CODEX_HAS" ]]; then
  _codex() { compadd -- "words:\${(j:,:)words}:$CURRENT" }
  compdef _codex codex
fi
compadd() {
  if [[ " \${(j: :)@[1,(i)(-|--)]} " != *" -"[OAD]" "* ]]; then
    local -a hits
    builtin compadd -O hits "$@"
    (( $#hits )) && print -rl -- $hits >> hits
  fi
  builtin compadd "$@"
}
complete-and-end() {
  BUFFER=$LINE_TO_COMPLETE
  CURSOR=$#BUFFER
  zle complete-word
  exit
}
zle -N zle-line-init complete-and-end
`;

const ZPTY = 'zmodload zsh/zpty; zpty terminal zsh -d -i; while zpty -r terminal; do :; done';

const FISH = `
source ./script.fish
if test -n "$CODEX_HAS"
  complete -c codex -f -a '(commandline -opc | string join ,)'
end
complete -C "$LINE_TO_COMPLETE"
`;

/** The shell's completions for the last word of the line. In bash, words are split at spaces and at `=`. */
async function complete(shell: Shell, line: string, codexHas = ''): Promise<readonly string[]> {
  const options = {
    cwd: folder,
    env: {
      PATH: '/usr/bin:/bin',
      HOME: folder,
      ZDOTDIR: folder,
      TERM: 'dumb',
      LINE_TO_COMPLETE: line,
      CODEX_HAS: codexHas,
      LC_ALL: 'C.UTF-8',
    },
    encoding: 'utf8',
    input: '',
    timeout: 30_000,
  } as const;
  if (shell === 'zsh') {
    await rm(join(folder, 'hits'), { force: true });
    spawnSync('zsh', ['-f', '-c', ZPTY], options);
    const hits = (await readFile(join(folder, 'hits'), 'utf8').catch(() => '')).split('\n').filter((hit) => hit !== '');
    return [...new Set(hits)].sort();
  }
  const words = line.replaceAll('=', ' = ').replace(/= $/, '=').split(/ +/);
  const result = shell === 'bash'
    ? spawnSync('bash', ['--noprofile', '--norc', '-c', BASH, 'bash', ...words], options)
    // A description follows a tab.
    : spawnSync('fish', ['--no-config', '-c', FISH], options);
  assert.equal(result.stderr.replace(/.*compopt: not currently executing.*\n/g, ''), '');
  return result.stdout.split('\n').map((hit) => hit.replace(/\t.*/, '')).filter((hit) => hit !== '').sort();
}

const CASES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['st', ['start', 'status', 'stop']],
  ['--port 8080 comp', ['completions']],
  ['--port=8080 comp', ['completions']],
  ['--default-model codex stat', ['status']],
  ['service ', ['install', 'remove']],
  ['service --kind systemd i', ['install']],
  ['completions ', ['bash', 'fish', 'zsh']],
  ['help doc', ['doctor']],
  ['setup --shell ', ['bash', 'fish', 'powershell', 'zsh']],
  ['setup --shell p', ['powershell']],
  ['--log-level d', ['debug']],
  ['--provider ope', ['openai-compatible', 'openrouter']],
  ['setup --und', ['--undo']],
  ['status --un', []],
  ['demo --', ['--help']],
  ['--codex-b', ['--codex-bin']],
  ['--stop-when', ['--stop-when-unused']],
  ['serve --no-web-s', ['--no-web-search']],
  ['--vers', ['--version']],
  ['serve --config-file some.', ['some.env']],
  ['codex some.', ['some.env']],
  ['codex --po', []],
  ['--ai-api-key ', []],
  ['--ai-api-key=', []],
  ['--port ', []],
  ['nonsense ', []],
];

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  const isMissing = spawnSync(shell, ['-c', 'true']).error !== undefined;
  const reason = isMissing ? ` (skipped: no ${shell} on this machine)` : '';
  const options = { skip: isMissing };

  test(`${shell}: the script has no syntax errors${reason}`, options, () => {
    const flag = shell === 'fish' ? '--no-execute' : '-n';
    const { status, stderr } = spawnSync(shell, [flag, join(folder, `script.${shell}`)], { encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
  });

  for (const [line, offered] of CASES) {
    test(`${shell}: completes "${line}" with ${offered.join(', ') || 'nothing'}${reason}`, options, async () => {
      assert.deepEqual(await complete(shell, `aliyun-codex-bridge ${line}`), offered);
    });
  }

  test(`${shell}: offers every command${reason}`, options, async () => {
    assert.deepEqual(await complete(shell, 'aliyun-codex-bridge '), [...COMMAND_NAMES].sort());
  });

  test(`${shell}: completes --store with folders only${reason}`, options, async () => {
    const [only, ...others] = await complete(shell, 'aliyun-codex-bridge --store som');
    assert.match(only ?? '', /^some(\\? )folder\/?$/);
    assert.deepEqual(others, []);
  });
}

test('bash: after =, a switch is completed with on and off, and a flag with its values', async () => {
  assert.deepEqual(await complete('bash', 'aliyun-codex-bridge --web-search='), ['off', 'on']);
  assert.deepEqual(await complete('bash', 'aliyun-codex-bridge setup --shell=z'), ['zsh']);
});

test("after codex, Codex's own completions receive the rest of the line", async () => {
  const line = 'aliyun-codex-bridge --port 80 codex exec --js';
  assert.deepEqual(await complete('bash', line, 'completions'), [
    '--js',
    '2',
    'codex',
    'codex exec --js',
    'codex exec --js',
    'exec',
  ]);
  if (spawnSync('zsh', ['-c', 'true']).error === undefined) {
    assert.deepEqual(await complete('zsh', `aliyun-codex-bridge --port 80 codex exec w`, 'completions'), [
      'words:codex,exec,w:3',
    ]);
  }
  if (spawnSync('fish', ['-c', 'true']).error === undefined) {
    assert.deepEqual(await complete('fish', 'aliyun-codex-bridge --port 80 codex exec c', 'completions'), [
      'codex,exec',
    ]);
  }
});

test('every script contains every flag, and says how to install it', async () => {
  const own = COMMAND_NAMES.flatMap((name) => COMMANDS[name].own ?? []).map(({ flag }) => flag);
  const shared = OPTION_NAMES.flatMap((name) => OPTIONS[name].flags);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = await print(shell);
    for (const flag of [...own, ...shared])
      assert.ok(script.includes(shell === 'fish' ? `-l ${flag.slice(2)}` : flag), `${shell} ${flag}`);
    assert.match(script, new RegExp(`^#[^]*\n# {3}aliyun-codex-bridge completions ${shell} > `));
    assert.doesNotMatch(script, /@[A-Z_]+@/);
  }
});

test('a secret is not completed, and a flag takes the same values in every scope', () => {
  const scopes = listScopes();
  const secrets = OPTION_NAMES.filter((name) => OPTIONS[name].secret).flatMap((name) => OPTIONS[name].flags);
  const flags = listValueFlags(scopes);
  assert.ok(secrets.length > 0);
  for (const { spelling, value } of flags) {
    if (secrets.some((secret) => secret === spelling)) assert.deepEqual(value, { kind: 'nothing' });
    for (const other of scopes.flatMap((scope) => scope.flags)) {
      if (other.spelling === spelling) assert.deepEqual(other.value, value, spelling);
    }
  }
});

test('rejects a missing or unknown shell name', async () => {
  for (const words of [[], ['tcsh']]) {
    const io = createFakeIo();
    assert.equal(await run(['completions', ...words], {}, io), 2);
    assert.equal(io.written.out, '');
    assert.match(io.written.error, /shell name/);
  }
});
