/** `foxtls completion`: what a shell needs to complete `foxtls …`. The shell asks back for each word, so that it is never behind the programs. */

import { type Command, type CommandGroup, defineCommand } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { candidatesFor } from './candidates.ts';

/** How the shells ask: a line for each word, with its help behind a tab; `:files` where names of files fit. */
const WORDS = 'words';
const FILES = ':files';

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# foxtls completion bash: into ~/.bashrc, or a file of /etc/bash_completion.d
_foxtls() {
  local word help
  COMPREPLY=()
  while IFS=$'\\t' read -r word help; do
    if [ "$word" = ${FILES} ]; then compopt -o default 2>/dev/null; else COMPREPLY+=("$word"); fi
  done < <(foxtls completion ${WORDS} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _foxtls foxtls
`,
  zsh: `#compdef foxtls
# foxtls completion zsh: into ~/.zshrc after compinit, or a file _foxtls of $fpath
_foxtls() {
  local word help files
  local -a found
  while IFS=$'\\t' read -r word help; do
    if [[ $word == ${FILES} ]]; then files=1; else found+=("\${word//:/\\\\:}:$help"); fi
  done < <(foxtls completion ${WORDS} -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#found )) && _describe foxtls found
  [[ -n $files ]] && _files
}
compdef _foxtls foxtls
`,
  fish: `# foxtls completion fish: into ~/.config/fish/completions/foxtls.fish
function __foxtls_words
  set -l typed (commandline -opc) (commandline -ct)
  for line in (foxtls completion ${WORDS} -- $typed[2..] 2>/dev/null)
    if test "$line" = ${FILES}
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c foxtls -f -a '(__foxtls_words)'
`,
};

/** `root` is asked for when it is needed, for the command is a part of it. */
export function completionCommand(root: () => CommandGroup): Command {
  return defineCommand({
    name: 'completion',
    summary: 'let the shell complete commands and options',
    operands: 'bash|zsh|fish',
    minOperands: 1,
    maxOperands: Number.POSITIVE_INFINITY,
    options: {},
    notes: ['Prints a script for the shell, which asks foxtls for each word that is to be completed.'],
    examples: [
      { purpose: 'in this bash, from now on', line: 'eval "$(foxtls completion bash)"' },
      { purpose: 'in every fish', line: 'foxtls completion fish > ~/.config/fish/completions/foxtls.fish' },
    ],
    async run({ operands: [shell = '', ...typed] }, terminal) {
      if (shell === WORDS) {
        const { words, files } = candidatesFor(root(), typed);
        terminal.write(words.map(({ word, help }) => `${word}\t${help}\n`).join('') + (files ? `${FILES}\n` : ''));
        return;
      }
      const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
      if (script === undefined || typed.length > 0)
        throw new UsageError(`there are scripts for ${Object.keys(SCRIPTS).join(', ')}`);
      terminal.write(script);
    },
  });
}
