#!/bin/bash
# Unpacks the programs that the benchmarks compare us with, and their dependencies, into $BUILD/bench/root: Debian's packages, not
# installed, so that no service is started, MTAs do not conflict, nothing is left behind, and root is not needed. Packages that
# this machine has installed are used from there. An unavailable package is not an error here: the benchmarks report what they
# leave out.
set -euo pipefail
cd "$(dirname "$0")/../.."
bench=$(realpath "${BUILD:-build}")/bench
root=$bench/root
packages=(spf-tools-perl spfquery postfix-policyd-spf-python unbound nsd gnuplot-nox postsrsd iproute2 util-linux)

stamp=$({ echo "${packages[@]}"; cat "$0" /var/lib/dpkg/status; } | sha256sum)
[[ $(cat "$root/built-from" 2>/dev/null) != "$stamp" ]] || exit 0
rm -rf "$root" "$bench/debs"
mkdir -p "$root" "$bench/debs/partial"

download() {
  apt-get -y -q --download-only --no-install-recommends -o Debug::NoLocking=1 -o APT::Sandbox::User=root \
    -o Dir::Cache::archives="$bench/debs" install "${packages[@]}"
}
if ! download >"$bench/peers.log" 2>&1; then
  sudo=
  [[ $(id -u) = 0 ]] || sudo='sudo -n'
  { $sudo apt-get update -q && download; } >>"$bench/peers.log" 2>&1 ||
    { echo "t/bench/peers.sh: packages are missing, see $bench/peers.log"; exit 0; }
fi
for package in "$bench"/debs/*.deb; do dpkg-deb -x "$package" "$root"; done
rm -rf "$bench/debs"
echo "$stamp" >"$root/built-from"
