#!/bin/bash
# Every shell script passes shellcheck.
. "$(dirname "$0")/tree.bash"

is_script() { [[ $1 = *.sh || $1 = *.bash ]] || head -n 1 "$1" | grep -qE '^#!.*\<(ba)?sh\>'; }
scripts=()
for file in "${files[@]}"; do
  case $file in
    t/fuzz/corpus/*) ;;
    *) is_script "$file" 2>/dev/null && scripts+=("$file") ;;
  esac
done

check_scripts() { shellcheck -x --source-path=SCRIPTDIR -f gcc "${scripts[@]}"; }
report check_scripts
