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
start_sendmail
common_cases
rule_cases
milter_cases
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
