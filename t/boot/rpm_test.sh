#!/bin/bash
# Builds the RPM of packaging/spfd.spec and installs, upgrades and erases it in a fresh, booted Debian, with Debian's rpm. The names
# of the packages that the recipe needs are those of other systems, so they are not tried.
. "$(dirname "$(readlink -f "$0")")/machine.bash"

rpm=$BUILD/rpm
name=spfd-$(sed -n 's/^Version: //p' "$source/packaging/spfd.spec")
builds() { rpmbuild -bb --nodeps --noclean --define "_sourcedir $BUILD" --define "_topdir $rpm" "$@" >&2; }
cd "$source"
rm -rf "$rpm"
mkdir "$rpm"
builds packaging/spfd.spec
# The next release has the same files.
sed 's/^Release: 1/Release: 2/' packaging/spfd.spec >"$rpm/next.spec"
for built in "$rpm/BUILDROOT/$name"-1.*; do mv "$built" "${built/$name-1/$name-2}"; done
builds --short-circuit "$rpm/next.spec"

prepare() {
  cat /etc/resolv.conf >"$machine/etc/resolv.conf"
  chroot "$machine" sh -c 'apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends rpm' >&2
  rm "$machine/etc/resolv.conf"
  mkdir "$machine/packages"
  cp "$BUILD"/rpm/RPMS/*/*.rpm "$machine/packages"
}
boot rpm_inside.bash
