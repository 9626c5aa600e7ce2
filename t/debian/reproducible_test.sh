#!/bin/bash
# Builds the packages once more, as somebody else would: from a copy without git in a folder of another name, a year later, with
# another language, time zone, umask and number of jobs. Each package must have the bytes of that of `make deb`.
# No compiler cache: it would answer for the first build.
set -euo pipefail
source=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
first=$(readlink -f "${BUILD:-$source/build}")/deb
lab=$(mktemp -d "${TMPDIR:-/tmp}/spfd-again.XXXXXX")
trap 'rm -rf "$lab"' EXIT
cd "$source"
epoch=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGES.md)
mkdir "$lab/another-place"
make -s dist BUILD="$lab/dist"
tar -xzf "$lab"/dist/*.tar.gz -C "$lab/another-place" --strip-components=1
(
  umask 027
  cd "$lab/another-place"
  env -u MAKEFLAGS -u MAKELEVEL CCACHE_DISABLE=1 SOURCE_DATE_EPOCH="$epoch" LC_ALL=C.UTF-8 LANGUAGE=de TZ=Asia/Kathmandu \
    NO_FAKE_STAT=1 faketime -f +366d make -j3 deb >"$lab/log" 2>&1
) || { tail -n 30 "$lab/log" && exit 1; }
passed=0 failed=0
for package in "$first"/*.deb; do
  again="$lab/another-place/build/deb/${package##*/}"
  if cmp "$package" "$again"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed"
[[ $failed == 0 && $passed != 0 ]]
