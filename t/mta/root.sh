#!/bin/bash
# root.sh NAME: builds the private Debian root NAME, once.
#
# Debian's MTAs conflict with one another, so each has its own root: an overlay with this machine's "/" below (never written) and
# $MTA_DIR/roots/NAME/upper above. A normal apt-get installs the packages there with their real maintainer scripts; on this
# machine no package, user, service or mount is left behind.
# A root is built again when its packages or those of this machine change.
# With SUITE, the MTAs' roots have that Debian release below (t/debian/root.sh), in $MTA_DIR/roots/SUITE-NAME. spfd and the clients,
# in the root "tools", are still this machine's.
#
# MTA_DIR: the folder of the roots, on a file system that can carry an overlay (ext4, xfs, btrfs, tmpfs).
set -euo pipefail

# The packages of each root. A further MTA needs one line here and one t/mta/NAME_test.sh.
declare -A packages=(
  [tools]="nsd swaks libio-socket-inet6-perl miltertest netbase"
  [exim]="exim4-daemon-heavy"
  [postfix]="postfix"
  [sendmail]="sendmail-bin sendmail-cf sensible-mda netbase"
  [qpsmtpd]="qpsmtpd libio-socket-inet6-perl libnet-ip-perl netbase"
)

fail() {
  echo "t/mta: $*" >&2
  exit 1
}

name=${1:?root.sh NAME}
[[ -n ${packages[$name]:-} ]] || fail "no root is called $name (known: ${!packages[*]})"
: "${MTA_DIR:?}"
suite=${SUITE:-}
[[ $name != tools ]] || suite=
root=$MTA_DIR/roots/${suite:+$suite-}$name
cache=$MTA_DIR/cache${suite:+-$suite}
lower=/
[[ -z $suite ]] || lower=$("$(dirname "$(readlink -f "$0")")/../debian/root.sh" "$suite")
mkdir -p "$MTA_DIR/roots" "$cache/archives/partial" "$cache/lists"

exec 9>"$MTA_DIR/roots/lock"
flock 9 # several scripts may run, and apt-get cannot share its cache
stamp=$({ echo "${packages[$name]}"; cat "$0" "$lower/var/lib/dpkg/status"; } | sha256sum)
[[ $(cat "$root/built-from" 2>/dev/null) != "$stamp" ]] || exit 0

rm -rf --one-file-system "$root"
mkdir -p "$root"/{upper,work,mnt}
# The package lists of this machine are used while they are valid; newer ones stay in the cache.
[[ -n $suite || -n $(ls "$cache/lists") || ! -d /var/lib/apt/lists ]] || cp -a /var/lib/apt/lists/. "$cache/lists/"

build() {
  set -euo pipefail
  hostname mx.lab.test # maintainer scripts of MTAs need a name with a dot
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$root/upper,workdir=$root/work" "$root/mnt" || {
    echo "no overlay can be mounted on $root; set MTA_DIR to a folder on ext4, xfs, btrfs or tmpfs (/dev/shm/mta)"
    exit 1
  }
  cd "$root/mnt"
  mount --rbind /proc proc
  mount --rbind /dev dev
  mount -t tmpfs tmpfs run
  mount -t tmpfs tmpfs tmp
  mkdir -p var/cache/apt/archives var/lib/apt/lists
  mount --bind "$cache/archives" var/cache/apt/archives
  mount --bind "$cache/lists" var/lib/apt/lists
  # A copy, as the file may be a link into /run.
  resolv=$(cat /etc/resolv.conf)
  rm -f etc/resolv.conf
  echo "$resolv" >etc/resolv.conf
  printf '127.0.0.1 localhost\n127.0.0.1 mx.lab.test mx\n' >etc/hosts
  printf '#!/bin/sh\nexit 101\n' >usr/sbin/policy-rc.d # no services are started
  chmod 755 usr/sbin/policy-rc.d
  rm -f etc/apt/apt.conf.d/docker-clean # it would empty the cache
  apt_get() {
    chroot . env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q -y --no-install-recommends \
      -o APT::Keep-Downloaded-Packages=true -o APT::Sandbox::User=root -o Dpkg::Options::=--force-unsafe-io \
      -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= "$@"
  }
  read -ra wanted <<<"${packages[$name]}"
  apt_get install "${wanted[@]}" || { apt_get update && apt_get install "${wanted[@]}"; }
}
export root cache name lower
if ! unshare --mount --uts --propagation private bash -c "$(declare -p packages); $(declare -f build); build" \
  9>&- >"$root/log" 2>&1; then
  tail -n 20 "$root/log" >&2
  fail "could not build the root $name; the whole log: $root/log"
fi
echo "$lower" >"$root/lower"
echo "$stamp" >"$root/built-from"
