#!/bin/bash
# `make bench`: runs warm.sh, cold.sh, srs.sh, workers.sh, fair.sh and lint.sh, and reports: a table on the terminal, $BUILD/bench/report.json and,
# with gnuplot, $BUILD/bench/curves.svg.
# BENCH_QUESTIONS (20000) and BENCH_ROUNDS (5) are read from the environment; 2000 and 1 give a quick overview.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
bench=${BUILD:-build}/bench
failed=0
: >"$bench/runs.jsonl"
t/bench/warm.sh || failed=1
t/bench/cold.sh || failed=1
t/bench/srs.sh || failed=1
t/bench/workers.sh || failed=1
t/bench/fair.sh || failed=1
t/bench/lint.sh || failed=1
/usr/bin/python3 t/bench/report.py "$bench/runs.jsonl" "$bench/report.json" "$bench/curves" || exit 1

for gnuplot in {"$bench/root",}/usr/bin/gnuplot-nox; do [[ ! -x $gnuplot ]] || break; done
plot() {
  LD_LIBRARY_PATH=$bench/root/usr/lib/$(uname -m)-linux-gnu "$gnuplot" \
    -e "curves='$bench/curves'; count=$(grep -c '^"' "$bench/curves")" t/bench/curves.gnuplot
}
if plot >"$bench/curves.svg" 2>"$bench/gnuplot.log"; then
  echo -e "\n$bench/report.json and $bench/curves.svg hold the figures"
else
  echo -e "\nno $bench/curves.svg: $(head -n 1 "$bench/gnuplot.log"); $bench/report.json holds the figures"
fi
exit "$failed"
