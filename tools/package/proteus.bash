# Completion of proteus for bash. It asks the program itself, so it knows what the program knows.

# Sessions, the newest first: names below the folder of the socket (runs), or the folders that a path with a slash leads to.
_proteus_sessions() {
  local current=$1 runs=runs i found names=()
  for ((i = 1; i + 1 < COMP_CWORD; i++)); do
    [ "${COMP_WORDS[i]}" = --socket ] || continue
    runs=${COMP_WORDS[i + 1]}
    [ "$runs" != = ] || runs=${COMP_WORDS[i + 2]}
    runs=$(dirname -- "$runs")
  done
  if [[ $current == */* ]]; then
    for found in "$current"*/session.json; do [ ! -e "$found" ] || names=("${found%/session.json}" "${names[@]}"); done
    # Not there yet: the folders on the way.
    [ "${#names[@]}" -gt 0 ] || mapfile -t names < <(compgen -d -- "$current")
  else
    for found in "$runs/$current"*/session.json; do
      found=${found%/session.json}
      [ ! -d "$found" ] || names=("${found##*/}" "${names[@]}")
    done
  fi
  COMPREPLY=("${names[@]}")
  compopt -o nosort 2>/dev/null || true
}

# Training runs that can be gone on with: folders below runs, or those that a path with a slash leads to, that hold a latest.safetensors.
_proteus_trainings() {
  local current=$1 before=runs/ found names=()
  [[ $current != */* ]] || before=''
  for found in "$before$current"*/latest.safetensors; do [ ! -e "$found" ] || names=("${found%/latest.safetensors}" "${names[@]}"); done
  [ "${#names[@]}" -gt 0 ] || mapfile -t names < <(compgen -d -- "$current")
  COMPREPLY=("${names[@]}")
  compopt -o nosort 2>/dev/null || true
}

_proteus() {
  local current=${COMP_WORDS[COMP_CWORD]} program=${COMP_WORDS[0]} before=${COMP_WORDS[COMP_CWORD-1]} verbs verb options
  COMPREPLY=()
  if [ "$current" = = ]; then current=''; elif [ "$before" = = ]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi
  verbs=$("$program" help 2>/dev/null | sed -n 's/^  proteus \([a-z]*\( [a-z][a-z]*\)\{0,1\}\)  .*/\1/p')
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
    return
  fi
  case "$verb $before" in
    *\ --socket | *\ --config | *\ -c) ;;
    train\ --resume) _proteus_trainings "$current" && return ;;
    paper\ --resume | *\ --session | journal\ * | report\ report | why\ why) _proteus_sessions "$current" && return ;;
  esac
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -o filenames -F _proteus proteus
