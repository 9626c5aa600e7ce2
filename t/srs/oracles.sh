#!/bin/bash
# Compares random addresses with other implementations of SRS, in both directions: Mail::SRS with its program srs, and postsrsd,
# in Debian's versions. COUNT (2000) addresses from SEED (the day's) on. The peers are unpacked below $BUILD; nothing is
# installed.
# Last line: "N passed, N failed". Exit codes: 0 no difference, 1 a difference, 69 a peer is not available.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly build=${BUILD:-build}
readonly packages=(srs libmail-srs-perl libdigest-hmac-perl postsrsd)
export COUNT=${COUNT:-2000} SEED=${SEED:-$(date +%Y%m%d)}

peers=$(realpath -m "$build/srs-peers")
if [[ ! -e $peers/complete ]]; then
  mkdir -p "$peers/packages" "$peers/root"
  if ! (cd "$peers/packages" && apt-get download -q "${packages[@]}") >&2; then
    echo "t/srs/oracles.sh: Debian's packages ${packages[*]} are not available; perhaps \"apt-get update\" helps" >&2
    exit 69
  fi
  for package in "$peers"/packages/*.deb; do dpkg -x "$package" "$peers/root"; done
  touch "$peers/complete"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/spfd-srs.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "SEED=$SEED COUNT=$COUNT"
# postsrsd closes every possible descriptor, so their number is kept small.
ulimit -n 256
export PERL5LIB=$peers/root/usr/share/perl5
/usr/bin/perl t/srs/oracles.pl "$(realpath "$build/bin/spfsrs")" "$peers/root" "$work"
