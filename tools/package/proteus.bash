# Completion of proteus for bash. It asks the program itself, so it knows what the program knows.
_proteus() {
  local current=${COMP_WORDS[COMP_CWORD]} program=${COMP_WORDS[0]} verbs verb options
  COMPREPLY=()
  verbs=$("$program" help 2>/dev/null | sed -n 's/^  proteus \([a-z]*\( [a-z]*\)\{0,1\}\)  .*/\1/p')
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$(cut -d' ' -f1 <<<"$verbs")" -- "$current")
    return
  fi
  verb=${COMP_WORDS[1]}
  if [ "$COMP_CWORD" -eq 2 ] && grep -q "^$verb " <<<"$verbs"; then
    mapfile -t COMPREPLY < <(compgen -W "$(sed -n "s/^$verb //p" <<<"$verbs")" -- "$current")
    return
  fi
  grep -qx "$verb ${COMP_WORDS[2]}" <<<"$verbs" && verb="$verb ${COMP_WORDS[2]}"
  if [[ $current == -* ]]; then
    # shellcheck disable=SC2086
    options=$("$program" $verb --help 2>/dev/null | grep -o -- '--[a-z][a-z-]*' | sort -u)
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -o filenames -F _proteus proteus
