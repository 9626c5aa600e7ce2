#!/bin/bash
# A real Postfix asks a real spfd as a milter: the shipped files of etc/postfix do what the README there says.
# shellcheck disable=SC2317  # check calls most functions
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
# shellcheck source=cases.sh
. "$here/cases.sh"
# shellcheck source=milter_cases.sh
. "$here/milter_cases.sh"
lab "postfix tools"
# shellcheck source=postfix.sh
. "$here/postfix.sh"

suite="Postfix, milter"
# After a milter has gone, Postfix does not ask it again on the same connection.
on_absence='^451 4\.7\.1 '
on_comeback='^451 4\.7\.1 '
start_dns
configure "$postfix/main.cf.milter"
run_spfd
start_postfix
common_cases
rule_cases
milter_cases
replay_cases postfix "$LAB/log/postfix" 2
stop_postfix

suite="Postfix, milter, unchecked when spfd is absent"
sed 's/tempfail/accept/' "$postfix/main.cf.milter" >"$LAB/tmp/unchecked"
configure "$LAB/tmp/unchecked"
start_postfix
unchecked_cases '0 .*'
finish
