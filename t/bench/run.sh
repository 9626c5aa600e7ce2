#!/bin/bash
# `make bench`: what a question costs, warm and cold, beside a bare libevent server that writes a fixed answer, in one run.
# Server and load take turns (A B A B) on a core each; medians; CPU is user + system time of the server process.
# ROUNDS (5) and COUNT (20000 questions a run) from the environment.
set -euo pipefail
build=${BUILD:-build}
bench=$build/bench
rounds=${ROUNDS:-5} count=${COUNT:-20000}
run=$(mktemp -d)
pids=()
cleanup() {
  kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$run"
}
trap cleanup EXIT

on_core() { # CORE COMMAND...: on that core, where there are several
  local core=$1
  shift
  if [[ $(nproc) -gt 1 ]]; then exec taskset -c "$core" "$@"; else exec "$@"; fi
}
wait_for() { for _ in $(seq 100); do [[ -e $1 ]] && return; sleep 0.05; done; echo "no $1" >&2; exit 1; }
field() { sed -E "s/.*\"$1\": ([0-9.]+).*/\1/"; }
median() { sort -g | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

start_dns() { # DELAY-MS: leaves the port in $port
  mkfifo "$run/dns.$1"
  "$bench/dns" "$1" <"$run/dns.$1" >"$run/port.$1" 2>/dev/null &
  pids+=($!)
  # The server ends with its input: the write end stays open as long as this script runs.
  sleep infinity >"$run/dns.$1" &
  pids+=($!)
  for _ in $(seq 100); do [[ -s $run/port.$1 ]] && break; sleep 0.05; done
  port=$(<"$run/port.$1")
}
start_spfd() { # SOCKET PORT: leaves the process in $spfd
  (on_core 0 "$build/bin/spfd" --config /dev/null --listen "unix:$1" --nameserver "127.0.0.1:$2" --workers 1 \
    --hostname mx.example.org 2>/dev/null) &
  spfd=$!
  pids+=("$spfd")
  wait_for "$1"
}
load() { (on_core 1 "$bench/load" "$@"); }

start_dns 0
start_spfd "$run/spfd" "$port"
sleep 0.3
idle=$(awk '/^VmRSS/ { print $2 }' "/proc/$spfd/status")
(on_core 0 "$bench/bare_server" "$run/bare") &
bare=$!
pids+=("$bare")
wait_for "$run/bare"

load --socket "$run/spfd" --clients 8 --count 2000 --keep >/dev/null # warms the cache

echo "warm, one worker, 8 clients; medians of $rounds runs of $count questions"
printf '%-28s %10s %10s %7s %9s %9s %7s %10s\n' '' 'spfd /s' 'bare /s' ratio 'spfd us' 'bare us' ratio 'p99.9 us'
for mode in "connection per question:" "kept connections:--keep" "kept, 16 in flight:--keep --depth 16"; do
  name=${mode%%:*}
  read -ra flags <<<"${mode#*:}"
  : >"$run/a"
  : >"$run/b"
  for _ in $(seq "$rounds"); do
    load --socket "$run/spfd" --clients 8 --count "$count" --pid "$spfd" "${flags[@]}" >>"$run/a"
    load --socket "$run/bare" --clients 8 --count "$count" --pid "$bare" --bare "${flags[@]}" >>"$run/b"
  done
  a=$(field rate <"$run/a" | median) b=$(field rate <"$run/b" | median)
  ca=$(field cpu_us <"$run/a" | median) cb=$(field cpu_us <"$run/b" | median)
  late=$(field p999_us <"$run/a" | median)
  awk -v n="$name" -v a="$a" -v b="$b" -v ca="$ca" -v cb="$cb" -v late="$late" \
    'BEGIN { printf "%-28s %10.0f %10.0f %7.2f %9.2f %9.2f %7.2f %10.0f\n", n, a, b, a / b, ca, cb, cb ? ca / cb : 0, late }'
done

echo
echo "cold: time of one check in round trips of 20 ms"
start_dns 20
start_spfd "$run/cold" "$port"
ask() { # SENDER: milliseconds from question to answer
  perl -MIO::Socket::UNIX -MTime::HiRes=time -e '
    my $t = time; my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die;
    print $s "ip=192.0.2.1\nhelo=mail.bench.example\nsender=$ARGV[1]\n\n"; my @a = <$s>;
    my ($r) = map { /^result=(.*)/ ? $1 : () } @a; printf "%.1f %s\n", (time - $t) * 1000, $r' "$run/cold" "$1"
}
for record in six nested; do
  read -r ms result < <(ask "user@$record.bench.example")
  awk -v r="$record" -v ms="$ms" -v result="$result" \
    'BEGIN { what = r == "six" ? "six includes and an mx of four hosts" : "six includes, one in the other"
             printf "%-40s %6.1f ms = %.1f round trips (%s)\n", what, ms, ms / 20, result }'
done

echo
echo "idle: RSS $idle KB"
