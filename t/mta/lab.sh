#!/bin/bash
# lab.sh "ROOT..." CMD...: runs CMD in a private machine with the named roots, and removes it afterwards.
#
# The lab has its own process, network, mount, host name and IPC namespaces: only "lo" exists, so ports 25 and 53 are free, labs
# run in parallel, nothing reaches a network, and every process ends with CMD. In addition to 127.0.0.1, "lo" has
#   192.0.2.10  2001:db8::10   a client that pass.test permits
#   192.0.2.66  2001:db8::66   a forger
#   198.18.0.66                one whose address is not for documentation, so that explanations propose to add it
# $LAB contains NAME/ (each root, fresh: changes of a run are discarded), run/ and tmp/ (the /run and /tmp of all roots, so
# sockets have their real paths), log/. LAB_KEEP=1 keeps the folder.
set -euo pipefail
fail() {
  echo "t/mta: $*" >&2
  exit 1
}
: "${MTA_DIR:?}"
read -ra roots <<<"$1"
shift
LAB=$(mktemp -d "$MTA_DIR/lab.XXXXXX")
export LAB MTA_DIR
[[ -n ${LAB_KEEP:-} ]] || trap 'rm -rf --one-file-system "$LAB"' EXIT
chmod 755 "$LAB"
mkdir "$LAB"/{run,tmp,log}
chmod 1777 "$LAB/tmp"
for name in "${roots[@]}"; do
  mkdir "$LAB/$name" "$LAB/$name.work"
  root=$MTA_DIR/roots/$name
  [[ -z ${SUITE:-} || $name == tools ]] || root=$MTA_DIR/roots/$SUITE-$name
  [[ -e $root/lower ]] || fail "the root $name is not built"
  cp -a "$root/upper" "$LAB/$name.upper"
  cp "$root/lower" "$LAB/$name.lower"
done

setup() {
  set -euo pipefail
  hostname mx.lab.test
  ip link set lo up
  for address in 192.0.2.10/32 192.0.2.66/32 198.18.0.66/32 2001:db8::10/128 2001:db8::66/128; do ip address add "$address" dev lo; done
  echo "nameserver 127.0.0.1" >"$LAB/resolv.conf"
  printf '127.0.0.1 localhost\n127.0.0.1 mx.lab.test mx\n' >"$LAB/hosts"
  for name in "$@"; do
    mount -t overlay overlay -o "lowerdir=$(cat "$LAB/$name.lower"),upperdir=$LAB/$name.upper,workdir=$LAB/$name.work" "$LAB/$name"
    mount --rbind /proc "$LAB/$name/proc"
    mount --rbind /dev "$LAB/$name/dev"
    mount --bind "$LAB/run" "$LAB/$name/run"
    mount --bind "$LAB/tmp" "$LAB/$name/tmp"
    cp "$LAB/resolv.conf" "$LAB/hosts" "$LAB/$name/etc/"
  done
  # spfd makes sockets within the chroot of Postfix.
  if [[ -d $LAB/postfix/var/spool/postfix ]]; then
    mkdir -p "$LAB/tools/var/spool/postfix"
    mount --bind "$LAB/postfix/var/spool/postfix" "$LAB/tools/var/spool/postfix"
  fi
}
unshare --mount --propagation private --net --uts --ipc --pid --fork --kill-child --mount-proc \
  bash -c "$(declare -f setup); roots=(${roots[*]@Q}); setup \"\${roots[@]}\" && \"\$@\"" lab "$@"
