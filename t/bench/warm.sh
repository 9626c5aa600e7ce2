#!/bin/bash
# Measures the cost of a warm request, with one worker and all DNS answers cached: spfd, the bare server as the upper bound, the
# peers, and unbound with plain TXT questions under the same load. They take turns, so that a disturbance affects all. Appends to
# $BUILD/bench/runs.jsonl under labels warm/MODE/SERVER, half/MODE/SERVER (at half the highest rate) and
# curve/MODE/SERVER/CLIENTS.
# shellcheck source=lab.bash
. "$(dirname "$0")/lab.bash"
find_peers
start_dns 0
logs=off
if [[ -n $unbound_program ]]; then start_unbound 1 "127.0.0.1@$dns_port"; fi
start_spfd "$dns_port"
start_bare
[[ -z $mail_spf_program ]] || start_mail_spf
[[ -z $policyd_program ]] || start_policyd
warm_up --socket "$run/spfd" --keep --count 2000

# It leaks a descriptor with each connection and can have at most 1024, so there is a new process every 900 requests.
libspf2() { # LABEL ARGUMENTS...
  start_libspf2
  warm_up --socket "$run/libspf2" --dialect libspf2 --keep --count 1000
  load "$1" --socket "$run/libspf2" --dialect libspf2 --pid "$libspf2" "${@:2}"
  stop "$libspf2"
}
spfd() { load "$1" --socket "$run/spfd" --pid "$spfd" "${@:2}"; }
bare() { load "$1" --socket "$run/bare" --dialect bare --pid "$bare" "${@:2}"; }
mail_spf() { load "$1" --socket "$run/mail-spf" --dialect mail-spf --pid "$mail_spf" "${@:2}"; }
policyd() { load "$1" --socket "$run/policy" --dialect policy --pid "$policyd" "${@:2}"; }
unbound() { dns_load "$1" --pid "$unbound" "${@:2}"; }

# 1000 domains in turn, so that each has left the processor's nearest cache before its next check; spfd-20: only 20 domains.
for _ in $(seq "$rounds"); do
  spfd warm/each/spfd --count "$questions"
  bare warm/each/bare --count "$questions"
  [[ -z $libspf2_program ]] || libspf2 warm/each/libspf2 --count 900
  [[ -z $mail_spf_program ]] || mail_spf warm/each/mail-spf --count 24
  spfd warm/kept/spfd --count "$questions" --keep
  spfd warm/kept/spfd-20 --count "$questions" --keep --domains 20
  bare warm/kept/bare --count "$questions" --keep
  [[ -z $libspf2_program ]] || libspf2 warm/kept/libspf2 --count "$((questions / 4))" --keep
  [[ -z $policyd_program ]] || policyd warm/kept/policyd-spf --count 240 --keep
  [[ -z $unbound_program ]] || unbound warm/kept/unbound --count "$questions"
  spfd warm/16/spfd --count "$((10 * questions))" --keep --depth 16
  spfd warm/16/spfd-20 --count "$((10 * questions))" --keep --depth 16 --domains 20
  bare warm/16/bare --count "$((25 * questions))" --keep --depth 16
  [[ -z $unbound_program ]] || unbound warm/16/unbound --count "$questions" --depth 16
done
[[ -z $policyd_program ]] || policyd warm/each/policyd-spf --count 16

half() { awk -v rate="$(median_of "$1" rate)" 'BEGIN { print int(rate / 2) }'; }
for _ in $(seq "$rounds"); do
  for mode in each kept; do
    flags=()
    [[ $mode = each ]] || flags=(--keep)
    for server in spfd bare; do
      "$server" "half/$mode/$server" --count "$questions" --rate "$(half "warm/$mode/$server")" "${flags[@]}"
    done
  done
done

count=$((questions / 4))
for clients in 1 2 4 8 16 32 64; do
  for server in spfd bare; do
    "$server" "curve/each/$server/$clients" --clients "$clients" --count "$count"
    "$server" "curve/kept/$server/$clients" --clients "$clients" --count "$count" --keep
    "$server" "curve/16/$server/$clients" --clients "$clients" --count "$((4 * count))" --keep --depth 16
  done
  [[ -z $libspf2_program ]] || libspf2 "curve/kept/libspf2/$clients" --clients "$clients" --count "$count" --keep
  [[ -z $unbound_program ]] || unbound "curve/kept/unbound/$clients" --clients "$clients" --count "$count"
done
exit "$failed"
