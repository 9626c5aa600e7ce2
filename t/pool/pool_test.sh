#!/bin/bash
# A real HAProxy with etc/haproxy/spfd.cfg in front of three spfd, under load from Exim's kind of clients (a connection per request)
# and Postfix's (kept connections): rolling restarts, a drain, a dead resolver, and SIGKILL. Every answer must be right.
# POOL_RESTARTS: restarts of each member (3). POOL_RATE: requests per second of each kind of client (300).
set -u
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. t/checks.bash
BUILD=$(readlink -f "${BUILD:-build}")
restarts=${POOL_RESTARTS:-3} rate=${POOL_RATE:-300}
lab=$(mktemp -d)
# HAProxy runs as the user who starts it.
declare -A pid=()
end() {
  exec 8>&- 9>&-
  kill "${pid[@]}" 2>/dev/null
  wait
  rm -rf "$lab"
}
trap end EXIT

# ask SOCKET: sends its input, half-closes, and prints the answer.
ask() {
  perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or exit 1;
    print $s $_ while <STDIN>; $s->flush; shutdown $s, 1; print while <$s>' "$1"
}
# dns NAME: our name server; its port is in $lab/dns-NAME.
dns() {
  mkfifo "$lab/in-$1"
  "$BUILD/bench/dns" 1 <"$lab/in-$1" >"$lab/dns-$1" 8>&- 9>&- &
  pid[dns-$1]=$!
}
dns all
exec 8>"$lab/in-all"
wait_until 300 test -s "$lab/dns-all" || give_up "no name server"
read -r port <"$lab/dns-all"

# member NAME [NAMESERVER]
member() {
  "$BUILD/bin/spfd" --config /dev/null --listen "unix:$lab/$1.sock" --control "unix:$lab/$1.control" --workers 1 \
    --nameserver "${2:-127.0.0.1:$port}" --hostname mx.example.org 2>>"$lab/$1.log" 8>&- 9>&- &
  pid[$1]=$!
  wait_until 300 asks_health "$1" ok
}
control() { "$BUILD/bin/spfctl" --socket "$lab/$1.control" "${@:2}"; }
# asks_health MEMBER WORD: the member itself answers so.
asks_health() { printf 'request=health\n\n' | ask "$lab/$1.sock" | grep -qx "health=$2"; }
ends() { # MEMBER SIGNAL
  kill "-$2" "${pid[$1]}"
  wait "${pid[$1]}"
}
for name in mx1 mx2 mx3; do member "$name" || give_up "no member"; done

# The sample, with sockets of our own and without the warming up of members.
sed -E "s,127\.0\.0\.1:5970,$lab/pool.sock," etc/haproxy/spfd.cfg | sed -E "s,bind /run/haproxy/spfd.sock,bind $lab/second.sock,;
  s,^(  server (mx[1-3])) .*,\1 unix@$lab/\2.sock,; s/inter 2s fastinter 500ms/inter 400ms fastinter 200ms/; s/ slowstart 10s//" >"$lab/sample.cfg"
{
  printf 'global\n  stats socket %s/stats.sock level admin\n' "$lab"
  cat "$lab/sample.cfg"
} >"$lab/haproxy.cfg"
check 'HAProxy accepts the unmodified sample' haproxy -c -q -f etc/haproxy/spfd.cfg
haproxy -db -f "$lab/haproxy.cfg" >"$lab/haproxy.log" 2>&1 &
pid[haproxy]=$!
# state MEMBER: UP, DOWN, ...
state() { echo 'show stat' | ask "$lab/stats.sock" | awk -F, -v name="$1" '$2 == name { print $18 }'; }
is_state() { [[ $(state "$1") == "$2"* ]]; }
# All members are up, and have answered a check.
pool_is_up() { is_state mx1 UP && is_state mx2 UP && is_state mx3 UP; }
wait_until 300 test -S "$lab/pool.sock" || give_up "no HAProxy: $(cat "$lab/haproxy.log")"
check 'all members are up' wait_until 300 pool_is_up

# load NAME SECONDS ARGUMENTS...: in the background; its figures are in $lab/NAME.json.
load() {
  "$BUILD/bench/load" --socket "$lab/pool.sock" --label "$1" --rate "$rate" --count $((rate * $2)) "${@:3}" >"$lab/$1.json" 2>"$lab/$1.errors" 8>&- 9>&- &
  pid[$1]=$!
}
figure() { grep -o "\"$2\": [0-9]*" "$lab/$1.json" | grep -o '[0-9]*$'; }
is() { [[ $1 == "$2" ]] || { echo "$1, not $2"; false; }; }
at_most() { (($1 <= $2)) || { echo "$1, more than $2"; false; }; }
loads() { # SECONDS
  load exim "$1" --clients 16 --retry
  load postfix "$1" --dialect policy --keep --clients 8 --retry
}
ended() {
  local name
  for name in exim postfix; do
    wait "${pid[$name]}"
    unset "pid[$name]"
    cat "$lab/$name.errors" "$lab/$name.json"
  done
}

# ---- rolling restarts --------------------------------------------------------------------------------------------------------

loads $((restarts * 9))
for ((i = 0; i < restarts; i++)); do
  for name in mx1 mx2 mx3; do
    ends "$name" TERM || echo "$name ended with $?"
    member "$name" || give_up "$name does not start"
    wait_until 300 pool_is_up || give_up "$name does not come back"
  done
done
ended
check "after $((restarts * 3)) restarts under load no answer is wrong" is "$(figure exim wrong) $(figure postfix wrong)" "0 0"
check 'no request with a connection of its own is lost' is "$(figure exim again) $(figure exim lost)" "0 0"
check 'no request on a kept connection is lost' is "$(figure postfix lost)" 0
# The member may close a kept connection at the moment at which the next request comes.
check 'and at most one per client and restart is sent again' at_most "$(figure postfix again)" $((8 * 3 * restarts))

# ---- drain ---------------------------------------------------------------------------------------------------------------------

loads 6
check 'a member is drained' control mx2 drain
check 'it leaves the pool' wait_until 300 is_state mx2 DOWN
idle() { control mx2 status | grep -qE "^connections=[01]$"; }
check 'its connections end, kept ones too' wait_until 300 idle
check 'it is undrained' control mx2 undrain
check 'and comes back' wait_until 300 is_state mx2 UP
ended
check 'no request is lost or wrong' is "$(figure exim again) $(figure exim lost) $(figure exim wrong) $(figure postfix lost) $(figure postfix wrong)" "0 0 0 0 0"

# ---- a dead resolver -------------------------------------------------------------------------------------------------------------

ends mx3 TERM
dns dead
exec 9>"$lab/in-dead"
wait_until 300 test -s "$lab/dns-dead"
member mx3 "127.0.0.1:$(head -n 1 "$lab/dns-dead")" || give_up "mx3 does not start"
check 'a member with another resolver' wait_until 300 is_state mx3 UP
exec 9>&-
wait "${pid[dns-dead]}"
check 'leaves the pool when that dies' wait_until 300 is_state mx3 DOWN
loads 3
ended
check 'and no request is deferred' is "$(figure exim again) $(figure exim wrong) $(figure postfix lost) $(figure postfix wrong)" "0 0 0 0"
ends mx3 TERM
member mx3 || give_up "mx3 does not start"
check 'with its resolver it comes back' wait_until 300 pool_is_up

# ---- SIGKILL -----------------------------------------------------------------------------------------------------------------------

loads 6
for name in mx1 mx2; do
  sleep 0.5
  ends "$name" KILL
  member "$name" || give_up "$name does not start"
  wait_until 300 pool_is_up || give_up "$name does not come back"
done 2>/dev/null
ended
check 'after SIGKILL a repetition gets its answer' is "$(figure exim lost) $(figure exim wrong) $(figure postfix lost) $(figure postfix wrong)" "0 0 0 0"
finish
