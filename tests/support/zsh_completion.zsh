#!/usr/bin/env -S zsh -f
# What zsh offers when TAB is pressed behind each line of standard input, with the completion script
# $1 loaded: for each line its candidates, one a line, then =====.
# An interactive zsh runs in a pseudo-terminal; compadd, through which every candidate goes, writes
# them down. After Valodim's zsh-capture-completion (MIT).
zmodload zsh/zpty
zpty shell zsh -f -i

setup=$(mktemp)
trap "rm -f $setup" EXIT
cat > $setup <<'SETUP'
PROMPT=
autoload -U compinit
compinit -D -u
bindkey '^M' undefined-key
bindkey '^J' undefined-key
bindkey '^I' complete-word
bindkey '^U' kill-whole-line
zstyle ':completion:*' insert-tab false
zstyle ':completion:*' list-separator ''
# They are called once unless they add themselves again.
mark-begin () { print -rn -- $'\0BEGIN\n'; compprefuncs+=(mark-begin) }
mark-end () { print -rn -- $'\0END\n'; comppostfuncs+=(mark-end) }
compprefuncs=(mark-begin)
comppostfuncs=(mark-end)
compadd () {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return $?; fi
  typeset -a hits
  builtin compadd -O hits "$@"
  (( $#hits )) && print -rl -- $hits
  builtin compadd "$@"
}
print -rn -- $'\0READY\n'
SETUP

zpty -w shell "source $setup; source $1; print -rn -- \$'\\0SET\\n'"
until_word() {
  local chunk
  text=""
  while [[ $text != *$'\0'$1* ]]; do
    zpty -r shell chunk || return 1
    text+=$chunk
  done
}
until_word SET
while IFS= read -r line; do
  zpty -w -n shell "$line"$'\t'
  until_word END
  text=${text#*$'\0'BEGIN}
  text=${text%$'\0'END*}
  print -rl -- ${(f)text//$'\r'/} '====='
  zpty -w -n shell $'\x15'
done
