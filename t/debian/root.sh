#!/bin/bash
# root.sh SUITE [boot]: builds a root of the Debian release SUITE (bookworm, trixie), once; prints its path.
#
# The root is what debootstrap calls minbase, with the installer's /etc/hosts: neither make nor a compiler is in it. With "boot"
# it also has systemd, the libraries that spfd and spfweb load and, as files that apt-get finds, the packages that the tests of t/boot
# install: a booted machine has no network. Nobody writes into a root later: who uses it lays an overlay over it. A root is built
# anew when it is older than a week, or this script has changed.
#
# DEBIAN_DIR: where roots and downloaded packages are kept between runs (/var/cache/spfd-debian); a file system that can carry
# an overlay. DEBIAN_MIRROR: debootstrap's default if unset.
set -euo pipefail
suite=${1:?root.sh SUITE} kind=${2:-}
: "${DEBIAN_DIR:=/var/cache/spfd-debian}"

system="systemd systemd-sysv dbus iproute2"
declare -A libraries_of=(
  [bookworm]="libevent-core-2.1-7 libevent-extra-2.1-7 libfmt9 libidn2-0 libssl3 zlib1g"
  [trixie]="libevent-core-2.1-7t64 libevent-extra-2.1-7t64 libfmt10 libidn2-0 libssl3t64 zlib1g"
)
# Packages that conflict with others, one set per line.
later="nsd spf-tools-perl spfquery apparmor autopkgtest dpkg-dev
exim4-daemon-light
postfix"

fail() {
  echo "t/debian: $*" >&2
  exit 1
}
[[ $EUID == 0 ]] || fail "needs root, to make a root folder of another Debian: sudo make ..."
command -v debootstrap >/dev/null || fail "needs debootstrap"
mkdir -p "$DEBIAN_DIR/roots" "$DEBIAN_DIR/archives/$suite/partial"

minbase() {
  # shellcheck disable=SC2086  # without a mirror the argument is absent
  debootstrap --variant=minbase "$suite" "$1" ${DEBIAN_MIRROR:-}
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$1/etc/hosts"
}
# In a mount namespace of its own; $1 is a copy of the minimal root.
bootable() {
  set -euo pipefail
  local line
  mount -t proc proc "$1/proc"
  cat /etc/resolv.conf >"$1/etc/resolv.conf"
  rm -f "$1/etc/apt/apt.conf.d/docker-clean"
  apt_get() { chroot "$1" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q -y --no-install-recommends "${@:2}"; }
  apt_get "$1" update
  # shellcheck disable=SC2086  # words
  apt_get "$1" install $system $libraries
  while read -r line; do
    # shellcheck disable=SC2086
    apt_get "$1" install --download-only $line
  done <<<"$later"
}
export system later
export libraries="${libraries_of[$suite]:-}"

# once NAME COMMAND...: builds the root NAME; what it says goes to NAME.log.
once() {
  local root=$DEBIAN_DIR/roots/$1
  [[ $(find "$root.built" -mtime -7 -exec cat {} + 2>/dev/null) != "$stamp" ]] || return 0
  rm -rf --one-file-system "$root" "$root.built"
  "${@:2}" "$root" >"$root.log" 2>&1 9>&- ||
    { tail -n 20 "$root.log" >&2 && fail "cannot build the root $1; the whole log: $root.log"; }
  echo "$stamp" >"$root.built"
}
add_system() {
  cp -a "$DEBIAN_DIR/roots/$suite" "$1"
  unshare --mount --propagation private bash -c "$(declare -f bootable); bootable \"\$0\"" "$1"
}

exec 9>"$DEBIAN_DIR/roots/lock"
flock 9
stamp=1 # another number, and all minimal roots are built anew
once "$suite" minbase
if [[ $kind == boot ]]; then
  [[ -n $libraries ]] || fail "which libraries has $suite?"
  stamp="$(sha256sum <"$0") $(stat -c %Y "$DEBIAN_DIR/roots/$suite.built")"
  once "$suite-boot" add_system
fi
echo "$DEBIAN_DIR/roots/$suite${kind:+-$kind}"
