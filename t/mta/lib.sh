# Sourced by t/mta/*_test.sh.
#
# A test begins with `lab "ROOT..."`: outside a lab that builds the roots (root.sh) and starts the test again inside one
# (lab.sh). It then starts programs in the roots, sends mail, and says what must be true, one `check` a line.
# shellcheck shell=bash
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
source=$(dirname "$(dirname "$here")")
: "${BUILD:=$source/build}"
BUILD=$(readlink -f "$BUILD")
MTA_DIR=$(readlink -m "${MTA_DIR:-$BUILD/mta}")
: "${SPFD:=$BUILD/bin/spfd}"
export BUILD MTA_DIR SPFD

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

lab() {
  [[ -z ${LAB:-} ]] || return 0
  [[ $EUID == 0 ]] || die "needs root, for mounts and namespaces of its own (nothing on this machine is changed): sudo make check-mta"
  [[ -x $SPFD ]] || die "no spfd at $SPFD"
  mkdir -p "$MTA_DIR"
  local root
  for root in $1; do "$here/root.sh" "$root" || exit 1; done
  exec "$here/lab.sh" "$1" "$0"
}

# ---- programs ------------------------------------------------------------------------------------------------------------

# inside ROOT CMD...
inside() {
  chroot "$LAB/$1" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    TZ=UTC "${@:2}"
}

# start NAME ROOT CMD...: in the background, its output in $LAB/log/NAME. stop NAME [SIGNAL] ends it and waits for that.
declare -A pid_of
start() {
  # exec, so that the process is CMD itself and not a shell around it.
  (exec chroot "$LAB/$2" "${@:3}") >>"$LAB/log/$1" 2>&1 &
  pid_of[$1]=$!
}
stop() {
  kill -"${2:-TERM}" "${pid_of[$1]}"
  wait "${pid_of[$1]}" 2>/dev/null || true
}

# wait_until CMD...: half a minute at most.
wait_until() {
  local i
  for ((i = 0; i < 600; i++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.05
  done
  return 1
}
# listening ADDRESS PORT: something accepts TCP connections there.
listening() { (exec 3<>"/dev/tcp/$1/$2"); }
# ready NAME CMD...: waits for what NAME was started for; without it no check makes sense.
ready() {
  wait_until "${@:2}" || {
    cat "$LAB/log/$1" >&2
    die "$1 did not start"
  }
}

start_dns() {
  mkdir -p "$LAB/run/nsd"
  cp "$here/zone/root.zone" "$here/zone/nsd.conf" "$LAB/run/nsd/"
  start nsd tools nsd -d -c /run/nsd/nsd.conf
  ready nsd listening 127.0.0.1 53
}

# start_spfd OPTION...: ours, as a user without rights, on the socket that the samples in etc/ name.
start_spfd() {
  [[ -e $LAB/run/lab/bin/spfd ]] || install -D "$SPFD" "$LAB/run/lab/bin/spfd"
  mkdir -p "$LAB/run/spfd"
  start spfd tools /run/lab/bin/spfd --user=nobody --listen=unix:/run/spfd/spfd.sock,mode=0666 "$@"
  ready spfd pong
}
pong() {
  # shellcheck disable=SC2016
  inside tools perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new("/run/spfd/spfd.sock") or exit 1;
    print $s "request=ping\n\n"; $s->flush; exit(<$s> !~ /^pong=/)'
}

# ---- mail ----------------------------------------------------------------------------------------------------------------

# send CLIENT HELO SENDER RECIPIENT [SWAKS-OPTION...]: one message from that client address. The dialogue is in $dialogue.
send() {
  local server=127.0.0.1
  [[ $1 != *:* ]] || server=::1
  dialogue=$(inside tools swaks --hide-informational --suppress-data --timeout 40 --server "$server" --local-interface "$1" \
    --helo "$2" --from "$3" --to "$4" --body "hello" "${@:5}" 2>&1) || true
}
# What the server answered to the last command that matches the pattern, as one line: "550 5.7.23 ...".
answer_to() {
  awk -v command="$1" '
    /^ [-~]>/ { hot = ($0 ~ command); if (hot) answer = code = enhanced = ""; next }
    hot && /^<[-*~]+ / {
      sub(/^<[-*~]+ +/, "")
      text = substr($0, 5)
      if (code == "") code = substr($0, 1, 3)
      # Each line of a reply repeats the enhanced code.
      if (answer == "" && match(text, /^[245]\.[0-9]+\.[0-9]+ /)) enhanced = substr(text, 1, RLENGTH); else sub("^" enhanced, "", text)
      answer = answer " " text
    }
    END { print code answer }' <<<"$dialogue"
}
answers() { [[ $(answer_to "$1") =~ $2 ]]; } # answers COMMAND-PATTERN REGEX

# ---- checks --------------------------------------------------------------------------------------------------------------

passed=0 failed=0
# check WHAT CMD...: one line. On failure, what was said and logged follows.
check() {
  if "${@:2}"; then
    passed=$((passed + 1))
    echo "ok    ${suite:+$suite: }$1"
  else
    failed=$((failed + 1))
    echo "FAIL  ${suite:+$suite: }$1"
    echo "      not true: ${*:2}"
    sed '1,/EHLO/d; /^<-  250-/d; s/^/      | /' <<<"${dialogue:-}"
    tail -n 2 "$LAB/log/spfd" | sed 's/^/      spfd | /'
  fi
}
# both COMMAND COMMAND: words within a command are split at blanks.
both() {
  local first second
  read -ra first <<<"$1"
  read -ra second <<<"$2"
  "${first[@]}" && "${second[@]}"
}
not() { ! "$@"; }
finish() {
  echo "$passed passed, $failed failed"
  [[ $failed == 0 ]]
  exit
}
