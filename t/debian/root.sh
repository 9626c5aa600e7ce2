#!/bin/bash
# root.sh SUITE: builds a minimal root of the Debian release SUITE (bookworm, trixie), once; prints its path.
#
# The root is what debootstrap calls minbase, with the installer's /etc/hosts: neither make nor a compiler is in it. Nobody
# writes into it later: in_root.sh lays an overlay over it. A root older than a week is built anew.
#
# DEBIAN_DIR: where roots and downloaded packages are kept between runs (/var/cache/spfd-debian); a file system that can carry
# an overlay. DEBIAN_MIRROR: debootstrap's default if unset.
set -euo pipefail
suite=${1:?root.sh SUITE}
: "${DEBIAN_DIR:=/var/cache/spfd-debian}"
root=$DEBIAN_DIR/roots/$suite

fail() {
  echo "t/debian: $*" >&2
  exit 1
}
[[ $EUID == 0 ]] || fail "needs root, to make a root folder of another Debian: sudo make check-debian"
command -v debootstrap >/dev/null || fail "needs debootstrap"
mkdir -p "$DEBIAN_DIR/roots" "$DEBIAN_DIR/archives/$suite/partial"

exec 9>"$DEBIAN_DIR/roots/lock"
flock 9
if [[ -z $(find "$root.built" -mtime -7 2>/dev/null) ]]; then
  rm -rf --one-file-system "$root" "$root.built"
  # shellcheck disable=SC2086  # no mirror is no word
  debootstrap --variant=minbase "$suite" "$root" ${DEBIAN_MIRROR:-} >"$root.log" 2>&1 ||
    { tail -n 20 "$root.log" >&2 && fail "cannot build the root of $suite; the whole log: $root.log"; }
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
  touch "$root.built"
fi
echo "$root"
