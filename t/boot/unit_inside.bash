# The sample units, as make install puts them, inside the booted machine.
# shellcheck source=t/boot/inside.bash

# with OPTIONS...: the options of spfd, and the lines of a drop-in from standard input.
with() {
  mkdir -p /etc/systemd/system/spfd.service.d
  { printf '[Service]\nExecStart=\nExecStart=/usr/local/sbin/spfd %s\n' "$*" && cat; } >/etc/systemd/system/spfd.service.d/test.conf
  systemctl daemon-reload
  systemctl restart spfd.service
}

examples=/usr/local/share/doc/spfd/examples
cp $examples/systemd/spfd.service $examples/systemd/spfd.socket /etc/systemd/system/
install -D -m 644 $examples/sysusers.d/spfd.conf /etc/sysusers.d/spfd.conf
printf 'pass.example TXT "v=spf1 ip4:192.0.2.1 -all"\n' >/etc/spfd/zone
printf 'zone = ["/etc/spfd/zone"]\n' >>/etc/spfd/spfd.conf
systemd-sysusers
systemctl daemon-reload

check 'the units are right' systemd-analyze verify --man=no /etc/systemd/system/spfd.service /etc/systemd/system/spfd.socket
check 'it starts' systemctl enable --now spfd.socket spfd.service
check 'it answers, by the configuration that make install has put there' passes /run/spfd/spfd.sock
check 'the log names that' said 'configuration: /etc/spfd/spfd.conf'
# The kernel is this machine's. Where it lacks a part of the sandbox, the log says so, and requiring it is not tried.
check 'the log names the sandbox' said 'sandbox: no new privileges, '
if logs 'missing: ' >/dev/null; then
  echo "not tried: sandbox = \"require\": $(logs 'missing: ' | head -n 1)"
else
  echo 'sandbox = "require"' >>/etc/spfd/spfd.conf
  check 'it starts in the sandbox' systemctl restart spfd.service
  check 'and answers' passes /run/spfd/spfd.sock
fi
check 'it runs as its own user' is "$(stat -c %U "/proc/$(main_pid)")" spfd
check 'it writes no core' grep -q 'Max core file size  *0  *0 ' "/proc/$(main_pid)/limits"

# Reload, on a machine without procps.
check 'there is no program kill' test ! -e /bin/kill
echo 'no-such-option = 1' >>/etc/spfd/spfd.conf
check 'reload succeeds' systemctl reload spfd.service
check 'a mistake is told' said 'no-such-option: there is no such option'
sed -i '$d' /etc/spfd/spfd.conf
check 'reload succeeds again' systemctl reload spfd.service
check 'and is told' said reloaded -x

# resolv.conf, which programs replace.
mkdir /run/resolvconf /run/elsewhere
systemctl restart spfd.service
printf 'nameserver 192.0.2.1\n' >/etc/resolv.new
mv /etc/resolv.new /etc/resolv.conf
check 'it reads a new resolv.conf' said 'name servers: 192.0.2.1:53 from /etc/resolv.conf'
printf 'nameserver 192.0.2.2\n' >/run/resolvconf/resolv.conf
ln -sf /run/resolvconf/resolv.conf /etc/resolv.conf
check 'and one that a link leads to' said 'name servers: 192.0.2.2:53 from /etc/resolv.conf'
printf 'nameserver 192.0.2.3\n' >/run/elsewhere/resolv.conf
ln -sf /run/elsewhere/resolv.conf /etc/resolv.conf
if grep -q '^sandbox' /etc/spfd/spfd.conf; then
  check 'a place that the sandbox forbids is logged' said 'name servers stay as they are: /etc/resolv.conf leads to a folder'
fi
check 'and it keeps answering' passes /run/spfd/spfd.sock
rm /etc/resolv.conf

# Questions while it starts again and again.
: >/tmp/asked
asks_always() {
  while [[ ! -e /tmp/enough ]]; do
    passes /run/spfd/spfd.sock || return 1
    echo >>/tmp/asked
  done
}
asked() { # MORE: that many more questions
  local i goal
  goal=$(($(wc -l </tmp/asked) + $1))
  for ((i = 0; i < 300; i++)); do
    if (($(wc -l </tmp/asked) >= goal)); then return 0; fi
    sleep 0.1
  done
  return 1
}
asks_always &
loads=$!
for _ in 1 2 3; do
  check 'questions are answered' asked 3
  check 'restart' systemctl restart spfd.service
done
check 'questions are answered after it' asked 3
touch /tmp/enough
check 'nobody was refused meanwhile' wait "$loads"

# Sockets of its own, with a group.
with --listen=unix:/run/spfd/own.sock,mode=0660,group=mail <<<'SupplementaryGroups=mail'
check 'a socket with a group' is "$(stat -c '%U %G %a' /run/spfd/own.sock)" 'spfd mail 660'
check 'it answers there' passes /run/spfd/own.sock
with --listen=unix:/run/spfd/own.sock,mode=0660,group=shadow </dev/null
check 'a group that it may not use is an error, not a crash' said 'cannot give the socket file to its owner: Operation not permitted'
systemctl stop spfd.service
systemctl reset-failed spfd.service

# Without spfd.socket, and with secrets.
systemctl disable --now spfd.socket
spfd --new-srs-secret /etc/spfd/srs.secret --user spfd
with --listen=unix:/run/spfd/spfd.sock --srs=unix:/run/spfd/srs.sock --srs-domain=fwd.example \
  --srs-secret-file=/etc/spfd/srs.secret </dev/null
check 'it answers on a socket of its own' passes /run/spfd/spfd.sock
check 'only its group may sign' is "$(stat -c %a /run/spfd/srs.sock)" 660

# syslog, while the journal starts again.
with --listen=unix:/run/spfd/spfd.sock --log=syslog </dev/null
check 'the log goes to syslog' said 'ready: listening on unix:/run/spfd/spfd.sock'
systemctl restart systemd-journald.service
check 'it reloads' systemctl reload spfd.service
check 'and logs that after a restart of the journal' wait_until eval 'log | tail -n 3 | grep -q reloaded'
check 'the sandbox has refused nothing' eval '! logs "the sandbox has refused"'
