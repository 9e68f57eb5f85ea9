/** Renders the completion script for bash 3.2, which macOS ships, and newer. */
import { listValueFlags, type Scope, type ValueCompletion } from './scopes';

/** Renders the script. */
export function renderBash(scopes: readonly Scope[]): string {
  const flags = listValueFlags(scopes);
  const branches = BRANCHES.flatMap(({ matches, action }) => {
    const patterns = new Map<string, string[]>();
    for (const { spelling, value } of flags.filter((flag) => matches(flag.value))) {
      patterns.set(action(value), [...(patterns.get(action(value)) ?? []), spelling]);
    }
    return [...patterns].map(([call, spellings]) => `    ${spellings.join('|')}) ${call}; return ;;\n`);
  });
  const positions = scopes.filter(({ isCodex }) => !isCodex).map(({ command, flags: own, words }) => {
    const spellings = own.map(({ spelling }) => spelling).join(' ');
    return `    ${command || "''"})\n      words='${words.join(' ')}'\n      flags='${spellings}' ;;\n`;
  });
  return SCRIPT
    .replace('@VALUE_FLAGS@', () => flags.map(({ spelling }) => spelling).join('|'))
    .replace('@CODEX@', () => scopes.filter(({ isCodex }) => isCodex).map(({ command }) => command).join('|'))
    .replace('@VALUES@\n', () => branches.join(''))
    .replace('@POSITIONS@\n', () => positions.join(''));
}

interface Branch {
  readonly matches: (value: ValueCompletion) => boolean;
  readonly action: (value: ValueCompletion) => string;
}

const BRANCHES: readonly Branch[] = [
  {
    matches: ({ kind }) => kind === 'words',
    action: (value) => `_aliyun_codex_bridge_words '${value.kind === 'words' ? value.words.join(' ') : ''}'`,
  },
  { matches: ({ kind }) => kind === 'file', action: () => '_aliyun_codex_bridge_files -f default' },
  { matches: ({ kind }) => kind === 'folder', action: () => '_aliyun_codex_bridge_files -d dirnames' },
];

/** COMP_WORDBREAKS splits at `=`, so `--port=80` is three words. */
const SCRIPT = `# Bash completions for aliyun-codex-bridge. Install them now and after each update:
#   mkdir -p ~/.local/share/bash-completion/completions
#   aliyun-codex-bridge completions bash > ~/.local/share/bash-completion/completions/aliyun-codex-bridge
# Without the bash-completion package, add this line to ~/.bashrc instead:
#   eval "$(aliyun-codex-bridge completions bash)"

_aliyun_codex_bridge() {
  local index=1 command='' operand='' flag='' words='' flags='' current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while (( index < COMP_CWORD )); do
    case "\${COMP_WORDS[index]}" in
      @VALUE_FLAGS@)
        flag="\${COMP_WORDS[index]}"
        (( index += 1 ))
        if [[ "\${COMP_WORDS[index]}" == = ]]; then (( index += 1 )); fi
        if (( index < COMP_CWORD )); then flag=''; fi
        ;;
      =) (( index += 1 )) ;;
      -*) ;;
      *)
        if [[ -n "$command" ]]; then operand="\${COMP_WORDS[index]}"; else command="\${COMP_WORDS[index]}"; fi
        case "$command" in @CODEX@) _aliyun_codex_bridge_codex "$index"; return ;; esac
        ;;
    esac
    (( index += 1 ))
  done
  if [[ "$current" == = || "\${COMP_WORDS[COMP_CWORD - 1]}" == = ]]; then
    if [[ "$current" == = ]]; then current=''; fi
    if [[ -z "$flag" ]]; then _aliyun_codex_bridge_words 'on off'; return; fi
  fi
  case "$flag" in
@VALUES@
    ?*) return ;;
  esac
  case "$command" in
@POSITIONS@
  esac
  if [[ -n "$operand" ]]; then words=''; fi
  if [[ "$current" == -* || -z "$words" ]]; then words="$flags"; fi
  _aliyun_codex_bridge_words "$words"
}

_aliyun_codex_bridge_words() {
  COMPREPLY=($(compgen -W "$1" -- "$current"))
}

_aliyun_codex_bridge_files() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$1" -- "$current")
  compopt -o filenames 2> /dev/null
  if (( \${#COMPREPLY[@]} == 0 )); then compopt -o "$2" 2> /dev/null; fi
}

# Completes the words from index $1 on, which are for Codex: with Codex's own completions if available, or files.
_aliyun_codex_bridge_codex() {
  local loader
  for loader in _comp_load _completion_loader; do
    if declare -F "$loader" > /dev/null; then "$loader" codex > /dev/null 2>&1; break; fi
  done
  if ! [[ "$(complete -p codex 2> /dev/null)" =~ \\ -F\\ ([^\\ ]+) ]]; then
    _aliyun_codex_bridge_files -f default
    return
  fi
  local -a rest
  rest=("\${COMP_WORDS[@]:$1}")
  local COMP_CWORD=$(( COMP_CWORD - $1 )) COMP_LINE="\${rest[*]}"
  local COMP_POINT="\${#COMP_LINE}"
  local -a COMP_WORDS
  COMP_WORDS=("\${rest[@]}")
  "\${BASH_REMATCH[1]}" codex "$current" "\${COMP_WORDS[COMP_CWORD - 1]}"
  if (( \${#COMPREPLY[@]} == 0 )); then compopt -o default 2> /dev/null; fi
}

complete -F _aliyun_codex_bridge aliyun-codex-bridge
`;
