#!/bin/bash
# When make reads the Makefile, each variable that it expands has a value. In the prerequisites of a rule, a variable that is
# defined below the rule would be empty.
. "$(dirname "$0")/tree.bash"

check_makefile() {
  local warning='^([^:]+:[0-9]+): warning: (undefined variable .*)'
  env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make --warn-undefined-variables help 2>&1 >/dev/null |
    sed -nE "s/$warning/\1: \2/p"
}
[[ ! -e Makefile ]] || report check_makefile
