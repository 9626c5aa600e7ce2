# Sourced inside the booted machine, after mail.bash: Debian's Postfix with its chroot, with the samples that the package ships, by
# their README.
postfix_uses() {
  cp /usr/share/postfix/main.cf.debian /etc/postfix/main.cf
  postconf -e compatibility_level=3.6 myhostname=mx.lab.test mydestination=lab.test inet_interfaces=loopback-only \
    mynetworks=127.0.0.0/8 alias_maps= mailbox_command=
  cat "/usr/share/doc/spfd/examples/postfix/$1" >>/etc/postfix/main.cf
  systemctl restart postfix.service
  wait_until listening 127.0.0.1 25
}
postfix_cases() {
  check 'Postfix installs' apt_install postfix
  check 'its smtpd runs in a chroot' is "$(postconf -Mf smtp/inet | awk '{ print $5 }')" y
  check 'sockets in the chroot are enabled' systemctl enable spfd-postfix.socket spfd-postfix-milter.socket
  check 'and open with a restart' systemctl restart spfd.service
  check 'only the group postfix may use them' is "$(stat -c '%G %a' /var/spool/postfix/spfd/spfd.sock)" 'postfix 660'
  check 'Postfix starts with the policy service' postfix_uses main.cf.policy
  mail_cases 'Postfix, policy service'
  restart_in_flow 'Postfix, policy service'
  check 'Postfix starts with the milter' postfix_uses main.cf.milter
  mail_cases 'Postfix, milter'
  restart_in_flow 'Postfix, milter'
  check 'the sockets are disabled' systemctl disable --now spfd-postfix.socket spfd-postfix-milter.socket
}
