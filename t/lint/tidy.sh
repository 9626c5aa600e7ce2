#!/bin/bash
# t/lint/tidy.sh [product | FILE.cc...]: runs clang-tidy on the given files, on those of the programs, or on all. A file that has
# passed is not checked again until it, a file that it includes or the configuration changes. Where the build has written a file
# that includes those of a folder (`make units`), that one is checked in their place: most of the time goes into the headers.
. "$(dirname "$0")/tree.bash"

stamps=${BUILD:-build}/tidy
mkdir -p "$stamps"
# max-nodes bounds the analyzer's paths through a function. More paths find nothing here and take most of the time. It looks at
# included files, too, as these may be those of a folder.
export FLAGS="-std=c++20 -I. -D_GNU_SOURCE -Xclang -analyzer-config -Xclang max-nodes=20000 -Xclang -analyzer-opt-analyze-headers"

left_out=^$
if [[ ${1:-} = product ]]; then
  left_out=^t/
  shift
fi
units=()
[[ $# != 0 || ! -d ${BUILD:-build}/gen ]] || mapfile -t units < <(grep -rlE '^#include ".*\.cc"' "${BUILD:-build}/gen")

# Those of earlier builds may include files that are gone.
for i in "${!units[@]}"; do
  sed -n 's/^#include "\(.*\)"/\1/p' "${units[i]}" | xargs stat -- >/dev/null 2>&1 || unset "units[i]"
done

declare -A includes seen within
while IFS=$'\t' read -r file include; do
  includes[$file]+=" $include"
  [[ $include != *.cc ]] || within[$include]=1
done < <(grep -HE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "${sources[@]}" "${units[@]}" | sed -E 's/^([^:]*):[^"]*"([^"]*)".*/\1\t\2/')

wanted=("$@")
if [[ $# = 0 ]]; then
  wanted=("${units[@]}")
  for file in "${sources[@]}"; do
    [[ $file != *.cc || $file =~ $left_out || -n ${within[$file]:-} ]] || wanted+=("$file")
  done
fi

# Adds the file and all our headers that it includes, directly or not, to the keys of `seen`.
collect() {
  local header
  [[ -z ${seen[$1]:-} ]] || return 0
  seen[$1]=1
  for header in ${includes[$1]:-}; do collect "$header"; done
}

version=$(clang-tidy --version 2>&1)
key_of() {
  seen=()
  collect "$1"
  { echo "$version $FLAGS" && cat .clang-tidy t/.clang-tidy && printf '%s\n' "${!seen[@]}" | sort | xargs -d '\n' cat --; } |
    sha256sum | cut -d' ' -f1
}

# tidy_one FILE STAMP: checks one file, in a shell of its own.
tidy_one() {
  local file=$1 stamp=$2 output status
  # shellcheck disable=SC2086  # FLAGS are words
  output=$(clang-tidy --quiet "$file" -- $FLAGS 2>&1)
  status=$?
  if [[ $status = 0 ]]; then
    : >"$stamp"
  else
    grep -E '^[^ ]+:[0-9]+:[0-9]+: (warning|error)' <<<"$output" | sed "s|^$PWD/||; s|^\./||" ||
      { echo "$file:1: clang-tidy ended with status $status" && tail -n 5 <<<"$output"; }
  fi
}
export -f tidy_one

check_tidy() {
  local file key
  # shellcheck disable=SC2016  # $0 and $1 are for the shell that xargs starts
  for file in "${wanted[@]}"; do
    key=$(key_of "$file")
    [[ -e $stamps/$key ]] || printf '%s\0%s\0' "$file" "$stamps/$key"
  done | xargs -0 -r -n 2 -P "$(nproc)" bash -c 'tidy_one "$0" "$1"' 2>&1
}
report check_tidy
