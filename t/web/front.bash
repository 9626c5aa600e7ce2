# Sourced by the tests with a real web server in front of the built spfweb, whose test then starts that server on the UNIX socket
# $front with the sample in etc/, and calls front_cases.
# shellcheck shell=bash
set -u
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." || exit 1
. t/checks.bash
BUILD=${BUILD:-build}
lab=$(mktemp -d)
chmod 755 "$lab"  # the web server may work as another user
front=$lab/front.sock
pids=()
end() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid"; done
  wait
  rm -rf "$lab"
}
trap end EXIT

# wait_for SOCKET: waits until it is there, at most 20 seconds.
wait_for() { wait_until 200 test -S "$1" || give_up "no $1"; }

printf '. SOA a.test b.test 1 2 3 4 5\nfail.test TXT "v=spf1 -all"\n' >"$lab/zone"
"$BUILD/bin/spfweb" --listen "unix:$lab/web.sock,mode=0666" --spfd "unix:$lab/none" \
  --zone "$lab/zone" --prefix /spf >"$lab/web.log" 2>&1 &
pids+=($!)
wait_for "$lab/web.sock"

get() { curl -s -i --unix-socket "$front" "http://mx.test$1" "${@:2}"; }
has() { grep -qF -- "$1" <<<"$2"; }

front_cases() {
  local answer i
  wait_for "$front"
  check 'the sample replaces the address' grep -q "$lab/web.sock" "$lab/sample.conf"
  check 'a page' has '<html lang="en">' "$(get /spf/)"
  check 'its style' has 'text/css' "$(get /spf/style.css)"
  check 'its header fields' has "default-src 'none'" "$(get /spf/)"
  check 'an examination' has 'fail.test' "$(get '/spf/check?domain=fail.test')"
  check 'other paths are not those of spfweb' not has 'fail.test' "$(get '/check?domain=fail.test')"
  check 'POST is refused' has '405' "$(get /spf/ -X POST)"
  check 'HEAD has no body' not has '<html' "$(get /spf/ -I)"
  # The web server has one client here, whatever that says about itself.
  for ((i = 0; i < 40; i++)); do
    answer=$(get '/spf/check?domain=fail.test' -H "X-Forwarded-For: 11.0.$i.1")
    has ' 429 ' "$answer" && break
  done
  check 'a client cannot name its own network' has ' 429 ' "$answer"
}
not() { ! "$@"; }
