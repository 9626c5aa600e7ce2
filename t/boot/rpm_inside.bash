# The RPM, inside the booted machine.
# shellcheck source=t/boot/inside.bash
# shellcheck disable=SC2119  # no argument

socket=/run/spfd/spfd.sock
# --force-debian: Debian's rpm would refuse.
rpm() { command rpm --force-debian "$@"; }
answers() { has $socket temperror; }
first=$(echo /packages/spfd-*-1.*.rpm) second=$(echo /packages/spfd-*-2.*.rpm)

check 'the package installs' rpm --install --nodeps "$first"
check 'its files have the owners and modes that it states' rpm --verify --nodeps spfd
check 'it owns its folder in /etc' rpm --query --file /etc/spfd
check 'spfd has a user' getent passwd spfd
check 'spfweb reads the key of links' is "$(id -nG spfweb)" 'spfweb spfd-keys'
check 'nothing is started yet' is "$(systemctl is-active spfd.service spfd.socket | sort -u)" inactive
check 'the service starts' systemctl enable --now spfd.socket spfd.service
check 'it answers, and without a resolver defers' wait_until answers
pid=$(main_pid)
echo 'no-such-option = 1' >>/etc/spfd/spfd.conf
check 'an upgrade with a mistake in the configuration' rpm --upgrade --nodeps "$second"
check 'lets the old daemon run' is "$(main_pid)" "$pid"
check 'and keeps the configuration' grep -x 'no-such-option = 1' /etc/spfd/spfd.conf
sed -i '$d' /etc/spfd/spfd.conf
check 'a way back' rpm --upgrade --nodeps --oldpackage "$first"
check 'the service is active' systemctl is-active spfd.service
check 'with the program of that package' test "$(main_pid)" != "$pid"
check 'which answers' answers
check 'a further socket' systemctl enable spfd-milter.socket
check 'is there after a restart' systemctl restart spfd.service
check 'and listens' systemctl is-active spfd-milter.socket
check 'the package is erased' rpm --erase spfd
check 'nothing runs' is "$(systemctl is-active spfd.service spfd.socket spfd-milter.socket | sort -u)" inactive
check 'nothing is left to start' is "$(find /etc/systemd /run/systemd /usr/lib/systemd -name 'spf*')" ''
check 'nor in /run' test ! -e /run/spfd
