/**
 * What connects each shell with `bottle __complete`: the words of the command line go there as they are, candidates come
 * back one on a line, and nothing that comes back is evaluated.
 */
export const SHELL_SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# bash completion for bottle: eval "$(bottle completion bash)" in ~/.bashrc
_bottle() {
  local line paths= typed=\${COMP_WORDS[COMP_CWORD]}
  local -a more
  COMPREPLY=()
  while IFS= read -r line; do
    if [ -z "$paths" ]; then paths=$line; continue; fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(command bottle __complete -- "$COMP_CWORD" "\${COMP_WORDS[@]}" 2>/dev/null)
  case $paths in
    files) mapfile -t more < <(compgen -f -- "$typed") ;;
    folders) mapfile -t more < <(compgen -d -- "$typed") ;;
  esac
  if [ "\${#more[@]}" -gt 0 ]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=("\${more[@]}")
  fi
  case \${COMPREPLY[0]-} in *[:=]) compopt -o nospace 2>/dev/null ;; esac
}
complete -F _bottle bottle
`,
  zsh: `#compdef bottle
# zsh completion for bottle: eval "$(bottle completion zsh)" in ~/.zshrc after compinit, or this text as _bottle in $fpath
_bottle() {
  local -a lines values shown open
  local line value
  lines=("\${(@f)$(command bottle __complete -- $((CURRENT - 1)) "\${(@Q)words}" 2>/dev/null)}")
  for line in "\${(@)lines[2,-1]}"; do
    [[ -n $line ]] || continue
    value=\${line%%$'\\t'*}
    if [[ $value == *[:=] ]]; then open+=("$value"); continue; fi
    values+=("$value")
    shown+=("$value  \${line#*$'\\t'}")
  done
  (( $#values )) && compadd -l -d shown -a values
  (( $#open )) && compadd -S '' -a open
  case $lines[1] in
    files) _files ;;
    folders) _files -/ ;;
  esac
}
if [[ $funcstack[1] == _bottle ]]; then _bottle "$@"; else compdef _bottle bottle; fi
`,
  fish: `# fish completion for bottle: bottle completion fish > ~/.config/fish/completions/bottle.fish
function __bottle_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l typed (commandline --current-token --cut-at-cursor)
    set -l lines (command bottle __complete -- (count $words) $words "$typed" 2>/dev/null)
    for line in $lines[2..-1]
        printf '%s\\n' $line
    end
    switch "$lines[1]"
        case files
            __fish_complete_path "$typed"
        case folders
            __fish_complete_directories "$typed" folder
    end
end
complete --command bottle --no-files --arguments '(__bottle_complete)'
`,
};
