#!/bin/bash
# Runs debian/tests by autopkgtest within a booted Debian. That machine is the container that these tests need, so autopkgtest
# itself needs no other one.
. "$(dirname "$(readlink -f "$0")")/machine.bash"

prepare() {
  mkdir "$machine/packages" "$machine/source"
  cp "$deb"/*.deb "$machine/packages"
  rm -f "$machine"/packages/*-dbgsym_*
  cp -a "$source"/{debian,t} "$machine/source"
}
boot autopkgtest_inside.bash
