# Sourced inside the booted machine, after inside.bash: DNS and mail for real mail servers. $source: the tree with t/mta/zone.
# 192.0.2.10 is a client that pass.test permits, 192.0.2.66 a forger.
# shellcheck disable=SC2154,SC2119,SC2120  # $source is inside.bash's; start_flow has an argument elsewhere

apt_install() { DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >/tmp/apt 2>&1 || { cat /tmp/apt && false; }; }
apt_purge() { DEBIAN_FRONTEND=noninteractive apt-get purge -q -y --auto-remove "$@" >/tmp/apt 2>&1 || { cat /tmp/apt && false; }; }

listening() { (exec 3<>"/dev/tcp/$1/$2"); }

start_dns() {
  local address
  apt_install nsd
  systemctl disable --now nsd.service >/dev/null 2>&1
  install -d /run/nsd
  cp "$source"/t/mta/zone/* /run/nsd
  for address in 192.0.2.10/32 192.0.2.66/32; do ip address add "$address" dev lo; done
  systemd-run --quiet --unit=test-dns nsd -d -c /run/nsd/nsd.conf
  wait_until listening 127.0.0.1 53
  echo 'nameserver 127.0.0.1' >/etc/resolv.conf
}

# smtp CLIENT HELO SENDER: one message for bob@lab.test, until the server refuses; prints what it says.
smtp() {
  # shellcheck disable=SC2016
  perl -MIO::Socket::INET -e '
    my ($client, $helo, $sender) = @ARGV;
    my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1:25", LocalAddr => $client) or die "connect: $!\n";
    sub reply { while (my $line = <$server>) { print $line; return $line =~ /^[23]/ if $line =~ /^\d+ / } die "closed\n" }
    reply or exit;
    for my $line ("EHLO $helo", "MAIL FROM:<$sender>", "RCPT TO:<bob\@lab.test>", "DATA",
                  "From: $sender\r\nTo: bob\@lab.test\r\nSubject: hello\r\n\r\nhello\r\n.", "QUIT") {
      print $server "$line\r\n";
      $server->flush;
      reply or exit;
    }' "$@" 2>&1
}
good() { smtp 192.0.2.10 mail.pass.test "$@"; }
bad() { smtp 192.0.2.66 evil.test "$@"; }
mailbox=/var/mail/bob
messages() { grep -c '^From ' "$mailbox"; }
# taken SENDER: from a permitted client; it is delivered with the header.
taken() {
  rm -f "$mailbox"
  good "$1" | grep -E '^250 .*(OK id=|queued as)' || return 1
  wait_until test -s "$mailbox" && grep '^Received-SPF: pass' "$mailbox"
}
# refused SENDER REGEX
refused() { bad "$1" | grep -E "$2"; }

# The cases for each mail server.
mail_cases() {
  check "$1: good mail is delivered, with the header" taken alice@pass.test
  check "$1: a forgery is refused, with the explanation of the domain" refused alice@exp.test '^550[ -]5\.7\.23 .*See http://exp\.test/'
  check "$1: what DNS does not answer is deferred" refused alice@temperror.test '^45[01][ -]4\.7\.24 '
  check "$1: and is a verdict in the journal" said 'exp.test'
}

# start_flow [requests]: 200 requests per second and, unless only these are wanted, mail, until /tmp/enough exists. Each process
# counts in a file of its own.
start_flow() {
  local i
  rm -rf /tmp/enough /tmp/flow
  mkdir /tmp/flow
  rm -f "$mailbox"
  for i in 1 2 3 4; do
    # shellcheck disable=SC2016
    perl -MIO::Socket::UNIX -e '
      my ($asked, $passed) = (0, 0);
      until (-e "/tmp/enough") {
        $asked++;
        if (my $socket = IO::Socket::UNIX->new(Peer => "/run/spfd/spfd.sock")) {
          print $socket "ip=192.0.2.10\nhelo=mail.pass.test\nsender=alice\@pass.test\n\n";
          $socket->flush;
          $passed++ if grep { $_ eq "result=pass\n" } <$socket>;
        }
        select undef, undef, undef, 0.02;
      }
      print "$asked $passed\n"' >"/tmp/flow/requests.$i" &
  done
  [[ ${1:-} != requests ]] || return 0
  for i in 1 2; do
    while [[ ! -e /tmp/enough ]]; do
      until good flow@pass.test >"/tmp/flow/said.$i" && grep -qE '^250 .*(OK id=|queued as)' "/tmp/flow/said.$i"; do
        tail -n 1 "/tmp/flow/said.$i" >>"/tmp/flow/refusals.$i"
        grep -qE '^4' "/tmp/flow/refusals.$i" || break # a mail server tries again what is deferred
      done
      echo >>"/tmp/flow/mail.$i"
    done &
  done
}
mails() { cat /tmp/flow/mail.* 2>/dev/null | wc -l; }
sent_at_least() { (($(mails) >= $1)); }
# flowing N: so many more messages are sent.
flowing() {
  local goal=$(($(mails) + $1))
  wait_until sent_at_least "$goal"
}
end_flow() {
  touch /tmp/enough
  wait
  asked=$(awk '{ n += $1 } END { print n + 0 }' /tmp/flow/requests.*)
  passing=$(awk '{ n += $2 } END { print n + 0 }' /tmp/flow/requests.*)
  sent=$(mails)
  refusals=$(cat /tmp/flow/refusals.* 2>/dev/null)
}
delivered() { is "$(messages)" "$1"; }
# restart_in_flow NAME: restarts spfd three times while requests and messages flow.
restart_in_flow() {
  local begin=$SECONDS
  start_flow
  for _ in 1 2 3; do
    check "$1: mail flows" flowing 3
    systemctl reset-failed spfd.service # more than five starts in ten seconds count as a failure
    check "$1: restart" systemctl restart spfd.service
  done
  check "$1: mail flows after it" flowing 3
  end_flow
  echo "$1: $asked requests and $sent messages in $((SECONDS - begin)) s with 3 restarts"
  check "$1: each request was answered" is "$passing" "$asked"
  check "$1: no message was refused" is "$refusals" ''
  check "$1: each was delivered" wait_until delivered "$sent"
}
