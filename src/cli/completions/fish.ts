/** Renders the completion script for fish. */
import { describeWord, listValueFlags, type Flag, type Scope, type ValueCompletion } from './scopes';

/** Renders the whole script. */
export function renderFish(scopes: readonly Scope[]): string {
  const words = scopes.flatMap(({ command, words: choices }) => choices.map((word) =>
    renderLine(`__aliyun_codex_bridge_expects ${quoteScope(command)}`, `-a ${quote(word)}`, describeWord(word))));
  const codex = scopes.filter(({ isCodex }) => isCodex).map(({ command }) =>
    renderLine(`__aliyun_codex_bridge_is ${quoteScope(command)}`, "-F -a '(__aliyun_codex_bridge_codex)'", ''));
  return SCRIPT
    .replace('@VALUE_FLAGS@', () => listValueFlags(scopes).map(({ spelling }) => spelling).join(' '))
    .replace('@LINES@\n', () => [...words, ...codex, ...renderFlags(scopes)].join(''));
}

/** Renders one line per flag, with all scopes that have it. */
function renderFlags(scopes: readonly Scope[]): readonly string[] {
  const found = new Map<string, { readonly flag: Flag; readonly commands: string[] }>();
  for (const { command, flags } of scopes) {
    for (const flag of flags) {
      const key = `${flag.spelling} ${flag.help}`;
      const known = found.get(key) ?? { flag, commands: [] };
      found.set(key, { ...known, commands: [...known.commands, command] });
    }
  }
  return [...found.values()].map(({ flag, commands }) =>
    renderLine(`__aliyun_codex_bridge_is ${commands.map(quoteScope).join(' ')}`, describeFlag(flag), flag.help));
}

function describeFlag({ spelling, value }: Flag): string {
  const name = spelling.startsWith('--') ? `-l ${spelling.slice(2)}` : `-s ${spelling.slice(1)}`;
  return value === undefined ? name : `${name} ${describeValue(value)}`;
}

function describeValue(value: ValueCompletion): string {
  return value.kind === 'words' ? `-x -a ${quote(value.words.join(' '))}` : VALUES[value.kind];
}

/** -r requires a value, -F completes files, -x requires a value and completes only the words of -a. */
const VALUES = { file: '-r -F', folder: "-x -a '(__fish_complete_directories)'", nothing: '-x' } as const;

function renderLine(condition: string, spec: string, help: string): string {
  const description = help === '' ? '' : ` -d ${quote(help)}`;
  return `complete -c aliyun-codex-bridge -n ${quote(condition)} ${spec}${description}\n`;
}

const quoteScope = (command: string): string => command || '""';

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

const SCRIPT = `# Fish completions for aliyun-codex-bridge. Install them now and after each update:
#   aliyun-codex-bridge completions fish > ~/.config/fish/completions/aliyun-codex-bridge.fish

# The words before the cursor that are neither flags nor values of flags: the command first.
function __aliyun_codex_bridge_words
    set -l is_value 0
    for word in (commandline -opc)[2..-1]
        if test $is_value = 1
            set is_value 0
            continue
        end
        switch $word
            case @VALUE_FLAGS@
                set is_value 1
            case '-*'
            case '*'
                echo $word
        end
    end
end

function __aliyun_codex_bridge_is
    set -l words (__aliyun_codex_bridge_words)
    contains -- "$words[1]" $argv
end

function __aliyun_codex_bridge_expects
    set -l words (__aliyun_codex_bridge_words)
    test "$words[1]" = "$argv[1]"; and test (count $words) -lt 2
end

# Completes everything after the word codex with Codex's own completions.
function __aliyun_codex_bridge_codex
    set -l words (commandline -opc)
    set -l start (contains -i -- codex $words)
    set -l token (commandline -ct)
    set -l before (string join ' ' -- (string escape -- $words[$start..-1]))
    complete -C "$before $token"
end

complete -c aliyun-codex-bridge -f
@LINES@
`;
