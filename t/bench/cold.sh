#!/bin/bash
# Measures checks of domains that are not in any cache: rates through a real resolver, without delay and with 20 ms per answer;
# the time of one check in round trips, with its number of questions; and 1,000 checks in flight, compared with the resolver's own
# rate. Appends to $BUILD/bench/runs.jsonl under cold/DELAY/SERVER, deep/RECORD/SERVER and flight/NAME.
# shellcheck source=lab.bash
. "$(dirname "$0")/lab.bash"
find_peers
logs=off
server_core=any load_core=any
delay=20
first=1000000 # the next domain that is not cached

# Each server gets its own domains.
cold() { # LABEL COUNT COMMAND ARGUMENTS...: asks for COUNT new domains
  local label=$1 count=$2
  shift 2
  "$1" "$label" --first "$first" --domains "$count" --count "$count" "${@:2}"
  first=$((first + count))
}
rates() { # NAME COUNT
  local name=cold/$1 count=$2
  cold "$name/spfd" "$count" load --socket "$run/spfd" --pid "$spfd" --clients 64 --keep
  libspf2 "$name/libspf2" "$count"
}
# A new process each time, since it becomes slower with each domain in its cache.
libspf2() { # LABEL COUNT
  [[ -n $libspf2_program ]] || return 0
  start_libspf2
  warm_up --socket "$run/libspf2" --dialect libspf2 --keep --count 1000
  cold "$1" "$2" load --socket "$run/libspf2" --dialect libspf2 --pid "$libspf2" --clients 64 --keep
  stop "$libspf2"
}
asked_before() { # COUNT: fills the resolver's cache for the next domains
  dns_load cold/known/unbound --first "$first" --domains "$1" --count "$(($1 * 7 / 4))" --all --clients 64
}
start_all() { # PORT-OF-RESOLVER
  start_spfd "$1"
  [[ -z $mail_spf_program ]] || start_mail_spf
  [[ -z $policyd_program ]] || start_policyd
}
stop_all() { stop "$spfd" ${mail_spf:+"$mail_spf"} ${policyd:+"$policyd"}; }

if [[ -n $unbound_program ]]; then
  start_dns 0
  start_unbound any "127.0.0.1@$dns_port"
  start_all "$resolver_port"
  for _ in $(seq "$rounds"); do
    rates 0 "$questions"
    asked_before "$questions"
    cold cold/known/spfd "$questions" load --socket "$run/spfd" --pid "$spfd" --clients 64 --keep
    asked_before "$questions"
    libspf2 cold/known/libspf2 "$questions"
    [[ -z $mail_spf_program ]] || cold cold/0/mail-spf 24 load --socket "$run/mail-spf" --dialect mail-spf --pid "$mail_spf" --clients 8
    [[ -z $policyd_program ]] || cold cold/0/policyd-spf 400 load --socket "$run/policy" --dialect policy --pid "$policyd" --clients 8 --keep
    # 1,024 checks in flight, and as many plain DNS questions of the same kinds: 7 questions per 4 checks.
    cold flight/0/spfd "$questions" load --socket "$run/spfd" --pid "$spfd" --clients 64 --depth 16 --keep
    cold flight/0/unbound "$questions" dns_load --clients 64 --depth 16 --all
  done
  stop_all
  stop "$unbound" "$dns"

  start_dns "$delay"
  start_unbound any "127.0.0.1@$dns_port"
  start_all "$resolver_port"
  for _ in $(seq "$rounds"); do
    rates "$delay" 3000
    cold "flight/$delay/spfd" "$questions" load --socket "$run/spfd" --pid "$spfd" --clients 64 --depth 16 --keep
    cold "flight/$delay/unbound" "$questions" dns_load --clients 64 --depth 16 --all
  done
  stop_all
  stop "$unbound" "$dns"
fi

# One check at a time, with the delayed name server as resolver: each question is a round trip, and all are counted.
if [[ $BENCH_LAB = private ]]; then start_dns "$delay" --port 53; else start_dns "$delay"; fi
resolver_port=$dns_port
start_all "$dns_port"
[[ -z $libspf2_program ]] || start_libspf2
for record in six:fail nested:pass market:pass; do
  for server in spfd libspf2 mail-spf policyd-spf; do
    socket=$server dialect=$server
    case $server in
      libspf2) [[ -n $libspf2_program ]] || continue ;;
      mail-spf) [[ -n $mail_spf_program ]] || continue ;;
      policyd-spf)
        [[ -n $policyd_program ]] || continue
        socket=policy dialect=policy
        ;;
    esac
    for i in $(seq 3); do
      questions_asked >/dev/null
      load "deep/${record%:*}/$server" --socket "$run/$socket" --dialect "$dialect" --clients 1 --count 1 \
        --domain "${record%:*}-${record%:*}$server$i.bench.example" --result "${record#*:}"
      echo "{\"label\": \"asked/${record%:*}/$server\", \"questions\": $(questions_asked)}" >>"$runs"
    done
  done
done
exit "$failed"
