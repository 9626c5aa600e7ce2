#!/bin/bash
# Compares the rewriting of senders with postsrsd: tcp_table on kept connections, 8 clients, one worker, in turns. Appends to
# $BUILD/bench/runs.jsonl under the labels srs/SERVER/forward and srs/SERVER/reverse, and prints a table.
# shellcheck source=lab.bash
. "$(dirname "$0")/lab.bash"
logs=off
(umask 077 && echo tops3cr3t >"$run/secret")
if ! postsrsd_program=$(find_program postsrsd); then
  postsrsd_program=''
  say_missing "postsrsd (no package, see $bench/peers.log)"
fi
listening() { # PORT
  local i
  for ((i = 0; i < 200; i++)); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
    sleep 0.05
  done
  echo "$0: nothing listens at port $1" >&2
  exit 1
}
# In the lab the ports are free; elsewhere they probably are.
start_spfd 1 --srs inet:127.0.0.1:17001 --srs inet:127.0.0.1:17002,map=reverse --srs-secret-file "$run/secret" \
  --srs-domain srs.example.net
listening 17002
postsrsd() {
  # shellcheck disable=SC2016 # for the other shell: postsrsd closes every possible descriptor
  start postsrsd 0 bash -c 'ulimit -n 256; exec "$@"' - "${from_root[@]}" "$postsrsd_program" -4 -f17011 -r17012 -s"$run/secret" \
    -dsrs.example.net
  listening 17012
}
[[ -z $postsrsd_program ]] || postsrsd

srs_load() { # SERVER PORT COUNT PROCESS
  (on_core 1 "$bench/srs_load" "srs/$1" "$2" "$(($2 + 1))" "$3" "$4" >>"$runs") ||
    { echo "failed: srs_load $1" && failed=1; }
}
for _ in $(seq "$rounds"); do
  srs_load spfd 17001 "$questions" "$spfd"
  [[ -z $postsrsd_program ]] || srs_load postsrsd 17011 "$questions" "$started"
done

echo
echo "rewriting of senders: tcp_table, kept connections, 8 clients"
printf '  %-10s%-12s %10s %10s %12s %9s %9s\n' '' '' answers/s 'CPU us' 'x postsrsd' 'p50 us' 'p99 us'
for way in forward reverse; do
  for server in spfd postsrsd; do
    label=srs/$server/$way
    grep -qF "\"label\": \"$label\"" "$runs" || continue
    cpu=$(median_of "$label" cpu_us)
    ratio=-
    [[ -z $postsrsd_program ]] || ratio=$(awk -v a="$cpu" -v b="$(median_of "srs/postsrsd/$way" cpu_us)" 'BEGIN { printf "%.2f", (b > 0) ? a / b : 0 }')
    printf '  %-10s%-12s %10.0f %10.2f %12s %9.0f %9.0f\n' "$way" "$server" "$(median_of "$label" rate)" "$cpu" "$ratio" \
      "$(median_of "$label" p50_us)" "$(median_of "$label" p99_us)"
  done
done
exit "$failed"
