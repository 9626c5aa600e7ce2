# Sourced by t/mta/*_test.sh.
#
# A test begins with `lab "ROOT..."`. Outside of a lab that builds the roots (root.sh) and starts the test again inside of one
# (lab.sh). Then the test starts programs in the roots, sends mail, and verifies results, one `check` per line.
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

# inside ROOT CMD...: runs CMD in the root.
inside() {
  chroot "$LAB/$1" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    TZ=UTC "${@:2}"
}

# start NAME ROOT CMD...: runs CMD in the background, its output in $LAB/log/NAME. stop NAME [SIGNAL] ends it and waits for its
# end.
declare -A pid_of
start() {
  # exec, so that the process is CMD itself and not a shell.
  (exec chroot "$LAB/$2" "${@:3}") >>"$LAB/log/$1" 2>&1 &
  pid_of[$1]=$!
}
stop() {
  kill -"${2:-TERM}" "${pid_of[$1]}"
  wait "${pid_of[$1]}" 2>/dev/null || true
}

# wait_until CMD...: waits until CMD succeeds, at most half a minute.
wait_until() {
  local i
  for ((i = 0; i < 600; i++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.05
  done
  return 1
}
# listening ADDRESS PORT: succeeds if something accepts TCP connections there.
listening() { (exec 3<>"/dev/tcp/$1/$2"); }
# ready NAME CMD...: waits until NAME is ready; without it no check makes sense.
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

# start_spfd OPTION...: starts our spfd in the root tools as a user without rights, on the socket of the samples in etc/,
# with the sample configuration and the text $more_conf. On a kernel without Landlock or seccomp it does not start, unless
# SANDBOX=auto is in the environment.
more_conf=
: "${SANDBOX:=require}"
start_spfd() {
  [[ -e $LAB/run/lab/bin/spfd ]] || install -D "$SPFD" "$LAB/run/lab/bin/spfd"
  { cat "$source/etc/spfd.conf" && echo "$more_conf"; } >"$LAB/run/lab/spfd.conf"
  # The folder that a service manager would create.
  inside tools install -d -o nobody -m 0755 /run/spfd
  start spfd tools /run/lab/bin/spfd --config=/run/lab/spfd.conf --user=nobody --sandbox="$SANDBOX" \
    --listen=unix:/run/spfd/spfd.sock,mode=0666 "$@"
  ready spfd pong
}
pong() {
  # shellcheck disable=SC2016
  inside tools perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new("/run/spfd/spfd.sock") or exit 1;
    print $s "request=ping\n\n"; $s->flush; exit(<$s> !~ /^pong=/)'
}

# answers_with TEXT SOCKET: starts a program "odd" that answers all SPF and SRS requests there with TEXT, and closes.
answers_with() {
  inside tools rm -f "$2"
  # shellcheck disable=SC2016
  start odd tools perl -MIO::Socket::UNIX -e '
    my $s = IO::Socket::UNIX->new(Local => "$ARGV[1].new", Listen => 9) or die $!;
    chmod 0666, "$ARGV[1].new";
    rename "$ARGV[1].new", $ARGV[1] or die $!;
    while (my $c = $s->accept) {
      while (defined(my $line = <$c>)) { last if $line eq "\n" || $line =~ /^(?:FORWARD|REVERSE) / }
      my $text = $ARGV[0];
      $text =~ s/\\n/\n/g;
      print $c $text;
    }' "$1" "$2"
  ready odd inside tools test -S "$2"
}

# ---- mail ----------------------------------------------------------------------------------------------------------------

# send CLIENT HELO SENDER RECIPIENT [SWAKS-OPTION...]: sends one message from that client address. The dialogue is in $dialogue.
send() {
  local server=127.0.0.1
  [[ $1 != *:* ]] || server=::1
  dialogue=$(inside tools swaks --hide-informational --suppress-data --timeout 40 --server "$server" --local-interface "$1" \
    --helo "$2" --from "$3" --to "$4" --body "hello" "${@:5}" 2>&1) || true
}
# Prints the server's answer to the last command that matches the pattern, as one line: "550 5.7.23 ...".
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
accepted() { answers 'lines sent' '^250 ' && wait_until messages 1; }

# try CLIENT HELO SENDER [SWAKS-OPTION...]: sends one message to an empty mailbox.
try() {
  empty_mailbox
  send "$1" "$2" "$3" bob@lab.test "${@:4}"
}
good() { try 192.0.2.10 mail.pass.test "$@"; } # from a client that pass.test permits
bad() { try 192.0.2.66 evil.test "$@"; }

# call CLIENT HELO: opens a connection for several messages. say LINE: sends a line; the server's answer is in $reply. A message
# is one LINE, with \n for its line ends. say_message SENDER: sends a message as far as the server accepts it. hang_up closes the
# connection.
call() {
  empty_mailbox
  dialogue=
  # shellcheck disable=SC2016
  coproc line { inside tools perl -MIO::Socket::IP -e '$| = 1;
    $s = IO::Socket::IP->new(PeerHost => "127.0.0.1", PeerPort => 25, LocalHost => $ARGV[0]) or die $!;
    sub reply { while (<$s>) { print; return if /^\d+ / } exit }
    reply; while (<STDIN>) { chomp; s/\\n/\r\n/g; print $s "$_\r\n"; reply }' "$1" 2>&1; }
  listen
  say "EHLO $2"
}
say() {
  dialogue+="-> $1"$'\n'
  echo "$1" >&"${line[1]}" || true
  listen
}
listen() {
  local text
  reply=
  while IFS= read -r -t 40 text <&"${line[0]}"; do
    text=${text%$'\r'}
    dialogue+="<- $text"$'\n'
    reply+=${reply:+ }$text
    [[ ! $text =~ ^[0-9]+\  ]] || break
  done
}
say_message() {
  say "MAIL FROM:<$1>"
  replied '^250' || return 0
  say "RCPT TO:<bob@lab.test>"
  replied '^250' || return 0
  say DATA
  replied '^354' || return 0
  say "From: $1\nSubject: hello\n\nhello\n."
}
hang_up() {
  # shellcheck disable=SC2154
  local input=${line[1]} pid=$line_PID
  say QUIT
  exec {input}>&-
  wait "$pid" 2>/dev/null || true
}
replied() { [[ $reply =~ $1 ]]; }

# Delivered mail goes to the maildir $mail. MTAs that deliver through a program run /run/lab/bin/deliver.
mail=${LAB:+$LAB/run/lab/mail}
make_mailbox() {
  mkdir -p "$LAB/run/lab/bin" "$mail"/{tmp,new,cur}
  chmod 777 "$mail"/{tmp,new,cur}
  # shellcheck disable=SC2016
  printf '%s\n' '#!/bin/sh' 'file=$(mktemp /run/lab/mail/tmp/XXXXXX) && cat >"$file" && chmod 644 "$file" &&' \
    '  mv "$file" /run/lab/mail/new/' >"$LAB/run/lab/bin/deliver"
  chmod 755 "$LAB/run/lab/bin/deliver"
}
empty_mailbox() { rm -f "$mail"/new/*; }
messages() { (($(find "$mail/new" -type f 2>/dev/null | wc -l) == $1)); }
# Prints the headers of all messages, one field per line.
headers() {
  local file
  for file in "$mail"/new/*; do
    [[ -e $file ]] || return 0
    awk '{ sub(/\r$/, "") } $0 == "" { exit } /^[ \t]/ { printf "%s", $0; next } { printf (NR > 1 ? "\n%s" : "%s"), $0 } END { print "" }' \
      "$file"
  done
}
# field NAME COUNT REGEX: succeeds if there are COUNT fields with that name, and all begin like this.
field() { [[ $(headers | grep -ci "^$1:") == "$2" && $(headers | grep -cE "^$1: ($3)") == "$2" ]]; }
header() { field Received-SPF "$@"; }
results() { field Authentication-Results "$@"; }
# above A B: succeeds if the first field named A is above the first named B.
above() { (($(headers | grep -nim1 "^$1:" | cut -d: -f1) < $(headers | grep -nim1 "^$2:" | cut -d: -f1))); }

# hangs ROOT SOCKET: listens there with room for one connection, which is taken, so that the next one waits in connect().
hangs() {
  # shellcheck disable=SC2016
  start hangs "$1" perl -MFcntl -MIO::Socket::UNIX -e '$| = 1;
    my $s = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die $!;
    chmod 0666, $ARGV[0];
    listen $s, 0;
    for my $i (1 .. 4) {
      socket $client[$i], AF_UNIX, SOCK_STREAM, 0;
      fcntl $client[$i], F_SETFL, O_NONBLOCK;
      connect $client[$i], pack_sockaddr_un($ARGV[0]);
    }
    print "full\n";
    sleep 600' "$2"
  ready hangs grep -q full "$LAB/log/hangs"
}

# ---- checks --------------------------------------------------------------------------------------------------------------

passed=0 failed=0
# check WHAT CMD...: prints one line. After a failure, prints the dialogue and the logs.
check() {
  if "${@:2}"; then
    passed=$((passed + 1))
    echo "ok    ${suite:+$suite: }$1"
  else
    failed=$((failed + 1))
    echo "FAIL  ${suite:+$suite: }$1"
    echo "      not true: ${*:2}"
    sed '1,/EHLO/d; /^<-  250-/d; s/^/      | /' <<<"${dialogue:-}"
    { headers | grep -E '^(Received|Authentication)' || true; } | sed 's/^/      mail | /'
    local log
    for log in "$LAB"/log/*; do
      [[ $log == */nsd ]] || tail -n 2 "$log" | sed "s/^/      ${log##*/} | /"
    done
  fi
}
# both COMMAND COMMAND: succeeds if both do; words within a command are split at blanks.
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
