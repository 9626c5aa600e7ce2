#!/bin/bash
# .clang-format decides how the code looks; `make format` mends it.
. "$(dirname "$0")/tree.bash"

check_format() { clang-format --dry-run -Werror "${sources[@]}" 2>&1 | grep -E '^[^ ]+:[0-9]+:[0-9]+: |^clang-format|not found'; }
report check_format
