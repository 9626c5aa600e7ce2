# Runs inside the booted machine, as its root, before the script of the test: what these scripts have in common.
set -u
passed=0 failed=0
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
# ask SOCKET: the answer for a client that may send.
ask() {
  perl -MIO::Socket::UNIX -e '
    my $socket = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "connect: $!\n";
    print $socket "ip=192.0.2.1\nhelo=x.example\nsender=u\@pass.example\n\n";
    $socket->flush;
    print <$socket>;' "$1"
}
passes() { ask "$1" | grep -qx result=pass; }
log() { journalctl --no-pager --output=cat --unit=spfd.service; }
# said TEXT [-x]: within ten seconds; -x: it is the whole line.
said() {
  local i
  for ((i = 0; i < 100; i++)); do
    if log | grep -qF "${@:2}" -- "$1"; then return 0; fi
    sleep 0.1
  done
  log | tail -n 20
  return 1
}
is() { [[ $1 = "$2" ]] || { echo "\"$1\" is not \"$2\"" && false; }; }
main_pid() { systemctl show --property=MainPID --value spfd.service; }
