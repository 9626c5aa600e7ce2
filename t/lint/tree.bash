# Sourced by the checks of this folder. Each looks at the tree it stands in, prints "file:line: what is wrong" and fails; it is
# silent when all is well.
# shellcheck shell=bash
set -u
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2

# Files of ours: what git knows or would add; in a tree without git, whatever is not built.
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

# report FUNCTION: fails if it prints anything.
report() {
  local found
  found=$("$@" 2>&1)
  [[ -z $found ]] && return
  printf '%s\n' "$found"
  exit 1
}
