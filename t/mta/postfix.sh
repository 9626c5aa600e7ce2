# Sourced by the tests with Postfix: Debian's configuration with the files of etc/postfix, set up in the way of the README there.
# shellcheck shell=bash disable=SC2154,SC2034
postfix=$source/etc/postfix

# configure FILE: writes Debian's main.cf, the settings of the lab, and this file of etc/postfix.
configure() {
  make_mailbox
  inside postfix cp /usr/share/postfix/main.cf.debian /etc/postfix/main.cf
  inside postfix postconf -e compatibility_level=3.6 maillog_file=/dev/stdout myhostname=mx.lab.test mydestination=lab.test \
    mynetworks=127.0.0.0/8 smtpd_authorized_xclient_hosts=127.0.0.1 inet_interfaces=loopback-only local_recipient_maps= \
    alias_maps= local_transport=lab
  inside postfix postconf -M lab/unix="lab unix - n n - - pipe user=nobody argv=/run/lab/bin/deliver"
  cat "$1" >>"$LAB/postfix/etc/postfix/main.cf"
}
start_postfix() {
  start postfix postfix postfix start-fg
  ready postfix listening 127.0.0.1 25
}
stop_postfix() {
  inside postfix postfix stop >>"$LAB/log/postfix" 2>&1
  wait "${pid_of[postfix]}" 2>/dev/null || true
}
# run_spfd OPTION...: starts spfd with the sockets of spfd-postfix.socket and spfd-postfix-milter.socket.
run_spfd() {
  inside postfix install -d -o nobody -g postfix -m 0750 /var/spool/postfix/spfd
  start_spfd --listen=unix:/var/spool/postfix/spfd/spfd.sock --milter=unix:/var/spool/postfix/spfd/milter.sock \
    --hostname=mx.lab.test "$@"
}
