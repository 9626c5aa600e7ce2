#!/bin/bash
# Builds the packages and looks at their form (form.sh): for this machine's release, or, with SUITE, in a clean root of that one,
# whose packages are then in $BUILD/deb-$SUITE.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
cd "$here/../.."
if [[ -n ${SUITE:-} ]]; then
  RESULT=$(readlink -m "${BUILD:-build}/deb-$SUITE") "$here/in_root.sh" "$SUITE" "make check-deb" build/deb
else
  make check-deb
fi
