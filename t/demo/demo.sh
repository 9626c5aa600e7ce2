#!/bin/bash
# Starts spfd on a UNIX socket with the records of demo.zone and no network, asks it what Exim's ACL would ask for one sender
# of each result, prints questions and answers, and stops it.
set -euo pipefail
here=$(dirname "$0")
build=${BUILD:-build}
run=$(mktemp -d)
trap 'kill "$spfd" 2>/dev/null || true; wait "$spfd" 2>/dev/null || true; rm -rf "$run"' EXIT

# 127.0.0.1:1 answers nothing, so that the demonstration asks no real name server.
"$build/bin/spfd" --listen "unix:$run/spfd.sock" --zone "$here/demo.zone" --nameserver 127.0.0.1:1 --hostname mx.example.org \
  --config /dev/null 2>"$run/log" &
spfd=$!
for _ in $(seq 100); do [[ -S $run/spfd.sock ]] && break; sleep 0.05; done

# What ${readsocket{...}} does: connect, write the question, shut down writing, read to the end. Perl is on every Debian.
ask() {
  printf '%s' "$1" | sed 's/^/> /'
  printf '%s' "$1" | perl -MIO::Socket::UNIX -e '
    my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "no answer from spfd: $!\n";
    print $s $_ while <STDIN>;
    $s->flush; shutdown $s, 1;
    print while <$s>' "$run/spfd.sock" | grep -E '^(result|smtp_comment|received_spf_header|problem|action)=.'
  echo
}

for result in pass fail softfail neutral none permerror temperror; do
  ask "ip=192.0.2.66
helo=mail.pass.example
sender=alice@$result.example

"
done
echo "And a bounce, which has no sender: its HELO name is checked."
ask "ip=192.0.2.10
helo=mail.pass.example
sender=

"
echo "What spfd logged:"
sed 's/^/| /' "$run/log"
