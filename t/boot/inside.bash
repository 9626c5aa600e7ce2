# Runs inside the booted machine, as its root, before the script of the test: what these scripts have in common.
set -u
passed=0 failed=0
: "${source:=/source}"
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# check WHAT COMMAND...
check() {
  if "${@:2}" >/tmp/out 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "failed: $1"
    cat /tmp/out
    systemctl show --property=ActiveState,Result,ExecMainStatus spfd.service
    log | tail -n 3
  fi
}
# ask SOCKET [SENDER]: the answer for a client that pass.example and pass.test permit.
ask() {
  perl -MIO::Socket::UNIX -e '
    my ($path, $sender) = @ARGV;
    my $socket = IO::Socket::UNIX->new(Peer => $path) or die "connect: $!\n";
    my $ip = $sender =~ /\.test$/ ? "192.0.2.10" : "192.0.2.1";
    print $socket "ip=$ip\nhelo=x.example\nsender=$sender\ntimeout=3\n\n";
    $socket->flush;
    print <$socket>;' "$1" "${2:-u@pass.example}"
}
# has SOCKET RESULT [SENDER]
has() { ask "$1" "${@:3}" | grep -x "result=$2"; }
passes() { has "$1" pass; }
log() { journalctl --no-pager --output=cat --unit=spfd.service; }
# Within half a minute.
wait_until() {
  local i
  for ((i = 0; i < 300; i++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  return 1
}
# said TEXT [-x]: -x: it is the whole line.
logs() { log | grep -F "${@:2}" -- "$1"; }
said() { wait_until logs "$@" || { log | tail -n 20 && false; }; }
is() { [[ $1 = "$2" ]] || { echo "\"$1\" is not \"$2\"" && false; }; }
main_pid() { systemctl show --property=MainPID --value spfd.service; }
finish() {
  echo "$passed passed, $failed failed"
  [[ $failed = 0 ]]
}
