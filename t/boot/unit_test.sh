#!/bin/bash
# Installs spfd with `make install` into a fresh Debian with systemd, boots that, and tries the sample units there
# (unit_inside.bash).
. "$(dirname "$(readlink -f "$0")")/machine.bash"

prepare() { make -s -C "$source" BUILD="$BUILD" DESTDIR="$machine" install; }
boot unit_inside.bash
