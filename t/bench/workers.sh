#!/bin/bash
# Measures the cost of more workers: 1, 2, 4 and 8 of them under the same load on all processors, in turns. Appends to
# $BUILD/bench/runs.jsonl under the labels workers/MODE/COUNT.
# shellcheck source=lab.bash
. "$(dirname "$0")/lab.bash"
start_dns 0
logs=off
server_core=any load_core=any
declare -A process_of
for workers in 1 2 4 8; do
  start_spfd "$dns_port" --workers "$workers"
  process_of[$workers]=$spfd
  mv "$run/spfd" "$run/spfd-$workers"
  warm_up --socket "$run/spfd-$workers" --keep --count 2000
done
for _ in $(seq "$rounds"); do
  for workers in 1 2 4 8; do
    load "workers/each/$workers" --socket "$run/spfd-$workers" --pid "${process_of[$workers]}" --count "$questions"
    load "workers/kept/$workers" --socket "$run/spfd-$workers" --pid "${process_of[$workers]}" --count "$questions" --keep
  done
done
exit "$failed"
