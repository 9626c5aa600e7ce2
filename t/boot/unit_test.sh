#!/bin/bash
# Installs spfd with `make install` into a fresh Debian with systemd, boots that, and tries the sample units there (inside.sh).
# Needs root: mounts and namespaces of its own; on this machine nothing is changed. Last line: "N passed, N failed".
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
source=$(dirname "$(dirname "$here")")
BUILD=$(readlink -f "${BUILD:-$source/build}")
BOOT_DIR=$(readlink -m "${BOOT_DIR:-$BUILD/boot}")
export BUILD BOOT_DIR
if [[ $EUID != 0 ]]; then
  echo "needs root, for mounts and namespaces of its own: sudo make check-boot" >&2
  exit 1
fi
root=$("$here/root.sh")

# The upper folder of the overlay: a tmpfs goes with the namespace.
boot() {
  set -euo pipefail
  local space=$BOOT_DIR/space
  mkdir -p "$space"
  mount -t tmpfs tmpfs "$space"
  mkdir "$space"/{upper,work,mnt}
  mount -t overlay overlay -o "lowerdir=$root,upperdir=$space/upper,workdir=$space/work" "$space/mnt"
  local machine=$space/mnt
  make -s -C "$source" BUILD="$BUILD" DESTDIR="$machine" install
  install -m 755 "$here/inside.sh" "$machine/inside.sh"
  cat >"$machine/etc/systemd/system/inside.service" <<'END'
[Unit]
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/inside.sh
StandardOutput=file:/result
StandardError=file:/errors
ExecStopPost=/bin/systemctl --no-block poweroff --force

[Install]
WantedBy=default.target
END
  mkdir -p "$machine/etc/systemd/system/default.target.wants"
  ln -s ../inside.service "$machine/etc/systemd/system/default.target.wants/inside.service"
  timeout --kill-after=10 180 systemd-nspawn --quiet --register=no --keep-unit --private-network --console=pipe --boot --directory="$machine" \
    </dev/null >"$BOOT_DIR/console" 2>&1 || echo "the machine ended with $?" >>"$BOOT_DIR/console"
  cp "$machine/result" "$BOOT_DIR/result" 2>/dev/null || : >"$BOOT_DIR/result"
  cat "$machine/errors" >>"$BOOT_DIR/console" 2>/dev/null || true
}
export root here source
unshare --mount --propagation private bash -c "$(declare -f boot); boot"

cat "$BOOT_DIR/result"
if ! tail -n 1 "$BOOT_DIR/result" | grep -qE '^[0-9]+ passed, 0 failed$'; then
  tail -n 40 "$BOOT_DIR/console"
  tail -n 1 "$BOOT_DIR/result" | grep -qE '^[0-9]+ passed' || echo "0 passed, 1 failed"
  exit 1
fi
