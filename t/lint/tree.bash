# Sourced by the checks of this folder. A check reads the tree that contains it, prints "file:line: problem" for each problem and
# fails if there is one.
# shellcheck shell=bash
set -u
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2

# Prints our own files: those that git tracks or would add. In a tree without git: all files outside of build/.
list_files() {
  local path
  { git ls-files -co --exclude-standard 2>/dev/null || find . -path ./build -prune -o -type f -printf '%P\n'; } | sort -u |
    while IFS= read -r path; do
      if [[ -f $path ]]; then printf '%s\n' "$path"; fi
    done
}
mapfile -t files < <(list_files)
mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep -E '\.(cc|h)$')
if [[ ${#sources[@]} = 0 ]]; then
  echo "$PWD: no sources"
  exit 2
fi

# report FUNCTION: prints its output and fails if there is any.
report() {
  local found
  found=$("$@" 2>&1)
  [[ -z $found ]] && return
  printf '%s\n' "$found"
  exit 1
}
