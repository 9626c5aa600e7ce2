#!/bin/bash
# Starts spfd on a UNIX socket with the records of demo.zone and no network, sends it the requests of Exim's ACL for one sender of
# each result, prints requests and answers, and stops it.
set -euo pipefail
here=$(dirname "$0")
build=${BUILD:-build}
run=$(mktemp -d)
trap 'kill "$spfd" 2>/dev/null || true; wait "$spfd" 2>/dev/null || true; rm -rf "$run"' EXIT

# Nothing answers at 127.0.0.1:1, so that the demonstration asks no real name server.
"$build/bin/spfd" --listen "unix:$run/spfd.sock" --zone "$here/demo.zone" --nameserver 127.0.0.1:1 --timeout 2s \
  --hostname mx.example.org --config /dev/null 2>"$run/log" &
spfd=$!
for _ in $(seq 100); do [[ -S $run/spfd.sock ]] && break; sleep 0.05; done

# Does the work of Exim's ${readsocket{...}}: connects, writes the request, shuts down writing, reads to the end. Every Debian has
# Perl.
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
echo "A bounce has no sender: its HELO name is checked."
ask "ip=192.0.2.10
helo=mail.pass.example
sender=

"
echo "The log of spfd:"
sed 's/^/| /' "$run/log"
