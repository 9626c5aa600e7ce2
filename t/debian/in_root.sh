#!/bin/bash
# in_root.sh SUITE COMMAND [OUT]: runs the shell line COMMAND on a copy of this tree in a fresh root of the Debian release SUITE
# (root.sh): what a user of that release sees who has installed nothing yet. Then copies the folder OUT of the tree out, if given.
#
# The root is an overlay that is thrown away, so the tree's own build folder is not touched, and nothing is left behind but the
# root and the packages that were downloaded. The variables WERROR, CXXFLAGS and SOURCE_DATE_EPOCH are passed on.
set -euo pipefail
suite=${1:?in_root.sh SUITE COMMAND} command=${2:?in_root.sh SUITE COMMAND} out=${3:-}
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
source=$(dirname "$(dirname "$here")")
export DEBIAN_DIR=${DEBIAN_DIR:-/var/cache/spfd-debian}
root=$("$here/root.sh" "$suite")
lab=$(mktemp -d "$DEBIAN_DIR/run.XXXXXX")
trap 'rm -rf --one-file-system "$lab"' EXIT
mkdir "$lab"/{upper,work,mnt}

run() {
  set -euo pipefail
  mount -t overlay overlay -o "lowerdir=$root,upperdir=$lab/upper,workdir=$lab/work" "$lab/mnt"
  cd "$lab/mnt"
  mount -t proc proc proc
  mount --rbind /sys sys
  mount --rbind /dev dev
  mount -t tmpfs tmpfs run
  mount -t tmpfs tmpfs tmp
  mount --bind "$DEBIAN_DIR/archives/$suite" var/cache/apt/archives
  rm -f etc/apt/apt.conf.d/docker-clean etc/resolv.conf
  cat /etc/resolv.conf >etc/resolv.conf
  mkdir -p srv/spfd
  (cd "$source" && { git ls-files -zco --exclude-standard 2>/dev/null || find . -path ./build -prune -o -type f -print0; } |
    xargs -0 cp --parents -t "$lab/mnt/srv/spfd")
  chroot . env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive ${WERROR:+"WERROR=$WERROR"} ${CXXFLAGS:+"CXXFLAGS=$CXXFLAGS"} \
    ${SOURCE_DATE_EPOCH:+"SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH"} \
    bash -c "apt-get update -q && apt-get install -y -q --no-install-recommends make && cd /srv/spfd && $command"
}
export root lab suite source command
unshare --mount --uts --ipc --pid --fork --kill-child --propagation private bash -c "$(declare -f run); run"
if [[ -n $out ]]; then
  mkdir -p "$source/$out"
  cp -a "$lab/upper/srv/spfd/$out/." "$source/$out/"
fi
