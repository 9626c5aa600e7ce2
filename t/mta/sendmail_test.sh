#!/bin/bash
# A real Sendmail asks a real spfd as a milter: the shipped files of etc/sendmail do what the README there says.
# shellcheck disable=SC2317  # check calls most functions
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
# shellcheck source=cases.sh
. "$here/cases.sh"
# shellcheck source=milter_cases.sh
. "$here/milter_cases.sh"
lab "sendmail tools"

run_spfd() { start_spfd --milter=unix:/run/spfd/milter.sock,mode=0600 --hostname=mx.lab.test "$@"; }
configure() {
  make_mailbox
  cp "$1" "$LAB/sendmail/etc/mail/spfd.mc"
  cp "$here/sendmail.mc" "$LAB/sendmail/etc/mail/sendmail.mc"
  inside sendmail sh -c 'm4 /etc/mail/sendmail.mc >/etc/mail/sendmail.cf'
  mkdir -p "$LAB/run/sendmail/mta"
}
# Sendmail logs only to syslog: this is its socket, in a /dev of its own, and the program that writes the lines as syslogd does.
start_syslog() {
  local dev=$LAB/sendmail/dev name
  umount -l "$dev"
  mount -t tmpfs tmpfs "$dev"
  for name in null zero full random urandom tty; do
    touch "$dev/$name"
    mount --bind "/dev/$name" "$dev/$name"
  done
  # shellcheck disable=SC2016
  start syslog tools perl -MIO::Socket::UNIX -e '
    my $socket = IO::Socket::UNIX->new(Local => "/run/lab/log.sock", Type => SOCK_DGRAM) or die $!;
    chmod 0666, "/run/lab/log.sock";
    open my $log, ">>", "/run/lab/maillog" or die $!;
    $log->autoflush;
    while (defined $socket->recv(my $line, 65536)) {
      $line =~ s/^<\d+>(.{15}) /$1 mx /;
      $line =~ s/[\0\n]+$//;
      print $log "$line\n";
    }'
  ready syslog test -S "$LAB/run/lab/log.sock"
  ln -s /run/lab/log.sock "$dev/log"
}
start_sendmail() {
  start sendmail sendmail sendmail -bD -X /dev/null
  ready sendmail listening 127.0.0.1 25
}

suite=Sendmail
on_absence='^451 4\.3\.2 '
on_comeback='^451 4\.3\.2 '
inside sendmail useradd bob
inside sendmail useradd carol
start_dns
configure "$source/etc/sendmail/spfd.mc"
run_spfd
start_syslog
start_sendmail
common_cases
rule_cases
milter_cases
replay_cases sendmail "$LAB/run/lab/maillog"
empty_mailbox
printf '%s\n' "To: bob@lab.test" "Subject: local" "" hello | inside sendmail sendmail -f alice@fail.test -t
check "local submission is not refused" wait_until messages 1
stop sendmail

suite="Sendmail, unchecked when spfd is absent"
sed 's/F=T, //' "$source/etc/sendmail/spfd.mc" >"$LAB/tmp/unchecked"
configure "$LAB/tmp/unchecked"
start_sendmail
unchecked_cases '0 .*'
finish
