# Sourced inside the booted machine, after mail.bash: Debian's Exim, with the sample that the package ships, by its README.
exim_cases() {
  local samples=/usr/share/doc/spfd/examples/exim
  check 'Exim installs' apt_install exim4-daemon-light
  sed -i "s/^dc_eximconfig_configtype=.*/dc_eximconfig_configtype='internet'/; s/^dc_other_hostnames=.*/dc_other_hostnames='lab.test'/;
    s/^dc_use_split_config=.*/dc_use_split_config='true'/; s/^dc_localdelivery=.*/dc_localdelivery='mail_spool'/" \
    /etc/exim4/update-exim4.conf.conf
  cp $samples/acl-readsocket.conf /etc/exim4/conf.d/acl/20_spfd
  echo '  require acl = check_spf' >/etc/exim4/rcpt_spfd
  echo 'CHECK_RCPT_LOCAL_ACL_FILE = /etc/exim4/rcpt_spfd' >>/etc/exim4/conf.d/main/000_localmacros
  update-exim4.conf
  check 'Exim starts with it' systemctl restart exim4.service
  wait_until listening 127.0.0.1 25
  mail_cases Exim
  printf 'exp.test TXT "v=spf1 ip4:192.0.2.66 -all"\n' >/etc/spfd/zone
  printf 'zone = ["/etc/spfd/zone"]\n' >>/etc/spfd/spfd.conf
  check 'Exim: reload' systemctl reload spfd.service
  check 'Exim: what the new zone permits is taken' wait_until refused alice@exp.test '^250 OK id='
  sed -i '$d' /etc/spfd/spfd.conf
  rm /etc/spfd/zone
  check 'Exim: reload' systemctl reload spfd.service
  check 'Exim: and is refused without it' wait_until refused alice@exp.test '^550 5\.7\.23 '
  restart_in_flow Exim
  rm /etc/exim4/conf.d/acl/20_spfd /etc/exim4/rcpt_spfd
}
