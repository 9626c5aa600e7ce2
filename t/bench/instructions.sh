#!/bin/bash
# `make instructions`: instructions and system calls of one warm request, counted by callgrind, and their changes since
# t/bench/instructions.txt was written. With --write that file is written anew. Under valgrind reading the clock is a system call,
# too. The input of callgrind_annotate is left in $BUILD/bench/callgrind.NAME.
#
# Each figure is the difference between a run of 3N requests and one of N, divided by 2N, so start and end cancel out. A single
# client waits for its answers, so the order of events is fixed. Only the hash keys of the cache and of libevent are random, with
# an effect below 0.5 %. Instructions depend on compiler and libraries: compare figures of one machine only.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
bench=$build/bench
kept=t/bench/instructions.txt
count=${BENCH_QUESTIONS:-2000}
run=$(mktemp -d)
pids=()
more=() # options of spfd
cleanup() {
  [[ ${#pids[@]} = 0 ]] || kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$run"
}
trap cleanup EXIT
wait_for() { for _ in $(seq 600); do [[ -e $1 ]] && return; sleep 0.05; done; echo "no $1" >&2; exit 1; }
under_callgrind() { # OUT COMMAND...
  local out=$1
  shift
  exec valgrind -q --tool=callgrind --collect-systime=yes --callgrind-out-file="$out" "$@"
}

mkfifo "$run/dns"
"$bench/dns" 0 <"$run/dns" >"$run/port" 2>/dev/null &
pids+=($!)
exec 9>"$run/dns" # the server ends with its input
for _ in $(seq 100); do [[ -s $run/port ]] && break; sleep 0.05; done

core() { # OUT COUNT
  (under_callgrind "$1" "$bench/core" "$2") >/dev/null
}
daemon() { # OUT COUNT FLAGS...
  local out=$1 questions=$2 spfd
  shift 2
  (under_callgrind "$out" "$build/bin/spfd" --config /dev/null --sandbox off --listen "unix:$run/spfd" \
    --nameserver "127.0.0.1:$(<"$run/port")" --workers 1 --hostname mx.example.org "${more[@]}") 2>/dev/null &
  spfd=$!
  pids=("${pids[0]}" "$spfd")
  wait_for "$run/spfd"
  "$bench/load" --socket "$run/spfd" --clients 1 --count 1000 >/dev/null # warms the cache
  "$bench/load" --socket "$run/spfd" --clients 1 --count "$questions" "$@" >/dev/null
  kill "$spfd"
  wait "$spfd" || true
  pids=("${pids[0]}")
}
shadowed() { # OUT COUNT FLAGS...: with a second policy
  more=(--shadow-config "$run/next.conf")
  daemon "$@"
  more=()
}
measure() { # NAME COMMAND [FLAGS...]: a line of the table
  local name=$1 command=$2
  shift 2
  "$command" "$run/one" "$count" "$@"
  "$command" "$bench/callgrind.$name" "$((3 * count))" "$@"
  cat "$run/one" "$bench/callgrind.$name" | awk -v name="$name" -v count="$count" '
    /^events:/ { for (i = 2; i <= NF; ++i) column[$i] = i }
    /^totals:/ { ++runs; instructions[runs] = $column["Ir"]; calls[runs] = $column["sysCount"] }
    END { printf "%-28s %12.0f %12.1f\n", name, (instructions[2] - instructions[1]) / (2 * count), (calls[2] - calls[1]) / (2 * count) }'
}

{
  echo "# One warm request: instructions, and system calls including reads of the clock (\`make instructions\`); $(readelf -p .comment "$bench/core" | sed -nE 's/.*\] *(.*)/\1/p' | head -n 1), $(uname -m)"
  measure core core
  measure connection-per-question daemon
  measure kept daemon --keep
  measure 16-in-flight daemon --keep --depth 16 --batch
  echo 'on-softfail = "reject"' >"$run/next.conf"
  measure kept-with-shadow shadowed --keep
} >"$run/table"

if [[ ${1:-} = --write ]]; then
  cp "$run/table" "$kept"
  cat "$kept"
  exit
fi
awk -v kept="$kept" '
  BEGIN { while ((getline line < kept) > 0) { split(line, field, " "); old[field[1]] = field[2]; old_calls[field[1]] = field[3] } }
  /^#/ { printf "%-28s %12s %12s %9s %9s %9s\n", "one warm request", "instructions", "before", "change", "sys calls", "before"; next }
  { printf "%-28s %12d %12d %+8.1f%% %9.1f %9.1f\n", $1, $2, old[$1], old[$1] ? ($2 / old[$1] - 1) * 100 : 0, $3, old_calls[$1] }' "$run/table"
