#!/bin/bash
# The plugin of etc/qmail, called as qmail-spp calls it, asks a real spfd.
# shellcheck disable=SC2317  # most functions are called by check
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
lab "tools"

install -D "$source/etc/qmail/spfd" "$LAB/tools/var/qmail/plugins/spfd"
run_spfd() { start_spfd --hostname=mx.lab.test "$@"; }
# plugin NAME=VALUE...: what it prints with that environment is $output.
plugin() {
  output=$(inside tools env "$@" /var/qmail/plugins/spfd 2>>"$LAB/log/plugin") || output+="exit status $?"
  dialogue=$(printf '%s\n' "EHLO" "$output")
}
good() { plugin TCPREMOTEIP=192.0.2.10 SMTPHELOHOST=mail.pass.test SMTPMAILFROM="$1"; }
bad() { plugin TCPREMOTEIP=192.0.2.66 SMTPHELOHOST=evil.test SMTPMAILFROM="$1" "${@:2}"; }
# said REGEX: the whole output, which is one line.
said() { [[ $output =~ $1 && $output != *$'\n'* ]]; }

suite="qmail-spp"
start_dns
run_spfd
good alice@pass.test
check "pass: a header" said '^HReceived-SPF: pass \(.*alice@pass\.test.*identity=mailfrom'
plugin TCP6REMOTEIP=2001:db8::10 SMTPHELOHOST=mail.pass.test SMTPMAILFROM=alice@pass.test
check "pass over IPv6: a header" said '^HReceived-SPF: pass \(.*2001:db8::10'
bad alice@exp.test
check "fail: 550 with the domain's explanation" said \
  '^E550 5\.7\.23 .*See http://exp\.test/why\?s=alice%40exp\.test&i=192\.0\.2\.66&h=evil\.test$'
bad alice@quote.test
check 'an explanation with " and % arrives whole' said "we said 'no' to 100% of it \\(really\\)"
bad alice@softfail.test
check "softfail: a header" said '^HReceived-SPF: softfail '
bad alice@temperror.test
check "temperror: 451" said '^E451 4\.7\.24 .*temperror\.test'
good ''
check "null sender: a header about the HELO name" said '^HReceived-SPF: pass \(.*mail\.pass\.test.*identity=helo'
plugin TCPREMOTEIP=192.0.2.66 SMTPHELOHOST=forged.test SMTPMAILFROM=
check "null sender, HELO fail: 550" said '^E550 .*forged\.test'
plugin TCPREMOTEIP=192.0.2.66 SMTPMAILFROM=alice@fail.test
check "without HELO: 550" said '^E550 .*fail\.test'
bad alice@fail.test RELAYCLIENT=
check "RELAYCLIENT: nothing is asked" said '^$'
bad $'"a)\nE250 \\"b" (c@softfail.test'
check "a hostile sender: one line" said '^HReceived-SPF: softfail '
stop spfd KILL
good alice@pass.test
check "spfd killed: 451" said '^E451 4\.4\.3 SPF cannot be checked now$'
check "the log says why" grep -q '^spfd: Connection refused$' "$LAB/log/plugin"
run_spfd --on-softfail=reject --on-fail=tag
bad alice@softfail.test
check "spfd started again: its rules hold" said '^E550 .*softfail\.test'
bad alice@fail.test
check "fail, to be accepted: a header" said '^HReceived-SPF: fail '
finish
