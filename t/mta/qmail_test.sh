#!/bin/bash
# The plugin of etc/qmail asks a real spfd: first called in the way of qmail-spp, then in whole SMTP dialogues with a substitute
# for a qmail-smtpd with qmail-spp (qmail_spp.pl), with the shipped file smtpplugins.
# shellcheck disable=SC2317  # check calls most functions
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
lab "tools"

install -D "$source/etc/qmail/spfd" "$LAB/tools/var/qmail/plugins/spfd"
run_spfd() { start_spfd --hostname=mx.lab.test "$@"; }
# plugin NAME=VALUE...: runs the plugin with that environment; its output is in $output.
plugin() {
  output=$(inside tools env "$@" /var/qmail/plugins/spfd 2>>"$LAB/log/plugin") || output+="exit status $?"
  dialogue=$(printf '%s\n' "EHLO" "$output")
}
good() { plugin TCPREMOTEIP=192.0.2.10 SMTPHELOHOST=mail.pass.test SMTPMAILFROM="$1"; }
bad() { plugin TCPREMOTEIP=192.0.2.66 SMTPHELOHOST=evil.test SMTPMAILFROM="$1" "${@:2}"; }
# said REGEX: succeeds if the output is one line that matches.
said() { [[ $output =~ $1 && $output != *$'\n'* ]]; }

suite="qmail-spp"
start_dns
run_spfd
good alice@pass.test
check "pass: a header, in a variable" said '^SSPF_HEADER=Received-SPF: pass \(.*alice@pass\.test.*identity=mailfrom'
plugin TCP6REMOTEIP=2001:db8::10 SMTPHELOHOST=mail.pass.test SMTPMAILFROM=alice@pass.test
check "pass over IPv6: a header" said '^SSPF_HEADER=Received-SPF: pass \(.*2001:db8::10'
bad alice@exp.test
check "fail: 550 with the domain's explanation" said \
  '^E550 5\.7\.23 .*See http://exp\.test/why\?s=alice%40exp\.test&i=192\.0\.2\.66&h=evil\.test$'
bad alice@quote.test
check 'an explanation with " and % arrives whole' said "we said 'no' to 100% of it \\(really\\)"
bad alice@softfail.test
check "softfail: a header" said '^SSPF_HEADER=Received-SPF: softfail '
bad alice@temperror.test
check "temperror: 451" said '^E451 4\.7\.24 .*temperror\.test'
good ''
check "null sender: a header about the HELO name" said '^SSPF_HEADER=Received-SPF: pass \(.*mail\.pass\.test.*identity=helo'
plugin TCPREMOTEIP=192.0.2.66 SMTPHELOHOST=forged.test SMTPMAILFROM=
check "null sender, HELO fail: 550" said '^E550 .*forged\.test'
plugin TCPREMOTEIP=192.0.2.66 SMTPMAILFROM=alice@fail.test
check "without HELO: 550" said '^E550 .*fail\.test'
bad alice@fail.test RELAYCLIENT=
check "RELAYCLIENT: nothing is asked, and the variable is unset" said '^USPF_HEADER$'
plugin SMTPHELOHOST=mail.pass.test SMTPMAILFROM=alice@pass.test
check "without TCPREMOTEIP: 451" said '^E451 4\.4\.3 SPF cannot be checked now$'
# The largest size fits into one variable of an environment (128 KiB).
long() { printf "%0$1d" 0; }
for size in 63 64 65 253 254 255 256 999 1000 1001 4095 4096 8187 8188 8189 16384 65536 131000; do
  plugin TCPREMOTEIP=192.0.2.66 SMTPHELOHOST="$(long $size)" SMTPMAILFROM=alice@fail.test
  check "a HELO name of $size octets: the sender is checked" said '^E550 5\.7\.23 '
  plugin TCPREMOTEIP=192.0.2.66 SMTPHELOHOST=evil.test SMTPMAILFROM="$(long $size)@fail.test"
  check "a local part of $size octets: the domain is checked" said '^E550 5\.7\.23 '
done
bad $'"a)\nE250 \\"b" (c@softfail.test'
check "a hostile sender: one line" said '^SSPF_HEADER=Received-SPF: softfail '
stop spfd KILL
good alice@pass.test
check "spfd killed: 451" said '^E451 4\.4\.3 SPF cannot be checked now$'
check "the log states the reason" grep -q '^spfd: Connection refused$' "$LAB/log/plugin"
run_spfd --on-softfail=reject --on-fail=tag
bad alice@softfail.test
check "spfd started again: its rules hold" said '^E550 .*softfail\.test'
bad alice@fail.test
check "fail, to be accepted: a header" said '^SSPF_HEADER=Received-SPF: fail '
stop spfd
run_spfd

# ---- dialogues -----------------------------------------------------------------------------------------------------------

suite="qmail-spp, dialogues"
install -D "$here/qmail_spp.pl" "$LAB/run/lab/bin/qmail_spp"
install -D -m 644 "$source/etc/qmail/smtpplugins" "$LAB/tools/var/qmail/control/smtpplugins"
# talk NAME=VALUE... -- LINE...: holds a dialogue. The replies after the greeting, and queued messages, are in $dialogue.
talk() {
  local environment=()
  while [[ $1 != -- ]]; do environment+=("$1") && shift; done
  dialogue=$(printf '%s\n' "${@:2}" | inside tools env --chdir=/var/qmail TCPREMOTEIP=192.0.2.10 "${environment[@]}" \
    /run/lab/bin/qmail_spp control/smtpplugins 2>>"$LAB/log/plugin")
  dialogue=$'EHLO\n'$dialogue
}
helo="HELO mail.pass.test"
message=("RCPT TO:<bob@lab.test>" DATA "Subject: hello")
# queued SENDER RESULT...: succeeds if there is one message with exactly these header lines.
queued() {
  local found
  found=$(sed -nE 's/^from (.*)/\1/p; s/^Received-SPF: ([a-z]+) .*/\1/p' <<<"$dialogue")
  [[ $found == "$(printf '%s\n' "$@")" ]]
}
hears() { grep -qE "$1" <<<"$dialogue"; }

talk -- "$helo" "MAIL FROM:<alice@pass.test>" "${message[@]}"
check "pass: queued with its header" queued alice@pass.test pass
check "the header is whole" hears '^Received-SPF: pass \(.*alice@pass\.test.*identity=mailfrom'
talk -- "$helo" "MAIL FROM:<alice@pass.test>" "MAIL FROM:<victim@softfail.test>" "${message[@]}"
check "a second MAIL: only the second sender's result" queued victim@softfail.test softfail
talk -- "$helo" "MAIL FROM:<alice@pass.test>" "RCPT TO:<bob@lab.test>" "MAIL FROM:<victim@softfail.test>" "${message[@]}"
check "a second MAIL after RCPT: only the second sender's result" queued victim@softfail.test softfail
talk -- "$helo" "MAIL FROM:<alice@pass.test>" RSET "MAIL FROM:<victim@softfail.test>" "${message[@]}"
check "RSET and another MAIL: only the second sender's result" queued victim@softfail.test softfail
talk -- "$helo" "MAIL FROM:<alice@pass.test>" "HELO evil.test" "MAIL FROM:<victim@softfail.test>" "${message[@]}"
check "HELO again and another MAIL: only the second sender's result" queued victim@softfail.test softfail
talk -- "$helo" "MAIL FROM:<alice@pass.test>" "MAIL FROM:<victim@fail.test>" "${message[@]}"
check "a second MAIL that is refused: the first one stays in force" both 'hears ^550.5\.7\.23' 'queued alice@pass.test pass'
talk -- "$helo" "MAIL FROM:<alice@pass.test>" "MAIL FROM:<victim@temperror.test>" "${message[@]}"
check "a second MAIL that is deferred: the first one stays in force" both 'hears ^451.4\.7\.24' 'queued alice@pass.test pass'
talk -- "$helo" "MAIL FROM:<alice@pass.test>" "RCPT TO:<bob@elsewhere.test>" "${message[@]}"
check "a refused RCPT: one header" both 'hears ^553' 'queued alice@pass.test pass'
talk -- "$helo" "MAIL FROM:<alice@pass.test>" "${message[@]}" "MAIL FROM:<victim@softfail.test>" "${message[@]}"
check "two messages: each with its header" queued alice@pass.test pass victim@softfail.test softfail
talk -- "$helo" 'MAIL FROM:<>' "${message[@]}"
check "null sender: the HELO name's result" queued '' pass
talk SPF_HEADER="Received-SPF: pass (forged)" RELAYCLIENT= -- "$helo" "MAIL FROM:<victim@fail.test>" "${message[@]}"
check "a relay client: no header, whatever the variable was" queued victim@fail.test
talk NOSPP= -- "$helo" "MAIL FROM:<victim@fail.test>" "${message[@]}"
check "NOSPP: nothing is asked" queued victim@fail.test
# shellcheck disable=SC1003,SC2016
for sender in '"a\nReceived-SPF: pass (b"@softfail.test' '"a\\nReceived-SPF: pass (%s%n\c"@softfail.test' '"$(id)`id`;"@softfail.test'; do
  talk -- "$helo" "MAIL FROM:<$sender>" "${message[@]}"
  check "a hostile sender, $sender: one header, whole" both "hears ^Received-SPF:.softfail.*helo=mail\\.pass\\.test" \
    "not hears ^Received-SPF:.pass|uid="
done

# Limits of softlimit at which Perl fails in different ways.
for limit in 4000000 5000000 8000000 10000000; do
  talk SPP_LIMIT=$limit -- "$helo" "MAIL FROM:<alice@pass.test>" "${message[@]}"
  check "only $limit bytes of memory: 451" both 'hears ^451.4\.3\.0' 'not hears ^from'
done
talk SPP_LIMIT=12582912 -- "$helo" "MAIL FROM:<alice@pass.test>" "${message[@]}"
check "12 MB of memory are enough" queued alice@pass.test pass
talk SPP_PERL5OPT=-Mmissing -- "$helo" "MAIL FROM:<alice@pass.test>" "${message[@]}"
check "a missing module: 451" both 'hears ^451.4\.3\.0' 'not hears ^from'
mv "$LAB/tools/var/qmail/plugins/spfd" "$LAB/tools/var/qmail/plugins/away"
talk -- "$helo" "MAIL FROM:<alice@pass.test>" "${message[@]}"
check "a missing plugin: 451" both 'hears ^451.4\.3\.0' 'not hears ^from'
talk SPP_INETD=1 -- "$helo" "MAIL FROM:<alice@pass.test>" "${message[@]}"
check "a missing plugin under inetd: the client sees the reply only" both 'hears ^451.4\.3\.0' 'not hears ^client'
mv "$LAB/tools/var/qmail/plugins/away" "$LAB/tools/var/qmail/plugins/spfd"
stop spfd KILL
talk SPP_INETD=1 -- "$helo" "MAIL FROM:<alice@pass.test>" "${message[@]}"
check "spfd killed, under inetd: the client sees the reply only" both 'hears ^451.4\.4\.3' 'not hears ^client'
printf '[mail]\nplugins/spfd\n' >"$LAB/tools/var/qmail/control/smtpplugins"
talk SPP_INETD=1 -- "$helo" "MAIL FROM:<alice@pass.test>" "${message[@]}"
check "the same with a plain line in smtpplugins" both 'hears ^451.4\.4\.3' 'not hears ^client'
finish
