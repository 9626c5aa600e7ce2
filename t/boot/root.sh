#!/bin/bash
# root.sh: builds a root of this machine's Debian release, with systemd and the libraries that spfd loads, once. Prints its path.
#
# BOOT_DIR: where it is kept ($BUILD/boot); a file system that can carry an overlay. It is built anew when this script changes.
# DEBIAN_MIRROR: debootstrap's default if unset.
set -euo pipefail
: "${BOOT_DIR:?}"
packages=systemd,systemd-sysv,dbus,libevent-core-2.1-7,libfmt9,libidn2-0,libssl3
root=$BOOT_DIR/root
mkdir -p "$BOOT_DIR"
exec 9>"$BOOT_DIR/lock"
flock 9
stamp=$(sha256sum <"$0")
if [[ $(cat "$BOOT_DIR/built-from" 2>/dev/null) != "$stamp" ]]; then
  # shellcheck source=/dev/null
  release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  rm -rf --one-file-system "$root"
  # shellcheck disable=SC2086  # no mirror is no word
  if ! debootstrap --variant=minbase --include="$packages" "$release" "$root" ${DEBIAN_MIRROR:-} 9>&- >"$BOOT_DIR/log" 2>&1; then
    tail -n 20 "$BOOT_DIR/log" >&2
    exit 1
  fi
  rm -rf "$root"/var/cache/apt/archives/*.deb
  echo "$stamp" >"$BOOT_DIR/built-from"
fi
echo "$root"
