#!/bin/bash
# in_root.sh SUITE COMMAND [OUT]: runs the shell line COMMAND on a copy of this tree in a fresh root of the Debian release SUITE
# (root.sh): what a user of that release sees who has installed nothing yet. Then copies the folder OUT of the tree to $RESULT.
#
# The root is an overlay that is thrown away, so the tree's own build folder is not touched, and nothing is left but the root and
# the packages that were downloaded. The variables WERROR, SANITIZE, JOBS, CHAOS_SECONDS, CXXFLAGS, DEB_BUILD_OPTIONS and
# SOURCE_DATE_EPOCH are passed on.
# CCACHE_DIR: the compilers of the root use this cache, so a second build takes little time.
set -euo pipefail
suite=${1:?in_root.sh SUITE COMMAND} command=${2:?in_root.sh SUITE COMMAND} out=${3:-}
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
source=$(dirname "$(dirname "$here")")
export DEBIAN_DIR=${DEBIAN_DIR:-/var/cache/spfd-debian}
root=$("$here/root.sh" "$suite")
lab=$(mktemp -d "$DEBIAN_DIR/run.XXXXXX")
trap 'rm -rf --one-file-system "$lab"' EXIT
mkdir -p "$lab"/{upper,work,mnt} "$lab"/archives/{upper/partial,work}

run() {
  set -euo pipefail
  local name variables=() packages=make path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  mount -t overlay overlay -o "lowerdir=$root,upperdir=$lab/upper,workdir=$lab/work" "$lab/mnt"
  cd "$lab/mnt"
  mount -t proc proc proc
  mount --rbind /sys sys
  mount --rbind /dev dev
  mount -t tmpfs tmpfs run
  mount -t tmpfs tmpfs tmp
  # Others may download at the same time, so what comes in stays apart until the end.
  mount -t overlay overlay -o "lowerdir=$DEBIAN_DIR/archives/$suite,upperdir=$lab/archives/upper,workdir=$lab/archives/work" \
    var/cache/apt/archives
  rm -f etc/apt/apt.conf.d/docker-clean etc/resolv.conf
  cat /etc/resolv.conf >etc/resolv.conf
  echo 'APT::Keep-Downloaded-Packages "true";' >etc/apt/apt.conf.d/keep
  mkdir -p srv/spfd
  (cd "$source" && { git ls-files -zco --exclude-standard 2>/dev/null || find . -path ./build -prune -o -type f -print0; } |
    xargs -0 cp --parents -t "$lab/mnt/srv/spfd")
  for name in WERROR SANITIZE JOBS CHAOS_SECONDS CXXFLAGS DEB_BUILD_OPTIONS SOURCE_DATE_EPOCH; do
    [[ -z ${!name:-} ]] || variables+=("$name=${!name}")
  done
  if [[ -n ${CCACHE_DIR:-} ]]; then
    mkdir -p ".$CCACHE_DIR"
    mount --bind "$CCACHE_DIR" ".$CCACHE_DIR"
    variables+=("CCACHE_DIR=$CCACHE_DIR")
    packages+=" ccache" path=/usr/lib/ccache:$path
  fi
  chroot . env -i PATH="$path" HOME=/tmp LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "${variables[@]}" \
    bash -c "apt-get update -q && apt-get install -y -q --no-install-recommends $packages && cd /srv/spfd && $command"
}
export root lab suite source command
unshare --mount --uts --ipc --pid --fork --kill-child --propagation private bash -c "$(declare -f run); run"
find "$lab/archives/upper" -maxdepth 1 -name '*.deb' -exec mv -f -t "$DEBIAN_DIR/archives/$suite" {} +
if [[ -n $out ]]; then
  rm -rf "${RESULT:?}"
  mkdir -p "$RESULT"
  cp -a "$lab/upper/srv/spfd/$out/." "$RESULT/"
fi
