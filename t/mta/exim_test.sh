#!/bin/bash
# A real Exim, a real spfd, real DNS: the ACLs of etc/exim, as they are shipped, do what their README says.
# shellcheck disable=SC2317  # most functions are called by check
. "$(dirname "$(readlink -f "$0")")/lib.sh"
lab "exim tools"

# ---- the lab -------------------------------------------------------------------------------------------------------------

mail=$LAB/run/lab/mail
mkdir -p "$LAB/run/lab/exim/spool" "$mail"
inside exim chown -R Debian-exim: /run/lab/exim /run/lab/mail

# start_exim ACL-FILE RCPT-LINES [DATA-LINES]
start_exim() {
  cp "$source/etc/exim/$1" "$LAB/run/lab/exim/spf.acl"
  echo "$2" >"$LAB/run/lab/exim/rcpt.acl"
  echo "${3:-}" >"$LAB/run/lab/exim/data.acl"
  cp "$here/exim.conf" "$LAB/exim/etc/exim4/exim4.conf"
  start exim exim exim4 -bdf
  ready exim listening 127.0.0.1 25
}
# With the second socket where the ACL of 2004 looks for it.
run_spfd() { start_spfd --listen=unix:/tmp/spfd,mode=0666 --hostname=mx.lab.test; }

# try CLIENT HELO SENDER [SWAKS-OPTION...]: one message from there, to an empty mailbox.
try() {
  empty_mailbox
  send "$1" "$2" "$3" bob@lab.test "${@:4}"
}
empty_mailbox() { rm -f "$mail"/new/*; }
arrived() { (($(find "$mail/new" -type f 2>/dev/null | wc -l) == 1)); }
header() { sed '/^\r\{0,1\}$/,$d' "$mail"/new/*; }
headers_named() { header | grep -ci "^$1:" || true; }
line_of() { header | grep -nim1 "^$1:" | cut -d: -f1; }

accepted() { answers 'lines sent' '^250 ' && wait_until arrived; }
refused() { answers 'RCPT TO' "$1"; } # refused REGEX
one_header() { [[ $(headers_named Received-SPF) == 1 ]] && header | grep -qE "^Received-SPF: $1"; }
on_top() { (($(line_of Received-SPF) < $(line_of Received))); }

good="192.0.2.10 mail.pass.test"
bad="192.0.2.66 evil.test"

# What must hold whichever ACL asks. Splitting $good and $bad into client and HELO is meant.
# shellcheck disable=SC2086
common_checks() {
  try $good alice@pass.test
  check "pass: accepted" accepted
  check "pass: exactly one Received-SPF, naming the sender" one_header 'pass \(.*alice@pass\.test'
  try 2001:db8::10 mail.pass.test alice@pass.test
  check "pass over IPv6: accepted" accepted
  check "pass over IPv6: one header, naming the address" one_header 'pass \(.*2001:db8::10'
  try 2001:db8::66 evil.test alice@pass.test
  check "fail over IPv6: 550" refused '^550 .*2001:db8::66'

  try $good alice@pass.test --to bob@lab.test,carol@lab.test
  check "two recipients: accepted" accepted
  check "two recipients: still one header" one_header 'pass '

  try $bad 'alice@exp.test'
  check "fail: 550 with the domain's explanation" refused \
    '^550 .*See http://exp\.test/why\?s=alice%40exp\.test&i=192\.0\.2\.66&h=evil\.test$'
  try $bad 'alice@fail.test'
  check "fail without an explanation: 550 with the default one" refused '^550 .*192\.0\.2\.66.*fail\.test|^550 .*fail\.test.*192\.0\.2\.66'
  try $bad 'alice@quote.test'
  check 'an explanation with " and % arrives whole' refused "^550 .*we said 'no' to 100% of it \\(really\\)\$"
  try $bad 'alice@hostile.test'
  check "an explanation cannot choose the reply code" refused '^550 '
  check "an explanation cannot end its line" not grep -Eq '^<.{1,3} *(X-Injected|250[ -]fine)' <<<"$dialogue"

  try $bad alice@none.test
  check "none: accepted" accepted
  check "none: one header" one_header 'none '
  try $bad alice@soft.test
  check "softfail: accepted" accepted
  check "softfail: one header" one_header 'softfail '
  try $bad alice@neutral.test
  check "neutral: accepted" accepted
  check "neutral: one header" one_header 'neutral '
  try $bad alice@perm.test
  check "permerror: accepted" accepted
  check "permerror: one header" one_header 'permerror '
  try $bad alice@temp.test
  check "temperror: 451" refused '^451 '

  try $good '<>'
  check "null sender, HELO pass: accepted" accepted
  check "null sender, HELO pass: one header, naming the HELO name" one_header 'pass \(.*mail\.pass\.test'
  try 192.0.2.66 forged.test '<>'
  check "null sender, HELO fail: 550" refused '^550 .*forged\.test'

  # Bytes that end a word, a comment or a line somewhere: in a header, in the answer, in ${extract}.
  # shellcheck disable=SC1003
  local helo='mail) X-Injected: yes; ("\nX-Injected: yes\'
  local shape='"a) \"b\nX-Injected: yes\" (c\\"@'
  try 192.0.2.10 "$helo" "${shape}pass.test"
  check "a hostile sender and HELO name: accepted" accepted
  check "a hostile sender and HELO name: one header" one_header 'pass '
  check "a hostile sender and HELO name: nothing injected" not header_injected
  try 192.0.2.66 "$helo" "${shape}fail.test"
  check "a hostile sender and HELO name: 550" refused '^550 '
  check "a hostile sender: nothing injected into the reply" not grep -Eq '^<.{1,3} *X-Injected' <<<"$dialogue"

  empty_mailbox
  dialogue=$(printf '%s\r\n' "EHLO localhost" "MAIL FROM:<alice@fail.test>" "RCPT TO:<bob@lab.test>" DATA "Subject: local" "" hello . QUIT |
    inside exim exim4 -bs 2>&1)
  check "local submission by exim -bs is not refused" wait_until arrived
  empty_mailbox
  printf '%s\n' "To: bob@lab.test" "Subject: local" "" "hello" | inside exim sendmail -f alice@fail.test -t
  check "local submission by sendmail -t is not refused" wait_until arrived

  stop spfd
  try $good alice@pass.test
  check "spfd stopped: the ACL's own fall-back, 451" refused "$1"
  run_spfd
  try $good alice@pass.test
  check "spfd started again: accepted" accepted
  stop spfd KILL
  try $good alice@pass.test
  check "spfd killed: the ACL's own fall-back, 451" refused "$1"
  run_spfd
  try $bad alice@fail.test
  check "spfd started again over the stale socket: 550" refused '^550 '
}
header_injected() { header | grep -qi '^X-Injected'; }

# ---- the checks ----------------------------------------------------------------------------------------------------------

start_dns
run_spfd

suite=readsocket
start_exim acl-readsocket.conf "  require acl = check_spf"
common_checks '^451 4\.4\.3 SPF cannot be checked now$'
# shellcheck disable=SC2086
readsocket_checks() {
  try $good alice@pass.test
  check "the header stands above Received" both accepted on_top
  check "the header is the one of RFC 7208 §9.1" one_header \
    'pass \(.*\) (.*; )?client-ip=192\.0\.2\.10; (.*; )?envelope-from="alice@pass\.test"; (.*; )?helo=mail\.pass\.test'
  try $bad alice@exp.test
  check "fail: the code of RFC 7372" refused '^550 5\.7\.23 '
  try $bad alice@temp.test
  check "temperror: the code of RFC 7208 §8.6" refused '^451 4\.4\.3 .*temp\.test'
  try 192.0.2.10 mail.pass.test '<>'
  check "null sender: the header says identity=helo" both accepted one_header '.*identity=helo'
}
readsocket_checks
check "Exim has nothing to complain about" test ! -e "$LAB/run/lab/exim/paniclog"
stop exim

suite=2004
start_exim acl-2004.conf "  deny !acl = spf_rcpt_acl
  defer condition = \${if eq{\$acl_m8}{temperror}}
        message = SPF cannot be checked now" "  deny senders = :
       !acl = spf_from_acl"
common_checks '^451 Cannot connect to spfd$'
check "Exim has nothing to complain about" test ! -e "$LAB/run/lab/exim/paniclog"
stop exim

finish
