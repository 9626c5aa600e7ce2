#!/bin/bash
# form.sh FOLDER: the packages there, as `make deb` leaves them, have no fault of form: lintian has no error and no warning, and
# the programs are hardened as Debian requires. Last line: "N passed, N failed".
set -u
folder=$1
. "$(dirname "$0")/../checks.bash"

# The maintainer address is replaced before publication.
excused=bogus-mail-host,bogus-mail-host-in-debian-changelog
check 'lintian has no error and no warning' lintian --allow-root --fail-on error,warning --suppress-tags "$excused" "$folder"/*.changes

unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
for package in "$folder"/*.deb; do
  [[ $package == *-dbgsym_* ]] || dpkg-deb --extract "$package" "$unpacked"
done
# reads PROGRAM REGEX OPTION...: a line of readelf.
reads() { readelf --wide "${@:3}" "$1" | grep -E "$2" >/dev/null; }
# Debian 12 does not ask for all that Debian 13 does.
flags=$(DEB_BUILD_MAINT_OPTIONS=hardening=+all dpkg-buildflags --get CFLAGS)
programs=
for program in "$unpacked"/usr/sbin/* "$unpacked"/usr/bin/*; do
  name=${program##*/}
  programs+="${name%.*} "
  check "$name is position-independent" reads "$program" '^ *Type: +DYN' --file-header
  check "$name binds all symbols at its start" reads "$program" 'BIND_NOW' --dynamic
  check "$name makes its tables read-only then" reads "$program" '^ *GNU_RELRO' --program-headers
  check "$name has no executable stack" reads "$program" '^ *GNU_STACK .* RW ' --program-headers
  check "$name protects its stack" reads "$program" '__stack_chk_fail' --symbols
  check "$name checks the sizes of buffers" reads "$program" '(memcpy|read|recv|printf|vsnprintf|memset|fprintf|poll)_chk' --symbols
  if [[ $flags == *-fcf-protection* ]]; then
    # Debian 13's start files are without these marks, so its linker leaves the note IBT out of all programs.
    check "$name allows jumps only to where they may go" test "$(objdump --disassemble "$program" | grep -c endbr64)" -gt 100
  fi
done
wanted=$(cd "$(dirname "$0")/../.." && printf '%s\n' */main.cc | xargs -n 1 dirname | LC_ALL=C sort)
check 'each program is in a package' test "$(tr ' ' '\n' <<<"$programs" | sed '/^$/d' | LC_ALL=C sort)" = "$wanted"
finish
