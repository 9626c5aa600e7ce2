# Sourced by t/mta/*_test.sh after lib.sh: the cases that every door of spfd must pass, with any MTA.
#
# A test defines the differences: run_spfd starts spfd with the options for its MTA, and
#   refused_at     the command that is refused: "RCPT TO" or "MAIL FROM"
#   on_temperror   the reply, a regular expression
#   on_absence     the reply while spfd does not answer
#   on_comeback    the reply to the next message of a connection after spfd was killed and started again
#   place          "above" or "below": the place of the header relative to Received
# shellcheck shell=bash disable=SC2317,SC2034,SC2154
refused_at="RCPT TO"
on_temperror='^451 '
on_comeback='^250 '
place=above

refused() { answers "$refused_at" "$1"; } # refused REGEX
injected() { headers | grep -qi '^X-Injected'; }
in_its_place() { if [[ $place == above ]]; then above Received-SPF Received; else above Received Received-SPF; fi; }

# Characters that end a word, a comment, a value or a line somewhere: in a header, in the answer, in ${extract}.
# shellcheck disable=SC1003
hostile_helo='mail) X-Injected: yes; ("\nX-Injected: yes\'
# shellcheck disable=SC1003
hostile_local_part='"a) \"b\nX-Injected: yes\" (c\\"'

common_cases() {
  good alice@pass.test
  check "pass: accepted" accepted
  check "pass: exactly one Received-SPF, naming the sender" header 1 'pass \(.*alice@pass\.test'
  check "pass: the header is $place Received" in_its_place
  try 2001:db8::10 mail.pass.test alice@pass.test
  check "pass over IPv6: accepted" accepted
  check "pass over IPv6: one header, naming the address" header 1 'pass \(.*2001:db8::10'
  try 2001:db8::66 evil.test alice@pass.test
  check "fail over IPv6: 550, naming the address" refused '^550 .*2001:db8::66'
  good two@pass.test --to bob@lab.test,carol@lab.test
  check "two recipients: accepted" accepted
  check "two recipients: still one header" header 1 'pass '

  bad alice@exp.test
  check "fail: 550 with the domain's explanation" refused \
    '^550 .*See http://exp\.test/why\?s=alice%40exp\.test&i=192\.0\.2\.66&h=evil\.test'
  bad alice@fail.test
  check "fail without an explanation: 550 with the default one" refused '^550 .*fail\.test does not allow 192\.0\.2\.66'
  bad alice@quote.test
  check 'an explanation with " and % arrives whole' refused "^550 .*we said 'no' to 100% of it \\(really\\)"
  bad alice@eightbit.test
  check "an explanation in 8 bits: 550 with the default one" refused '^550 .*eightbit\.test does not allow 192\.0\.2\.66'
  bad alice@hostile.test
  check "an explanation can neither choose the reply code nor end its line" refused \
    '^550 .*250 2\.0\.0 fine.nX-Injected: yes.r.n250 fine.'

  local result
  for result in none softfail neutral permerror; do
    bad alice@$result.test
    check "$result: accepted" accepted
    check "$result: one header" header 1 "$result "
  done
  bad alice@temperror.test
  check "temperror: 4xx" refused "$on_temperror"

  good '<>'
  check "null sender, HELO pass: accepted" accepted
  check "null sender, HELO pass: one header, naming the HELO name" header 1 'pass \(.*mail\.pass\.test'
  try 192.0.2.66 forged.test '<>'
  check "null sender, HELO fail: 550" refused '^550 .*forged\.test'

  try 192.0.2.10 "$hostile_helo" "$hostile_local_part@pass.test"
  check "a hostile sender and HELO name, pass: accepted" accepted
  check "a hostile sender and HELO name, pass: one header, nothing injected" both 'header 1 pass' 'not injected'
  try 192.0.2.66 "$hostile_helo" "$hostile_local_part@softfail.test"
  check "a hostile sender and HELO name, softfail: accepted" accepted
  check "a hostile sender and HELO name, softfail: one header, nothing injected" both 'header 1 softfail' 'not injected'
  try 192.0.2.66 "$hostile_helo" "$hostile_local_part@fail.test"
  check "a hostile sender and HELO name, fail: 550" refused '^550 '

  call 192.0.2.10 mail.pass.test
  say_message alice@pass.test
  check "several messages on a connection: the first passes" replied '^250 '
  say_message alice@fail.test
  check "several messages on a connection: the second fails" replied '^550.*fail\.test does not allow'
  say RSET
  say_message alice@pass.test
  check "several messages on a connection: the third passes" replied '^250 '
  check "several messages on a connection: each has one header" both 'wait_until messages 2' 'header 2 pass'
  stop spfd KILL
  run_spfd
  say_message alice@pass.test
  check "spfd killed and started again in the middle of a connection" replied "$on_comeback"
  # Otherwise it would arrive later, in the mailbox of the next case.
  if replied '^250 '; then wait_until messages 3 || true; fi
  hang_up

  # The header is about the final sender of the message.
  local between
  for between in "RCPT TO:<bob@lab.test>" RSET "EHLO mail.pass.test" "RCPT TO:<bob@elsewhere.test>"; do
    call 192.0.2.10 mail.pass.test
    say "MAIL FROM:<alice@pass.test>"
    say "$between"
    say "MAIL FROM:<victim@softfail.test>"
    local result='softfail \(.*victim@softfail\.test'
    # Most servers refuse a second MAIL.
    replied '^250' || result='pass \(.*alice@pass\.test'
    say "RCPT TO:<bob@lab.test>"
    say DATA
    say "From: x@pass.test\nSubject: hello\n\nhello\n."
    check "MAIL, $between, MAIL: one header, about the sender in force" both 'wait_until messages 1' "header 1 ${result// /.}"
    hang_up
  done

  stop spfd
  good alice@pass.test
  check "spfd stopped: $on_absence" refused "$on_absence"
  run_spfd
  good alice@pass.test
  check "spfd started again: accepted" accepted
  stop spfd KILL
  good alice@pass.test
  check "spfd killed: $on_absence" refused "$on_absence"
  run_spfd
  bad alice@fail.test
  check "spfd started again, over its old socket: 550" refused '^550 '
  check "the sandbox has refused no system call" not_logged 'the sandbox has refused'
}
not_logged() { ! grep -F "$1" "$LAB/log/spfd"; }

# Cases for doors that follow spfd's advice about a result.
rule_cases() {
  stop spfd
  run_spfd --on-softfail=reject --on-fail=defer --on-temperror=tag
  bad alice@softfail.test
  check "--on-softfail=reject: 550" refused '^550 '
  bad alice@fail.test
  check "--on-fail=defer: 4xx" refused '^45[01] '
  bad alice@temperror.test
  check "--on-temperror=tag: accepted, with its header" both accepted 'header 1 temperror'
  stop spfd
  run_spfd --dry-run
  bad watched@fail.test
  check "--dry-run: accepted, and the header says so" both accepted 'header 1 fail'
  check "--dry-run: the log reports the replaced action" grep -q 'sender=watched@fail.test.* would=reject' "$LAB/log/spfd"
  stop spfd
  run_spfd
}

# replay_cases FORMAT LOG [PASSES]: sends some mail, and replays the lines of the log about it. PASSES: the number of accepted
# messages that can be checked and pass; 3, or less if the log does not have the HELO name that the null sender needs.
replay_cases() {
  local log=$2 seen passes=${3:-3}
  seen=$(wc -l <"$log")
  good alice@pass.test
  good alice@pass.test
  good '<>'
  bad alice@softfail.test
  bad alice@fail.test
  bad alice@temperror.test
  try 2001:db8::66 evil.test last@fail.test
  # Syslog is not synchronous.
  wait_until logged "$log" "$seen" 'last@fail\.test.*\(proto=ESMTP\|rejected RCPT\)' || true
  tail -n "+$((seen + 1))" "$log" >"$LAB/tmp/replayed"
  echo 'on-softfail = "reject"' >"$LAB/tmp/replay.conf"
  replayed=$("$BUILD/bin/spfquery" --replay "$1" "$LAB/tmp/replayed" --json --nameserver 127.0.0.1 --config "$LAB/tmp/replay.conf")
  check "replay of the log: pass" in_replay "\"pass\": {\"accepted\": $passes, \"rejected\": 0, \"deferred\": 0}"
  check "replay of the log: softfail" in_replay '"softfail": {"accepted": 1, "rejected": 0, "deferred": 0}'
  check "replay of the log: fail" in_replay '"fail": {"accepted": 0, "rejected": 2, "deferred": 0}'
  check "replay of the log: temperror" in_replay '"temperror": {"accepted": 0, "rejected": 0, "deferred": 1}'
  check "replay of the log: no bad lines" in_replay '"bad_lines": 0,'
  check "replay of the log: messages without HELO name" in_replay "\"without_identity\": $((3 - passes)),"
  check "replay of the log: a policy that would refuse more" in_replay '"domain": "softfail.test", "result": "softfail", "action": "reject"'
  replayed=$(gzip -c "$LAB/tmp/replayed" | "$BUILD/bin/spfquery" --replay "$1" - --json --nameserver 127.0.0.1)
  check "replay of the packed log: pass" in_replay "\"pass\": {\"accepted\": $passes,"
}
in_replay() {
  [[ $replayed = *"$1"* ]] || {
    echo "      $replayed"
    return 1
  }
}
# logged LOG LINES TEXT: succeeds if TEXT is after this number of lines.
logged() { tail -n "+$(($2 + 1))" "$1" | grep -q "$3"; }

# unchecked_cases HEADER: for doors that accept mail without spfd if configured so, with this header.
unchecked_cases() {
  stop spfd
  bad alice@fail.test
  check "spfd stopped: accepted, unchecked" both accepted "header $1"
  run_spfd
  bad alice@fail.test
  check "spfd started again: 550" refused '^550 '
}
