/** Renders the completion script for zsh. */
import { describeWord, type Flag, type Scope, type ValueCompletion } from './scopes';

/** Renders the whole script. */
export function renderZsh(scopes: readonly Scope[]): string {
  const [first, ...commands] = scopes;
  const names = (first?.words ?? []).map((word) => `        ${quote(`${word}:${describeWord(word)}`)}\n`);
  return SCRIPT
    .replace('@OPTIONS@\n', () => (first?.flags ?? []).map((flag) => `    ${describeFlag(flag)} \\\n`).join(''))
    .replace('@COMMANDS@\n', () => names.join(''))
    .replace('@SCOPES@\n', () => commands.map(renderScope).join(''));
}

function renderScope({ command, flags, words, placeholder, isCodex }: Scope): string {
  if (isCodex) return `        (${command}) _normal && ret=0 ;;\n`;
  const operand = words.length > 0 ? [quote(`1:${placeholder}:(${words.join(' ')})`)] : [];
  const specs = [...flags.map(describeFlag), ...operand].map((spec) => ` \\\n            ${spec}`);
  return `        (${command})\n          _arguments${specs.join('')} && ret=0 ;;\n`;
}

/** Renders a specification for _arguments (zshcompsys(1)). */
function describeFlag({ spelling, help, placeholder = '', value }: Flag): string {
  const about = `[${help.replace(/[\\[\]]/g, '\\$&')}]`;
  if (value === undefined) return quote(`${spelling}${about}`);
  return quote(`${spelling}=${about}:${placeholder.replace(/[\\:]/g, '\\$&')}:${describeAction(value)}`);
}

function describeAction(value: ValueCompletion): string {
  return value.kind === 'words' ? `(${value.words.join(' ')})` : ACTIONS[value.kind];
}

/** A space shows the description and completes nothing. */
const ACTIONS = { file: '_files', folder: '_files -/', nothing: ' ' } as const;

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const SCRIPT = `#compdef aliyun-codex-bridge
# Zsh completions for aliyun-codex-bridge. Install them, now and after each update, in a folder of your fpath:
#   mkdir -p ~/.zsh/completions
#   aliyun-codex-bridge completions zsh > ~/.zsh/completions/_aliyun-codex-bridge
# and add this line to ~/.zshrc:
#   fpath=(~/.zsh/completions $fpath); autoload -Uz compinit; compinit

_aliyun-codex-bridge() {
  local curcontext="$curcontext" context state state_descr line ret=1
  typeset -A opt_args
  _arguments -C -A '-*' \\
@OPTIONS@
    '1: :->command' \\
    '*::: :->rest' && ret=0
  case $state in
    (command)
      local -a commands
      commands=(
@COMMANDS@
      )
      _describe -t commands 'command' commands && ret=0 ;;
    (rest)
      words=("$line[1]" "\${(@)words}")
      (( CURRENT += 1 ))
      case $line[1] in
@SCOPES@
      esac ;;
  esac
  return ret
}

if [[ "$funcstack[1]" == _aliyun-codex-bridge ]]; then
  _aliyun-codex-bridge "$@"
else
  compdef _aliyun-codex-bridge aliyun-codex-bridge
fi
`;
