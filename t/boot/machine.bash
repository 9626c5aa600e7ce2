# Sourced by the tests that boot a Debian: builds its root (t/debian/root.sh), and boots a copy that is thrown away.
# Needs root: mounts and namespaces of its own; on this machine nothing is changed.
# SUITE: the release to boot; default: this machine's.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
source=$(dirname "$(dirname "$here")")
BUILD=$(readlink -f "${BUILD:-$source/build}")
# shellcheck source=/dev/null
this_suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
suite=${SUITE:-$this_suite}
deb=$BUILD/deb${SUITE:+-$SUITE} # its packages
BOOT_DIR=$BUILD/boot/$suite # what the machine said
mkdir -p "$BOOT_DIR"
export BUILD BOOT_DIR suite deb
if [[ $EUID != 0 ]]; then
  echo "needs root, for mounts and namespaces of its own" >&2
  exit 1
fi
root=$("$source/t/debian/root.sh" "$suite" boot)
export root here source

# The upper folder of the overlay: a tmpfs goes with the namespace.
boot_copy() {
  set -euo pipefail
  local script=$1 space=$BOOT_DIR/space
  machine=$space/mnt
  mkdir -p "$space"
  mount -t tmpfs tmpfs "$space"
  mkdir "$space"/{upper,work,mnt}
  mount -t overlay overlay -o "lowerdir=$root,upperdir=$space/upper,workdir=$space/work" "$machine"
  rm -f "$machine/etc/resolv.conf" # no resolver, unless the test makes one
  prepare
  { cat "$here/inside.bash" "$here/$script" && echo finish; } >"$machine/inside.sh"
  chmod 755 "$machine/inside.sh"
  cat >"$machine/etc/systemd/system/inside.service" <<'END'
[Unit]
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/bin/bash /inside.sh
StandardOutput=file:/result
StandardError=file:/errors
ExecStopPost=/bin/systemctl --no-block poweroff --force

[Install]
WantedBy=default.target
END
  mkdir -p "$machine/etc/systemd/system/default.target.wants"
  ln -s ../inside.service "$machine/etc/systemd/system/default.target.wants/inside.service"
  timeout --kill-after=10 600 systemd-nspawn --quiet --register=no --keep-unit --private-network --resolv-conf=off --console=pipe --boot \
    --system-call-filter="landlock_create_ruleset landlock_add_rule landlock_restrict_self" \
    --directory="$machine" </dev/null >"$BOOT_DIR/console" 2>&1 || echo "the machine ended with $?" >>"$BOOT_DIR/console"
  cp "$machine/result" "$BOOT_DIR/result" 2>/dev/null || : >"$BOOT_DIR/result"
  cat "$machine/errors" >>"$BOOT_DIR/console" 2>/dev/null || true
}

# boot SCRIPT: runs the function prepare, which fills $machine, then SCRIPT in there, after inside.bash, as root of the booted
# machine. Last line: "N passed, N failed".
boot() {
  flock "$BOOT_DIR/lock" unshare --mount --propagation private bash -c "$(declare -f); boot_copy $1"
  cat "$BOOT_DIR/result"
  if ! tail -n 1 "$BOOT_DIR/result" | grep -qE '^[0-9]+ passed, 0 failed$'; then
    tail -n 40 "$BOOT_DIR/console"
    tail -n 1 "$BOOT_DIR/result" | grep -qE '^[0-9]+ passed' || echo "0 passed, 1 failed"
    exit 1
  fi
}
