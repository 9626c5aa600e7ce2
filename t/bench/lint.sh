#!/bin/bash
# Measures examinations of records: the CPU time of one with all answers in the cache, its round trips without cache, and 10,000
# domains of the wide world in bulk, in turns with as many checks of the same domains. Appends to $BUILD/bench/runs.jsonl under
# lint/warm, lint/cold, lint/bulk and lint/checks.
# shellcheck source=lab.bash
. "$(dirname "$0")/lab.bash"
domains=${BENCH_LINT_DOMAINS:-10000}
for what in requests domains; do "$bench/wide_zone" --$what "$domains" >"$run/$what"; done
"$bench/wide_zone" "$domains" >"$run/zone"
start_dns 0 --zone "$run/zone"

# Prints the lines of the output, the seconds that passed and those of the processor.
measure() { # LABEL OPTIONS...
  local label=$1 rate
  shift
  TIMEFORMAT='%R %U %S'
  { time "$build/bin/spfquery" --nameserver "127.0.0.1:$dns_port" --jobs 256 --json "$@" >"$run/out" 2>/dev/null; } 2>"$run/time" || true
  read -r real user system <"$run/time"
  [[ $(wc -l <"$run/out") = "$domains" ]] || { echo "failed: $label has $(wc -l <"$run/out") answers" && failed=1; }
  rate=$(awk -v n="$domains" -v s="$real" 'BEGIN { printf "%.0f", n / s }')
  echo "{\"label\": \"$label\", \"rate\": $rate, \"cpu_us\": $(awk -v n="$domains" -v s="$user" -v t="$system" \
    'BEGIN { printf "%.1f", (s + t) * 1e6 / n }'), \"questions\": $(questions_asked)}" >>"$runs"
}
questions_asked >/dev/null
for _ in $(seq "$rounds"); do
  "$bench/lint" 2000 >>"$runs" || failed=1
  measure lint/checks --file "$run/requests"
  measure lint/bulk --lint-file "$run/domains"
done
exit "$failed"
