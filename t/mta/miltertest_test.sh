#!/bin/bash
# OpenDKIM's miltertest, an independent implementation of the MTA's side of the milter protocol, drives the milter of a real spfd.
# shellcheck disable=SC2317  # check calls most functions
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
lab "tools"

cp "$here/milter.lua" "$LAB/tmp/"
run_spfd() { start_spfd --milter=unix:/run/spfd/milter.sock --hostname=mx.lab.test "$@"; }
# message NAME=VALUE...: runs milter.lua with these globals.
message() {
  local words=() word
  for word in "$@"; do words+=(-D "$word"); done
  output=$(inside tools timeout 40 miltertest -s /tmp/milter.lua -D socket=local:/run/spfd/milter.sock "${words[@]}" 2>&1) || true
  dialogue=$(printf '%s\n' "EHLO" "$output")
}
good() { message ip=192.0.2.10 helo=mail.pass.test from="$1" "${@:2}"; }
bad() { message ip=192.0.2.66 helo=evil.test from="$1" "${@:2}"; }
said() { [[ $output =~ $1 ]]; }

suite="miltertest"
start_dns
run_spfd
good alice@pass.test
check "pass: a header, inserted" said '^alice@pass\.test c c inserted pass \(.*alice@pass\.test.*identity=mailfrom'
message ip=2001:db8::10 helo=mail.pass.test from=alice@pass.test
check "pass over IPv6: a header" said 'inserted pass \(.*2001:db8::10'
bad alice@exp.test
check "fail: a reply at MAIL" said '^alice@exp\.test y$'
bad alice@temperror.test
check "temperror: a reply at MAIL" said '^alice@temperror\.test y$'
good ''
check "null sender: a header about the HELO name" said '^ c c inserted pass \(.*mail\.pass\.test.*identity=helo'
good alice@pass.test,alice@fail.test,alice@softfail.test
check "several messages on a connection: each has its own result" said \
  $'^alice@pass.test c c inserted pass [^\n]*\nalice@fail.test y\nalice@softfail.test c c inserted softfail [^\n]*$'
bad alice@fail.test authenticated=joe
check "authenticated: nothing is checked, nothing added" said '^alice@fail\.test c c$'
bad alice@softfail.test "header=Received-SPF: pass (mx.lab.test: forged)"
check "a forged header stays by default" not said deleted
stop spfd
run_spfd --milter-remove-forged --mta-header=authentication-results
bad alice@softfail.test "header=Received-SPF: pass (mx.lab.test: forged)"
check "--milter-remove-forged: a forged header is deleted" said 'deleted Received-SPF'
check "--mta-header=authentication-results: this header is inserted" said 'inserted mx\.lab\.test; spf=softfail'
bad alice@softfail.test "header=Received-SPF: pass (mx.elsewhere.test: theirs)"
check "--milter-remove-forged: headers of others stay" not said deleted
finish
