#!/bin/bash
# The code is formatted as clang-format 14 does it with .clang-format; `make format` repairs it.
. "$(dirname "$0")/tree.bash"

# Other versions break some lines differently.
formatter=clang-format
! command -v clang-format-14 >/dev/null || formatter=clang-format-14
if ! $formatter --version | grep -q ' version 14\.'; then
  echo "not checked: this needs clang-format 14, and this machine has $($formatter --version)"
  exit
fi
check_format() { $formatter --dry-run -Werror "${sources[@]}" 2>&1 | grep -E '^[^ ]+:[0-9]+:[0-9]+: |^clang-format|not found'; }
report check_format
