#!/bin/bash
# Runs the benchmark's programs, and two workers under load: a few requests in each mode, without peers and without statements
# about speed. With sanitizers spfd must have no findings. Last line: "N passed, N failed".
export BENCH_LAB=none
# shellcheck source=lab.bash
. "$(dirname "$0")/lab.bash"
runs=$run/runs
start_dns 1
start_spfd "$dns_port" --workers 2
start_bare
resolver_port=$dns_port
load each --socket "$run/spfd" --pid "$spfd" --count 300
load kept --socket "$run/spfd" --count 300 --keep
load in-flight --socket "$run/spfd" --count 300 --keep --depth 16
load batches --socket "$run/spfd" --count 300 --keep --depth 16 --batch
load paced --socket "$run/spfd" --count 300 --keep --rate 5000
load cold --socket "$run/spfd" --clients 64 --first 10000 --domains 3000 --count 3000 --keep --depth 4
load many --socket "$run/spfd" --clients 64 --count 10000 --keep --depth 16
load one --socket "$run/spfd" --clients 1 --count 1 --domain six-smoke.bench.example --result fail
load bare-each --dialect bare --socket "$run/bare" --count 300
load bare-kept --dialect bare --socket "$run/bare" --count 300 --keep
dns_load dns --first 5000 --count 300 --depth 4 --all
"$bench/core" 1000 >/dev/null || failed=1
"$bench/lint" 10 >/dev/null || failed=1
[[ $(questions_asked) -gt 300 ]] || { echo "failed: the name server was not asked" && failed=1; }
# The figures of the load generator agree with the name server's.
if "$bench/load" --socket "$run/spfd" --clients 1 --count 1 --domain six-smoke.bench.example --result pass >/dev/null 2>&1; then
  echo "failed: a wrong result was not noticed" && failed=1
fi
kill "$spfd"
wait "$spfd" || { tail -n 60 "$log/spfd" && echo "failed: spfd ended with $?" && failed=1; }
answered=$(grep -c '"wrong": 0,' "$runs")
echo "$answered passed, $((11 - answered + failed)) failed"
[[ $failed = 0 && $answered = 11 ]]
