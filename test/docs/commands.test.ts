/** Every command of the bridge on every page exists, with its flags and arguments. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from '../../src/cli/parse-arguments';
import { OPTIONS } from '../../src/config/options';
import { listBlocks, listCodeSpans, PAGES, splitWords } from './markdown';

const PROGRAM = 'aliyun-codex-bridge';

/** Values for the placeholders in capitals on the pages. */
const EXAMPLES: Readonly<Record<string, string>> = {
  COMMAND: 'codex', SHELL: 'bash', NAME: 'zai', ACTION: 'install', FILE: 'models.json', PATH: 'bridge.sock',
  URL: 'http://127.0.0.1:1/v1', MODEL: 'glm-4.7', DIR: 'store',
};

/** Returns the arguments of a command line of the bridge, without shell syntax; undefined for any other line. */
function findArguments(line: string): readonly string[] | undefined {
  const words = splitWords(line);
  const at = words.indexOf(PROGRAM);
  // Only variables may precede the name; a pipe or `>` ends the command.
  if (at === -1 || !words.slice(0, at).every((word) => /^[A-Z_]+=/.test(word))) return undefined;
  const end = words.findIndex((word, index) => index > at && /^(?:\||&&|;|>|2>)$/.test(word));
  return words.slice(at + 1, end === -1 ? undefined : end).map((word) => EXAMPLES[word] ?? word);
}

const listLines = (page: string): readonly string[] => [
  ...listCodeSpans(page),
  ...listBlocks(page).filter(({ language }) => /^(?:sh|powershell)$/.test(language))
    .flatMap(({ text }) => text.split('\n')).flatMap((line) => line.split(' | ')),
];

for (const page of PAGES) {
  test(`${page}: every command line of the bridge is valid`, () => {
    for (const line of listLines(page)) {
      const words = findArguments(line);
      if (words) assert.deepEqual(parseArguments(words).errors, [], line);
    }
  });

  test(`${page}: every flag belongs to the bridge or to a known program`, () => {
    const flags = new Set(Object.values(OPTIONS).flatMap((row) => row.flags as readonly string[]));
    for (const span of listCodeSpans(page)) {
      const [flag = ''] = /^--[a-z-]+(?![a-z-]*…)/.exec(span) ?? [];
      const isKnown = flags.has(flag) || flags.has(flag.replace(/^--no-/, '--')) || isCommandFlag(flag);
      if (flag !== '') assert.ok(isKnown || FOREIGN.has(flag), `${span} is not a flag`);
    }
  });
}

/** Flags of Node, Codex, Docker, model servers and the benchmark. */
const FOREIGN: ReadonlySet<string> = new Set([
  '--add-host', '--profile', '--jinja', '--tool-call-parser', '--reasoning-parser', '--enable-auto-tool-choice',
  '--hostname', '--quick', '--kinds', '--case', '--output-schema', '--oss', '--env-file', '--help',
  '--no-daemon',
]);

/** Whether the flag belongs to one of the commands. */
function isCommandFlag(flag: string): boolean {
  const errors = parseArguments(['version', flag]).errors.join('');
  return !errors.includes('Unknown flag');
}

test('the check reports a command, a flag and an argument that do not exist', () => {
  for (const line of ['aliyun-codex-bridge strat', 'A=b aliyun-codex-bridge start --prot 1', `${PROGRAM} logs x`]) {
    assert.notDeepEqual(parseArguments(findArguments(line) ?? []).errors, [], line);
  }
  assert.equal(findArguments('npm install -g aliyun-codex-bridge'), undefined);
});
