# The packages of `make deb`, inside the booted machine.
# shellcheck source=t/boot/inside.bash

spfd() { dpkg --install /packages/spfd_*.deb; }
answers() { ask /run/spfd/spfd.sock | grep -q '^result='; }
# The program of that alternative, of ours or of others.
leads_to() { is "$(readlink -f "$1")" "$2"; }
exe() { readlink "/proc/$(main_pid)/exe"; }

# A user of that name who was there before.
useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin spfd
find / -xdev -not -path '/proc/*' -not -path '/packages*' | sort >/before

check 'the package installs' spfd
check 'the service is active' systemctl is-active spfd.service
check 'its socket is' systemctl is-active spfd.socket
check 'it answers without a line of configuration' answers
check 'it runs as its own user' is "$(stat -c %U "/proc/$(main_pid)")" spfd
check 'it names its configuration' said 'configuration: /etc/spfd/spfd.conf'
check 'its pages are there' test -e /usr/share/man/man8/spfd.8.gz -a -e /usr/share/man/man5/spfd.conf.5.gz
check 'the samples are there' test -e /usr/share/doc/spfd/examples/exim/acl-readsocket.conf
check 'the other packages install' dpkg --install /packages/spfquery-spfd_*.deb /packages/spfd-srs_*.deb

printf 'pass.example TXT "v=spf1 ip4:192.0.2.1 -all"\n' >/etc/spfd/zone
printf 'zone = ["/etc/spfd/zone"]\n' >>/etc/spfd/spfd.conf
check 'reload succeeds' systemctl reload spfd.service
check 'it is told' said reloaded -x
check 'by its zone the sender passes' passes /run/spfd/spfd.sock
check 'spfquery says the same' spfquery --zone /etc/spfd/zone --ip 192.0.2.1 --sender u@pass.example --helo x.example
check 'spfsrs is there' spfsrs --help

# Alternatives: another package's program has a higher priority.
check 'spfd is ours' leads_to /usr/sbin/spfd /usr/sbin/spfd.spfd
printf '#!/bin/sh\n' >/usr/sbin/spfd.other
chmod 755 /usr/sbin/spfd.other
update-alternatives --quiet --install /usr/sbin/spfd spfd /usr/sbin/spfd.other 100
check 'spfd is the other' leads_to /usr/sbin/spfd /usr/sbin/spfd.other
check 'the unit still runs ours' systemctl restart spfd.service
check 'by its real path' is "$(exe)" /usr/sbin/spfd.spfd
check 'and answers' passes /run/spfd/spfd.sock
update-alternatives --quiet --remove spfd /usr/sbin/spfd.other
rm /usr/sbin/spfd.other
check 'spfd is ours again' leads_to /usr/sbin/spfd /usr/sbin/spfd.spfd

# Upgrades: here to the same version, which runs the same scripts.
old=$(main_pid)
check 'an upgrade' spfd
check 'starts it anew' test "$(main_pid)" != "$old"
check 'and it answers' passes /run/spfd/spfd.sock
echo 'no-such-option = 1' >>/etc/spfd/spfd.conf
old=$(main_pid)
spfd >/tmp/upgrade 2>&1
check 'an upgrade with a mistake in the configuration succeeds' dpkg --status spfd
check 'says what the mistake is' grep -q 'no-such-option: there is no such option' /tmp/upgrade
check 'and lets the old daemon go on' is "$(main_pid)" "$old"
check 'which answers' passes /run/spfd/spfd.sock

check 'remove' dpkg --remove spfd spfquery-spfd spfd-srs
check 'nothing runs' is "$(systemctl is-active spfd.service)" inactive
check 'the configuration stays' test -e /etc/spfd/spfd.conf
rm /etc/spfd/zone
check 'purge' dpkg --purge spfd spfquery-spfd spfd-srs
find / -xdev -not -path '/proc/*' -not -path '/packages*' | sort >/after
check 'nothing is left' is "$(comm -13 /before /after | grep -i -e spf -e srs)" ''
