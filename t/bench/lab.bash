# Sourced by the benchmarks: a private lab (its own network with port 53, if permitted), the servers in it, and functions that
# load them. Each missing peer is reported in one line and left out.
# shellcheck shell=bash
# shellcheck disable=SC2034 # the scripts that source this file use most names
set -euo pipefail
script=$(realpath "$0")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$(realpath "${BUILD:-build}")
bench=$build/bench
root=$bench/root
log=$bench/log
questions=${BENCH_QUESTIONS:-20000} rounds=${BENCH_ROUNDS:-5}

# libspf2 and policyd-spf ask port 53 of the name server in /etc/resolv.conf, so they need their own network and mounts.
if [[ -z ${BENCH_LAB:-} ]]; then
  BUILD=$build t/bench/peers.sh
  for how in --net "--map-root-user --net"; do
    # shellcheck disable=SC2086 # words
    if unshare $how --mount ip link set lo up 2>/dev/null; then exec unshare $how --mount env BENCH_LAB=private "$script" "$@"; fi
  done
  export BENCH_LAB=none
fi
run=$(mktemp -d)
pids=()
cleanup() {
  exec 8>&-
  [[ ${#pids[@]} = 0 ]] || kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$run"
}
trap cleanup EXIT
mkdir -p "$log"
resolver_port=53
if [[ $BENCH_LAB = private ]]; then
  ip link set lo up
  echo 'nameserver 127.0.0.1' >"$run/resolv.conf"
  mount --bind "$run/resolv.conf" /etc/resolv.conf
else
  resolver_port=5300
fi

say_missing() { echo "missing: $*"; }
# Prints the path of a program; fails if it does not exist.
find_program() {
  local dir
  for dir in "$root"/usr/{s,}bin /usr/{s,}bin; do
    if [[ -x $dir/$1 ]]; then echo "$dir/$1" && return; fi
  done
  return 1
}
# The environment for programs from unpacked packages.
triple=$(gcc -dumpmachine 2>/dev/null || echo "$(uname -m)-linux-gnu")
from_root=(env "LD_LIBRARY_PATH=$root/usr/lib:$root/usr/lib/$triple" "PYTHONPATH=$root/usr/lib/python3/dist-packages"
  "PERL5LIB=$root/usr/share/perl5:$root/usr/lib/$triple/perl5" "GNUPLOT_DRIVER_DIR=$root/usr/lib/gnuplot")

# Server and load have one core each if there are several; "any": the kernel decides, for more programs than cores.
server_core=0 load_core=1
on_core() { # CORE COMMAND...
  local core=$1
  shift
  if [[ $core != any && $(nproc) -gt 1 ]]; then exec taskset -c "$core" "$@"; else exec "$@"; fi
}
wait_for() { # PATH
  for _ in $(seq 200); do
    [[ ! -s $1 && ! -S $1 ]] || return 0
    sleep 0.05
  done
  echo "$0: no $1" >&2
  exit 1
}
# Runs a server in the background, with its process in $started and its output in $log/NAME, or discarded while rates are
# measured.
logs=on
start() { # NAME CORE COMMAND...
  local name=$1 core=$2
  shift 2
  local to=$log/$name
  if [[ $logs = on ]]; then : >"$to"; else to=/dev/null; fi
  (on_core "$core" "$@" >>"$to" 2>&1) &
  started=$!
  pids+=("$started")
}
stop() { # PROCESS...
  kill "$@" 2>/dev/null || true
  wait "$@" 2>/dev/null || true
}

# Starts our name server, with its port in $dns_port. Its later output is in $run/dns.
start_dns() { # DELAY-MS [--port N]
  local delay=$1
  shift
  exec 8>&-
  rm -f "$run/dns" "$run/dns.in"
  mkfifo "$run/dns.in"
  "$bench/dns" "$@" "$delay" <"$run/dns.in" >"$run/dns" &
  dns=$!
  pids+=("$dns")
  exec 8>"$run/dns.in" # the server ends with its input
  wait_for "$run/dns"
  dns_port=$(head -n 1 "$run/dns")
}
questions_asked() { # prints the number of questions to our name server since the last call
  local lines
  lines=$(wc -l <"$run/dns")
  echo >&8
  while [[ $(wc -l <"$run/dns") = "$lines" ]]; do sleep 0.01; done
  tail -n 1 "$run/dns"
}

# Starts a resolver on $resolver_port that knows the server of bench.example.
start_unbound() { # CORE ADDRESS@PORT [MEGABYTES]
  local cache=${3:-256}
  cat >"$run/unbound.conf" <<EOF
server:
  interface: 127.0.0.1
  port: $resolver_port
  do-ip6: no
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "$run"
  pidfile: ""
  use-syslog: no
  verbosity: 0
  module-config: "iterator"
  num-threads: 1
  so-rcvbuf: 4m
  so-sndbuf: 4m
  msg-cache-size: ${cache}m
  rrset-cache-size: $((2 * cache))m
  outgoing-range: 8192
  num-queries-per-thread: 4096
  jostle-timeout: 2000
  do-not-query-localhost: no
  local-zone: "example." nodefault
  qname-minimisation: no
stub-zone:
  name: "bench.example"
  stub-addr: $2
EOF
  start unbound "$1" "${from_root[@]}" "$unbound_program" -d -c "$run/unbound.conf"
  unbound=$started
  for _ in $(seq 100); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$resolver_port") 2>/dev/null; then return; fi
    sleep 0.05
  done
  echo "unbound does not start: $log/unbound" >&2
  exit 1
}

# These start the SPF checkers. Each has its socket in $run/NAME.
start_spfd() { # PORT-OF-RESOLVER [OPTIONS...]
  local port=$1
  shift
  rm -f "$run/spfd"
  # The last value of an option wins.
  start spfd "$server_core" "$build/bin/spfd" --config /dev/null --listen "unix:$run/spfd" --nameserver "127.0.0.1:$port" \
    --workers 1 --hostname mx.example.org "$@"
  spfd=$started
  wait_for "$run/spfd"
}
start_bare() {
  start bare "$server_core" "$bench/bare_server" "$run/bare"
  bare=$started
  wait_for "$run/bare"
}
# It must survive clients that have gone, so SIGPIPE is ignored.
start_libspf2() {
  rm -f "$run/libspf2"
  # shellcheck disable=SC2016 # for the other shell
  start libspf2 "$server_core" bash -c 'trap "" PIPE; ulimit -n "$(ulimit -Hn)"; exec "$@"' - "${from_root[@]}" "$libspf2_program" --path "$run/libspf2"
  libspf2=$started
  wait_for "$run/libspf2"
}
start_mail_spf() {
  rm -f "$run/mail-spf"
  start mail-spf "$server_core" "$bench/spawn" "${from_root[@]}" RES_NAMESERVERS=127.0.0.1 RES_OPTIONS="port:$resolver_port" /usr/bin/perl -X \
    "$mail_spf_program" --socket "$run/mail-spf" --socket-perms 0666
  mail_spf=$started
  wait_for "$run/mail-spf"
}
start_policyd() {
  local conf
  for conf in {"$root",}/etc/postfix-policyd-spf-python/policyd-spf.conf; do [[ ! -e $conf ]] || break; done
  rm -f "$run/policy"
  start policyd "$server_core" "$bench/spawn" --socket "$run/policy" "${from_root[@]}" /usr/bin/python3 "$policyd_program" "$conf"
  policyd=$started
  wait_for "$run/policy"
}
# Sets $X_program for each peer, or reports it as missing and leaves the variable empty.
find_peers() {
  unbound_program='' libspf2_program='' mail_spf_program='' policyd_program='' gnuplot_program=''
  local wanted name program
  for wanted in unbound:unbound libspf2:spfd.libspf2 mail_spf:spfd.mail-spf-perl policyd:policyd-spf gnuplot:gnuplot-nox; do
    name=${wanted%%:*} program=${wanted#*:}
    if ! program=$(find_program "$program"); then
      say_missing "${wanted#*:} (no package, see $bench/peers.log)"
    elif [[ $BENCH_LAB != private && $name =~ ^(libspf2|policyd)$ ]]; then
      say_missing "${wanted#*:} (asks port 53, and no network namespace can be had)"
    else
      printf -v "${name}_program" %s "$program"
    fi
  done
}

# Each of these appends the figures of a run to $runs.
runs=$bench/runs.jsonl
failed=0
load() { # LABEL ARGUMENTS...
  (on_core "$load_core" "$bench/load" --label "$@" >>"$runs") || { echo "failed: load --label $*" && failed=1; }
}
dns_load() { # LABEL ARGUMENTS...
  (on_core "$load_core" "$bench/dns_load" --port "$resolver_port" --label "$@" >>"$runs") || { echo "failed: dns_load --label $*" && failed=1; }
}
warm_up() { (on_core "$load_core" "$bench/load" "$@" >/dev/null) || failed=1; }
# Prints the median of a field over the runs with this label.
median_of() { # LABEL FIELD
  grep -F "\"label\": \"$1\"," "$runs" | sed -E "s/.*\"$2\": ([0-9.]+).*/\1/" | sort -g |
    awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
