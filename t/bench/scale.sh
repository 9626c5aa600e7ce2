#!/bin/bash
# `make bench-scale`: a synthetic world of BENCH_DOMAINS (1000000) domains, served by nsd through unbound, with senders by Zipf's
# law and a cache of 64 MB. Measures memory, hit rate, evictions, the cost of a warm request in small and in large worlds, and two
# workers compared with one. Prints a table and writes the runs to $BUILD/bench/scale.jsonl. Takes about 4 minutes on two cores.
# shellcheck source=lab.bash
. "$(dirname "$0")/lab.bash"
domains=${BENCH_DOMAINS:-1000000}
runs=$bench/scale.jsonl
: >"$runs"
find_peers >/dev/null
nsd_program=$(find_program nsd) || nsd_program=
for needed in nsd unbound; do
  program=${needed}_program
  if [[ -z ${!program} ]]; then
    echo "bench-scale needs $needed, which is not available: $bench/peers.log" >&2
    exit 69
  fi
done

"$bench/wide_zone" "$domains" >"$run/zone"
nsd_port=5301
cat >"$run/nsd.conf" <<EOF
server:
  ip-address: 127.0.0.1
  port: $nsd_port
  do-ip6: no
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "$run"
  database: ""
  pidfile: "$run/nsd.pid"
  xfrdfile: "$run/xfrd"
  zonelistfile: "$run/zonelist"
remote-control:
  control-enable: no
zone:
  name: "bench.example"
  zonefile: "zone"
EOF
start nsd any "${from_root[@]}" "$nsd_program" -d -c "$run/nsd.conf"
start_unbound any "127.0.0.1@$nsd_port" 512
for _ in $(seq 600); do
  if grep -q 'nsd started' "$log/nsd"; then break; fi
  sleep 0.1
done

# Prints a counter from spfd's log at SIGUSR1.
counter() { # LINE NAME
  sed -nE "s/.*counters: $1 .*\b$2=([0-9]+).*/\1/p" "$log/spfd" | tail -n 1
}
look() { # sets hits, misses, evictions, entries and waits for a lock since the start
  hits='' misses='' joins='' evictions='' entries='' waits=''
  : >"$log/spfd" # drops the lines of earlier requests, which are many
  kill -USR1 "$spfd"
  for _ in $(seq 200); do
    if grep -q 'counters: dns' "$log/spfd"; then break; fi
    sleep 0.02
  done
  local one
  for one in hits misses joins evictions entries waits; do printf -v "$one" %s "$(counter cache "$one")"; done
}

# All servers run at the same time, so that they can be measured in turns.
declare -A process filled last
serve() { # NAME WORLD COUNT ARGUMENTS...: a spfd that has answered COUNT requests
  local name=$1
  world=$2
  start_spfd "$resolver_port" "${@:4}"
  mv "$run/spfd" "$run/spfd.$name"
  process[$name]=$spfd last[$name]=$(($3 > 20000 ? $3 - 20000 : 0))
  ask "$name" "fill/$name" 0 "$3" --clients 64 --depth 4
  look
  filled[$name]=$(awk -v h="$hits" -v m="$((misses + joins))" -v e="$entries" -v out="$evictions" 'BEGIN { print h * 100 / (h + m), e, out }')
  # The latest senders stay in the cache when they are checked again and again.
  for _ in 1 2 3; do ask "$name" "again/$name" "${last[$name]}" 20000; done
}
ask() { # NAME LABEL SKIP COUNT ARGUMENTS...
  load "$2" --socket "$run/spfd.$1" --pid "${process[$1]}" --keep --wide "$world" --skip "$3" --count "$4" "${@:5}"
}

worlds=(10000 100000 "$domains")
for world in "${worlds[@]}"; do
  serve "$world" "$world" $((world < 100000 ? 100000 : world < 1000000 ? 300000 : 600000)) --cache-size 64M
done
declare -A before misses_before
for world in "${worlds[@]}"; do
  spfd=${process[$world]}
  look
  before[$world]=$hits misses_before[$world]=$misses
done
for _ in $(seq "$rounds"); do
  for world in "${worlds[@]}"; do
    ask "$world" "warm/$world" "${last[$world]}" 20000
    ask "$world" "warm16/$world" "${last[$world]}" 20000 --depth 16
  done
done
printf '%-10s %7s %9s %10s %8s %16s %16s %10s %7s\n' domains 'hits %' entries evictions 'RSS MB' 'us, kept' 'us, 16 in flight' 'hits each' misses
for world in "${worlds[@]}"; do
  spfd=${process[$world]}
  look
  rss=$(awk '/^VmRSS/ { print $2 / 1024 }' "/proc/$spfd/status")
  # shellcheck disable=SC2086 # three words
  awk -v rss="$rss" -v warm="$(median_of "warm/$world" cpu_us)" -v flight="$(median_of "warm16/$world" cpu_us)" \
    -v each="$((hits - before[$world]))" -v rounds="$rounds" -v misses="$((misses - misses_before[$world]))" \
    'BEGIN { printf "%-10d %7.2f %9d %10d %8.1f %16.2f %16.2f %10.2f %7d\n", ARGV[1], ARGV[2], ARGV[3], ARGV[4], rss, warm, flight,
             each / rounds / 40000, misses }' "$world" ${filled[$world]}
  stop "$spfd"
done

echo
for workers in 1 2; do
  server_core=any serve "workers$workers" 100000 100000 --workers "$workers"
done
declare -A waits_before
for workers in 1 2; do
  spfd=${process[workers$workers]}
  look
  waits_before[$workers]=$waits
done
for _ in $(seq "$rounds"); do
  for workers in 1 2; do ask "workers$workers" "workers/$workers" "${last[workers$workers]}" 20000 --clients 16 --depth 16; done
done
printf '%-10s %10s %10s %10s %20s\n' workers 'answers/s' 'CPU us' questions 'waits for a lock'
for workers in 1 2; do
  spfd=${process[workers$workers]}
  look
  printf '%-10d %10.0f %10.2f %10d %20d\n' "$workers" "$(median_of "workers/$workers" rate)" "$(median_of "workers/$workers" cpu_us)" \
    "$((20000 * rounds))" "$((waits - waits_before[$workers]))"
done
exit "$failed"
