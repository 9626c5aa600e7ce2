#!/bin/bash
# `make install` below a DESTDIR with blanks: each file is where it belongs, and uninstall leaves the configuration only.
set -u
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
lab=$(mktemp -d)
trap 'rm -rf "$lab"' EXIT
. t/checks.bash
# installs TARGET PREFIX
installs() { env -u MAKEFLAGS make -s BUILD="${BUILD:-build}" DESTDIR="$lab/to here" PREFIX="$2" "$1" >"$lab/log" 2>&1 || { cat "$lab/log" && false; }; }
files() { (cd "$lab/to here" && find . -type f | LC_ALL=C sort); }
wanted() { # PREFIX SYSCONFDIR
  {
    printf './%s\n' "$1"/sbin/{spfd,spfctl,spfweb} "$1"/bin/{spfquery,spfsrs} "$1"/share/bash-completion/completions/spfctl "$1"/share/spfd/lint-networks "$1"/share/doc/spfd/examples/{spfd,spfweb}.conf "$2/spfd/spfd.conf"
    for page in man/*.[1-9]; do echo "./$1/share/man/man${page##*.}/${page##*/}"; done
    for file in etc/*/*; do echo "./$1/share/doc/spfd/examples/${file#etc/}"; done
  } | LC_ALL=C sort
}
is() { [[ $1 = "$2" ]] || { diff <(echo "$1") <(echo "$2") && false; }; }

check 'install' installs install /usr/local
check 'what it installs' is "$(files)" "$(wanted usr/local etc)"
check 'nothing of it has a name that blanks have cut' is "$(ls "$lab")" "$(printf 'log\nto here')"
# finds_networks: the installed spfquery reads the file beside it. A note about the age of the file is allowed.
finds_networks() {
  "$lab/to here/usr/local/bin/spfquery" --diff 'v=spf1 ip4:192.0.2.1 -all' 'v=spf1 ip4:192.0.2.2 -all' --nameserver 127.0.0.1:1 \
    --timeout 1ms >/dev/null 2>"$lab/log"
  ! grep -v 'is ignored$' "$lab/log"
}
check 'the installed spfquery finds its networks' finds_networks
echo mine >"$lab/to here/etc/spfd/spfd.conf"
check 'install again' installs install /usr/local
check 'a configuration that is there stays' is "$(cat "$lab/to here/etc/spfd/spfd.conf")" mine
check 'uninstall' installs uninstall /usr/local
check 'what it leaves' is "$(files)" ./etc/spfd/spfd.conf
finish
