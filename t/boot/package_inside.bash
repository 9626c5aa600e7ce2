# The packages of `make deb`, inside the booted machine.
# shellcheck source=t/boot/inside.bash
# shellcheck source=t/boot/mail.bash
. "$source"/t/boot/mail.bash
# shellcheck source=t/boot/exim.bash
. "$source"/t/boot/exim.bash
# shellcheck source=t/boot/postfix.bash
. "$source"/t/boot/postfix.bash

spfd=$(echo /packages/spfd_*.deb)
socket=/run/spfd/spfd.sock
# The program of that alternative, of ours or of others.
leads_to() { is "$(readlink -f "$1")" "$2"; }
exe() { readlink "/proc/$(main_pid)/exe"; }
status() { awk -v field="$1:" '$1 == field { print $2 }' "/proc/$(main_pid)/status"; }
# drop_in LINE...: of the service, put in force by a restart. No line removes it.
drop_in() {
  mkdir -p /etc/systemd/system/spfd.service.d
  printf '%s\n' '[Service]' "$@" >/etc/systemd/system/spfd.service.d/test.conf
  [[ $# != 0 ]] || rm -r /etc/systemd/system/spfd.service.d
  systemctl daemon-reload
  systemctl restart spfd.service
}
# starts COMMAND...: an spfd that an old start script starts; it answers on /run/old.sock.
starts() {
  local found=1
  "$@" >/tmp/started 2>&1 &
  wait_until has /run/old.sock pass alice@pass.test && found=0
  kill $! && wait $!
  rm -f /run/old.sock
  [[ $found = 0 ]] || { cat /tmp/started && false; }
}
files() { find / -xdev -not -path '/proc/*' -not -path '/packages*' -not -path '/source*' | sort; }

# ---- installation ----------------------------------------------------------------------------------------------------------

# A user of that name who was there before, and somebody else's directory at the place of the socket.
useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin spfd
files >/before
install -d -o mail -g mail -m 0700 /run/spfd
check 'there is no resolver' test ! -e /etc/resolv.conf

check 'the package installs' apt_install "$spfd"
check 'the service is active' systemctl is-active spfd.service
check 'its socket is' systemctl is-active spfd.socket
check 'the directory of the socket is its own' is "$(stat -c '%U %a' /run/spfd)" 'spfd 755'
check 'it answers without a line of configuration, and without a resolver defers' has $socket temperror
check 'it runs as its own user' is "$(stat -c %U "/proc/$(main_pid)")" spfd
check 'without capabilities' is "$(status CapPrm)$(status CapBnd)" 00000000000000000000000000000000
check 'and with a filter of system calls' is "$(status NoNewPrivs)$(status Seccomp)" 12
check 'it names its configuration' said 'configuration: /etc/spfd/spfd.conf'
check 'its pages are there' test -e /usr/share/man/man8/spfd.8.gz -a -e /usr/share/man/man5/spfd.conf.5.gz
check 'the samples are there' test -e /usr/share/doc/spfd/examples/exim/acl-readsocket.conf
check 'the other packages install' apt_install /packages/spfquery-spfd_*.deb /packages/spfd-srs_*.deb
echo "ready $(($(systemctl show --property=ActiveEnterTimestampMonotonic --value spfd.service) -
  $(systemctl show --property=ExecMainStartTimestampMonotonic --value spfd.service))) us after its start"

printf 'pass.example TXT "v=spf1 ip4:192.0.2.1 -all"\n' >/etc/spfd/zone
printf 'zone = ["/etc/spfd/zone"]\n' >>/etc/spfd/spfd.conf
check 'reload succeeds' systemctl reload spfd.service
check 'it is told' said reloaded -x
check 'by its zone the sender passes' passes $socket
check 'spfquery says the same' spfquery --zone /etc/spfd/zone --ip 192.0.2.1 --sender u@pass.example --helo x.example
check 'spfsrs is there' spfsrs --help
sed -i '$d' /etc/spfd/spfd.conf
check 'reload without the zone' systemctl reload spfd.service

start_dns
check 'a resolver that appears later is used' wait_until has $socket pass alice@pass.test

# ---- the service -------------------------------------------------------------------------------------------------------------

priority_of() { journalctl --unit=spfd.service --output=json --output-fields=PRIORITY,MESSAGE | grep -F -- "$1" | grep -o '"PRIORITY":"."' | tail -n 1; }
echo 'no-such-option = 1' >>/etc/spfd/spfd.conf
check 'a mistake in the configuration' systemctl reload spfd.service
check 'is told' said 'no-such-option: there is no such option'
check 'as an error' is "$(priority_of no-such-option)" '"PRIORITY":"3"'
check 'a verdict is an information' is "$(priority_of alice@pass.test)" '"PRIORITY":"6"'
sed -i '$d' /etc/spfd/spfd.conf

drop_in WatchdogSec=2
old=$(main_pid)
sleep 6
check 'it feeds the watchdog' is "$(main_pid) $(systemctl show --property=NRestarts --value spfd.service)" "$old 0"
kill -STOP "$old"
check 'one that hangs is replaced, and the request that came meanwhile is answered' wait_until has $socket pass alice@pass.test
check 'by the watchdog' test "$(main_pid)" != "$old"

install -d -o mail -g mail -m 0755 /run/other
drop_in ExecStart= 'ExecStart=/usr/sbin/spfd.spfd --listen=unix:/run/other/spfd.sock' Restart=no
check 'a directory of another service is an error' said 'Permission denied'
check 'and nothing is left there' is "$(ls -A /run/other)" ''
rmdir /run/other
systemctl reset-failed spfd.service spfd.socket
drop_in
check 'without that it starts' systemctl is-active spfd.service

# ---- web pages, as etc/nginx/README sets them up ---------------------------------------------------------------------------------

# page PATH TEXT: the page of spfweb has that text.
page() {
  perl -MIO::Socket::INET -e '
    my $socket = IO::Socket::INET->new("127.0.0.1:5980") or die "connect: $!\n";
    print $socket "GET $ARGV[0] HTTP/1.1\r\nHost: mx.example.org\r\n\r\n";
    print <$socket>;' "$1" | grep -F -- "$2"
}
check 'spfweb installs' apt_install /packages/spfweb_*.deb
check 'its unit is active' systemctl is-active spfweb.service
check 'it runs as its own user' is "$(stat -c %U "/proc/$(systemctl show --property=MainPID --value spfweb.service)")" spfweb
check 'a page answers' page / '<html lang="en">'
check 'spfd is reached' page /readyz ready
usermod -aG spfd-keys spfd
check 'a key is made' spfd --new-key /etc/spfd/why.key
chgrp spfd-keys /etc/spfd/why.key && chmod 0640 /etc/spfd/why.key
cat >>/etc/spfd/spfd.conf <<'END'
why-url = "https://mx.example.org/spf/why/{token}"
why-key-file = "/etc/spfd/why.key"
allow-explain = true
END
printf 'prefix = "/spf"\nhostname = "mx.example.org"\nkey-file = "/etc/spfd/why.key"\n' >/etc/spfd/spfweb.conf
check 'spfd starts with it' systemctl restart spfd.service
check 'spfweb, too' systemctl restart spfweb.service
link=$(ask $socket alice@fail.test | grep -o 'https://mx.example.org/spf/why/[A-Za-z0-9_-]*' | head -n 1)
check 'the link of a refusal shows its page' page "${link#https://mx.example.org}" 'sends no mail at all'
sed -i '/^why-\|^allow-explain/d' /etc/spfd/spfd.conf
rm /etc/spfd/why.key
check 'spfd without it' systemctl restart spfd.service
check 'spfweb is removed' apt_purge spfweb
check 'and so is its configuration' test ! -e /etc/spfd/spfweb.conf

# ---- mail --------------------------------------------------------------------------------------------------------------------

useradd --create-home bob
exim_cases
check 'Exim goes' apt_purge exim4-daemon-light exim4-base exim4-config
postfix_cases
check 'Postfix goes' apt_purge postfix

# ---- alternatives ------------------------------------------------------------------------------------------------------------

check 'spfd is ours' leads_to /usr/sbin/spfd /usr/sbin/spfd.spfd
check 'spfquery is' leads_to /usr/bin/spfquery /usr/bin/spfquery.spfd
check "as Mail::SPF's was started" starts /usr/sbin/spfd --socket /run/old.sock --socket-perms 0666 --set-user nobody
check "as libspf2's was started" starts /usr/sbin/spfd -path /run/old.sock -pathmode 0666 -setuser nobody
check "libspf2's program beside it" apt_install spfquery
check 'changes nothing' leads_to /usr/bin/spfquery /usr/bin/spfquery.spfd
check "Mail::SPF's programs beside it" apt_install spf-tools-perl
check 'have the name spfd, as they had before' leads_to /usr/sbin/spfd /usr/sbin/spfd.mail-spf-perl
check 'and the name spfquery' leads_to /usr/bin/spfquery /usr/bin/spfquery.mail-spf-perl
check 'with its page' leads_to /usr/share/man/man8/spfd.8.gz /usr/share/man/man8/spfd.mail-spf-perl.8p.gz
client=(--ip 192.0.2.10 --helo mail.pass.test)
check "which answers" spfquery --id alice@pass.test "${client[@]}"
check 'the unit still runs ours' systemctl restart spfd.service
check 'by its real path' is "$(exe)" /usr/sbin/spfd.spfd
check 'and answers' has $socket pass alice@pass.test
check 'an administrator prefers ours' update-alternatives --set spfquery /usr/bin/spfquery.spfd
check 'which has the name' leads_to /usr/bin/spfquery /usr/bin/spfquery.spfd
check "and understands the other's command line" spfquery --id alice@pass.test "${client[@]}"
check "and libspf2's" spfquery -ip 192.0.2.10 -sender alice@pass.test -helo mail.pass.test
check 'and back' update-alternatives --auto spfquery
check 'to theirs' leads_to /usr/bin/spfquery /usr/bin/spfquery.mail-spf-perl
check 'they go' apt_purge spf-tools-perl spfquery
check 'spfd is ours again' leads_to /usr/sbin/spfd /usr/sbin/spfd.spfd
check 'with its page' leads_to /usr/share/man/man8/spfd.8.gz /usr/share/man/man8/spfd.spfd.8.gz

# ---- upgrades ----------------------------------------------------------------------------------------------------------------

check 'a version before it' dpkg --install /packages/older.deb
old=$(main_pid)
start_flow requests
check 'an upgrade' apt_install "$spfd"
end_flow
check 'starts it anew' test "$(main_pid)" != "$old"
check 'with the new program' is "$(exe)" /usr/sbin/spfd.spfd
check 'each request meanwhile was answered' is "${passing:-}" "${asked:-0}"
echo 'no-such-option = 1' >>/etc/spfd/spfd.conf
check 'the version before again, with a mistake in the configuration' dpkg --install /packages/older.deb
old=$(main_pid)
dpkg --install "$spfd" >/tmp/upgrade 2>&1
check 'an upgrade then succeeds' dpkg --status spfd
check 'says what the mistake is' grep -q 'no-such-option: there is no such option' /tmp/upgrade
check 'and the old daemon keeps running' is "$(main_pid)" "$old"
check 'which answers' has $socket pass alice@pass.test

# ---- the end -----------------------------------------------------------------------------------------------------------------

sed -i '$d' /etc/spfd/spfd.conf
check 'the profile is one that AppArmor reads' apt_install apparmor
check 'and is' apparmor_parser --skip-kernel-load --skip-cache /etc/apparmor.d/spfd
apt_purge apparmor
check 'a further socket' systemctl enable spfd-milter.socket
check 'comes with a restart' systemctl restart spfd.service
check 'for root only' is "$(stat -c '%U %a' /run/spfd/milter.sock)" 'root 600'
check 'remove' dpkg --remove spfd spfquery-spfd spfd-srs
check 'nothing runs' is "$(systemctl is-active spfd.service spfd.socket spfd-milter.socket | sort -u)" inactive
check 'the configuration stays' test -e /etc/spfd/spfd.conf
rm /etc/spfd/zone
check 'purge' dpkg --purge spfd spfquery-spfd spfd-srs
files >/after
check 'nothing is left' is "$(comm -13 /before /after | grep -i -e spf -e srs)" ''
