#!/bin/bash
# Boots a fresh Debian with systemd, and installs, uses, upgrades and purges the packages of `make deb` there
# (package_inside.bash), with Debian's Exim, Postfix and other SPF programs beside them.
# SUITE: another release, whose packages deb_test.sh has built.
. "$(dirname "$(readlink -f "$0")")/machine.bash"

# The package spfd as a version before the first one: its program is the same, so only dpkg knows the difference.
older() {
  dpkg-deb --raw-extract "$deb"/spfd_*.deb "$machine/older"
  sed -i 's/^Version: .*/Version: 0.0.1/' "$machine/older/DEBIAN/control"
  dpkg-deb --build "$machine/older" "$machine/packages/older.deb" >&2
  rm -r "$machine/older"
}
prepare() {
  mkdir "$machine/packages"
  cp "$deb"/*.deb "$machine/packages"
  older
  # The source, for the scripts and files of the tests in it.
  mkdir "$machine/source"
  cp -a "$source"/{debian,etc,t} "$machine/source"
}
boot package_inside.bash
