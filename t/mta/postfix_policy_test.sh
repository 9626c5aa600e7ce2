#!/bin/bash
# A real Postfix asks a real spfd as a policy service: the shipped files of etc/postfix do what the README there says.
# shellcheck disable=SC2317  # check calls most functions
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
# shellcheck source=cases.sh
. "$here/cases.sh"
lab "postfix tools"
# shellcheck source=postfix.sh
. "$here/postfix.sh"

suite="Postfix, policy service"
on_temperror='^451 4\.7\.24 .*temperror\.test'
on_absence='^451 4\.4\.3 .*SPF cannot be checked now'
start_dns
configure "$postfix/main.cf.policy"
run_spfd
start_postfix
common_cases
rule_cases
# Postfix does not log the HELO name of a message that it accepts.
replay_cases postfix "$LAB/log/postfix" 2

bad alice@fail.test
check "fail: the code of RFC 7372" refused '^550 5\.7\.23 '
try 127.0.0.1 localhost alice@fail.test
check "mail from the host itself is not asked about" both accepted 'header 0 .*'
stop spfd
run_spfd --policy-defer-if-permit --mta-header=authentication-results --secondary-mx=2001:db8::66
bad alice@temperror.test
check "--policy-defer-if-permit: 450" refused '^450 4\.7\.24 .*temperror\.test'
good alice@pass.test
check "--mta-header=authentication-results: this header, and no Received-SPF" both accepted \
  'results 1 mx.lab.test;.*spf=pass.*smtp.mailfrom=pass\.test'
try 2001:db8::66 evil.test alice@fail.test
check "--secondary-mx: not refused" both accepted 'results 1 mx\.lab\.test;.none.*secondary'
dialogue=$(inside tools swaks --server 127.0.0.1 --xclient "ADDR=203.0.113.7 NAME=example.com" --helo example.com \
  --to bob@lab.test --from alice@fail.test --quit-after RCPT 2>&1) || true
check "XCLIENT, in the way of the README: 550" refused '^550 5\.7\.23 .*203\.0\.113\.7'
stop spfd
run_spfd
stop_postfix

suite="Postfix, policy service, unchecked when spfd is absent"
sed 's/default_action = 451.* now/default_action = DUNNO/' "$postfix/main.cf.policy" >"$LAB/tmp/unchecked"
configure "$LAB/tmp/unchecked"
start_postfix
unchecked_cases '0 .*'
stop_postfix

suite="Postfix, policy service, greylisting"
# Replaces a greylisting service: gives its answer to mail that it has not seen before.
{
  sed -n '/^smtpd/,$p' "$postfix/main.cf.policy" | sed '$s/$/,/'
  sed -n '/check_policy_service/,$p' "$postfix/main.cf.policy" | sed '$s/$/, defer/'
  sed -n '/^Greylisting/,/^Trying/ s/^  *\([a-z_]* = .*\)/\1/p' "$postfix/README"
} >"$LAB/tmp/greylisting"
configure "$LAB/tmp/greylisting"
stop spfd
run_spfd --on-pass=spf_passed
start_postfix
good alice@pass.test
check "--on-pass: a sender that passes skips it, and has the header" both accepted 'header 1 pass'
good two@pass.test --to bob@lab.test,carol@lab.test
check "--on-pass: so do further recipients" both accepted 'header 1 pass'
bad alice@none.test
check "--on-pass: others do not" refused '^45[01] '
bad alice@fail.test
check "--on-pass: fail is refused" refused '^550 5\.7\.23 '
finish
