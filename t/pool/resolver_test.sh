#!/bin/bash
# A real unbound that is stopped and started, and spfd with and without serve-stale, with and without a restart in between (cache-file).
# Takes a minute, since a question that failed is asked again after 30 seconds.
set -u
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. t/checks.bash
BUILD=$(readlink -f "${BUILD:-build}")
lab=$(mktemp -d)
declare -A pid=()
end() {
  kill "${pid[@]}" 2>/dev/null
  wait
  rm -rf "$lab"
}
trap end EXIT

BUILD=$BUILD t/bench/peers.sh
root=$BUILD/bench/root
for unbound in "$root/usr/sbin/unbound" /usr/sbin/unbound ''; do [[ ! -x $unbound ]] || break; done
[[ -n $unbound ]] || give_up "no unbound: $BUILD/bench/peers.log"
libraries=$root/usr/lib:$root/usr/lib/$(uname -m)-linux-gnu
port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport')
cat >"$lab/unbound.conf" <<END
server:
  interface: 127.0.0.1@$port
  do-ip6: no
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "$lab"
  pidfile: ""
  use-syslog: no
  num-threads: 1
  local-zone: "test." static
  local-data: "test. 1 IN SOA ns.test. hostmaster.test. 1 3600 900 86400 1"
  local-data: 'known.test. 1 IN TXT "v=spf1 include:part.test -all"'
  local-data: 'part.test. 1 IN TXT "v=spf1 ip4:192.0.2.10 -all"'
END
resolver() {
  LD_LIBRARY_PATH=$libraries "$unbound" -d -c "$lab/unbound.conf" 2>>"$lab/unbound.log" &
  pid[unbound]=$!
}
ends() { # NAME
  kill "${pid[$1]}"
  wait "${pid[$1]}"
  unset "pid[$1]"
}
daemon() { # NAME ARGUMENTS...
  "$BUILD/bin/spfd" --config /dev/null --listen "unix:$lab/$1.sock" --control "unix:$lab/$1.control" --workers 1 --hostname mx.example.org \
    --nameserver "127.0.0.1:$port" "${@:2}" 2>>"$lab/$1.log" &
  pid[$1]=$!
  wait_until 100 test -S "$lab/$1.sock" || give_up "no $1"
}
stale() { daemon stale --serve-stale 1h --dns-timeout 100ms --cache-file "$lab/answers"; }
# answer NAME CLIENT [TIME]: prints the answer.
answer() {
  printf 'ip=%s\nhelo=h.test\nsender=u@known.test\ntimeout=%s\n\n' "$2" "${3:-2}" |
    perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or exit 1;
      print $s $_ while <STDIN>; $s->flush; shutdown $s, 1; print while <$s>' "$lab/$1.sock"
}
has() { # LINE NAME CLIENT
  answer "${@:2}" | grep -qx "$1"
}
lacks() { ! has "$@"; }
passes_with_fresh_answers() { answer stale 192.0.2.10 | awk '/^result=pass$/ { good = 1 } /^stale=/ { bad = 1 } END { exit !good || bad }'; }

resolver
daemon plain
stale
check 'the resolver answers' wait_until 100 has result=pass stale 192.0.2.10
check 'a stranger is refused' has action=reject stale 192.0.2.99
check 'the other daemon knows the domain' has result=pass plain 192.0.2.10
check 'fresh answers are not marked' lacks stale=1 stale 192.0.2.10

ends unbound
sleep 1.2 # the answers expire
check 'without serve-stale the mail is deferred' has action=defer plain 192.0.2.10
check 'with it, mail is accepted with expired answers' has stale=1 stale 192.0.2.10
check 'and its result is the old one' has result=pass stale 192.0.2.10
check 'the stranger is deferred, not refused' has action=defer stale 192.0.2.99
check 'spfctl counts it' grep -qE 'spfd_cache_stale_total [1-9]' <("$BUILD/bin/spfctl" --socket "$lab/stale.control" --openmetrics stats)

ends stale
check 'the cache was written' grep -q 'answers written' "$lab/stale.log"
stale
check 'after a restart the expired answers are still used' has stale=1 stale 192.0.2.10
check 'the stranger is deferred as before' has action=defer stale 192.0.2.99

resolver
check 'without serve-stale, the next check is right' wait_until 50 has result=pass plain 192.0.2.10
check 'with it, the domain is asked again within 30 seconds' wait_until 400 passes_with_fresh_answers
check 'and the stranger is refused again' has action=reject stale 192.0.2.99
finish
