#!/bin/bash
# Measures the effect of a slow zone, and of a client with 9,000 connections, on others: the latency of paced requests (p99), alone and
# beside them, in turns. Prints the ratios of the medians. Requests of the slow zone: 300 per second, each for another domain, which
# its name server answers after 3 seconds.
# The flooding client needs another user, so root, to be another peer; else this part is left out.
# shellcheck source=lab.bash
. "$(dirname "$0")/lab.bash"
start_dns 1
logs=off
ulimit -n "$(ulimit -Hn)"
chmod 755 "$run"
start_spfd "$dns_port" --workers 2
# The cache is warm for the requests that are measured.
paced() { load "$1" --socket "$run/spfd" --clients 64 --rate 1000 --count 5000 --retry; }
warm_up --socket "$run/spfd" --keep --count 2000
slow=0
for _ in $(seq "$rounds"); do
  paced fair/alone
  slow=$((slow + 10000))
  "$bench/load" --socket "$run/spfd" --clients 2000 --slow --first "$slow" --domains 3000 --count 3000 --rate 300 >/dev/null 2>&1 &
  other=$!
  sleep 3.5
  paced fair/slow-zone
  stop "$other"
  [[ $EUID = 0 ]] || continue
  setpriv --reuid=65534 --clear-groups "$bench/load" --socket "$run/spfd" --clients 9000 --keep --rate 4000 --count 100000000 --retry \
    >/dev/null 2>&1 &
  other=$!
  sleep 3.5
  paced fair/flood
  stop "$other"
done
for label in slow-zone flood; do
  grep -qF "\"fair/$label\"" "$runs" || { say_missing "fair/$label (needs root)" && continue; }
  awk -v label="$label" -v alone="$(median_of fair/alone p99_us)" -v beside="$(median_of fair/$label p99_us)" \
    'BEGIN { printf "%s: p99 of the others %.0f us, alone %.0f us: ratio %.2f\n", label, beside, alone, beside / alone }'
done
exit "$failed"
