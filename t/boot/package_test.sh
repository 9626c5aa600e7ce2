#!/bin/bash
# Boots a fresh Debian with systemd, and installs, uses, upgrades and purges the packages of `make deb` there
# (package_inside.bash).
. "$(dirname "$(readlink -f "$0")")/machine.bash"

prepare() {
  mkdir "$machine/packages"
  cp "$BUILD"/deb/*.deb "$machine/packages"
}
boot package_inside.bash
