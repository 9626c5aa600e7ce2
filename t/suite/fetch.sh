#!/bin/bash
# Puts the two official test suites, rfc7208-tests.yml and rfc4408-tests.yml, into $BUILD/suites (BUILD: default build).
# They come from Debian's package python3-spf, which is downloaded but not installed, since an installed package may lack
# /usr/share/doc. Existing files with the right checksum are kept.
# Exit codes: 0 both files exist, 69 (EX_UNAVAILABLE) the package is not available, 65 (EX_DATAERR) wrong content.
set -euo pipefail

readonly package=python3-spf
readonly -A sums=(
  [rfc7208-tests.yml]=901f561a6e2b1c1590a40a61b1ac7601226fd7045a7aae591a4d25421358d6f9
  [rfc4408-tests.yml]=82b7d1840745d1249f1fe7055be7e1b536ed38eeaeac40c481d7f1825da4415c
)
readonly target=${BUILD:-build}/suites

say() { echo "t/suite/fetch.sh: $*" >&2; }

sum_is_right() { # file wanted-sum
  [[ -f $1 && $(sha256sum <"$1") == "$2  -" ]]
}

missing=()
for file in "${!sums[@]}"; do
  sum_is_right "$target/$file" "${sums[$file]}" || missing+=("$file")
done
((${#missing[@]})) || exit 0

for tool in apt-get dpkg-deb gzip tar; do
  if ! command -v "$tool" >/dev/null; then
    say "needs $tool to get the SPF test suites out of Debian's package $package; put ${missing[*]} into $target by hand"
    exit 69
  fi
done

mkdir -p "$target"
work=$(mktemp -d "${TMPDIR:-/tmp}/spfd-suites.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt downloads as user _apt if possible

download() { (cd "$work" && apt-get download "$package") >"$work/log" 2>&1; }
if ! download && ! { [[ $(id -u) == 0 ]] && apt-get update >>"$work/log" 2>&1 && download; }; then
  tail -n 3 "$work/log" >&2
  say "cannot download Debian's package $package, which holds the SPF test suites." \
    "Is there a network, and did \"apt-get update\" run? (Or put ${missing[*]} into $target by hand.)"
  exit 69
fi

for file in "${missing[@]}"; do
  if ! dpkg-deb --fsys-tarfile "$work"/"$package"_*.deb |
    tar -xO "./usr/share/doc/$package/$file.gz" | gzip -dc >"$work/$file"; then
    say "the package $package holds no usr/share/doc/$package/$file.gz"
    exit 65
  fi
  if ! sum_is_right "$work/$file" "${sums[$file]}"; then
    say "the $file of the package $package is not the one expected (sha256 $(sha256sum <"$work/$file" | cut -d' ' -f1))"
    exit 65
  fi
  mv "$work/$file" "$target/$file"
done
