#!/bin/bash
# A real Exim, a real spfd, real DNS: the ACLs of etc/exim, as they are shipped, do what the README there says.
# shellcheck disable=SC2317,SC2016  # most functions are called by check; what looks like a variable is one of Exim
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
lab "exim tools"

# ---- the lab -------------------------------------------------------------------------------------------------------------

etc=$LAB/exim/etc/exim4
mail=$LAB/run/lab/mail # a maildir
paniclog=$LAB/run/lab/exim/paniclog
mkdir -p "$LAB/run/lab/exim/spool" "$mail"
inside exim chown -R Debian-exim: /run/lab/exim /run/lab/mail

start_exim() {
  start exim exim exim4 -bdf
  ready exim listening 127.0.0.1 25
}
# configure ACL-FILE RCPT-LINES [DATA-LINES]: the lab's configuration with that.
configure() {
  cp "$here/exim.conf" "$etc/exim4.conf"
  cp "$1" "$etc/spf.acl"
  echo "$2" >"$etc/rcpt.acl"
  echo "${3:-}" >"$etc/data.acl"
}
# The second socket is where the ACL of 2004 looks.
run_spfd() { start_spfd --listen=unix:/tmp/spfd,mode=0666 --hostname=mx.lab.test; }

# try CLIENT HELO SENDER [SWAKS-OPTION...]: one message to an empty mailbox.
try() {
  empty_mailbox
  send "$1" "$2" "$3" bob@lab.test "${@:4}"
}
good() { try 192.0.2.10 mail.pass.test "$@"; } # from a client that pass.test permits
bad() { try 192.0.2.66 evil.test "$@"; }
# smtp LINE...: typed into Exim's standard input; smtp_options are options of Exim.
smtp() {
  empty_mailbox
  dialogue=$(printf '%s\r\n' "$@" QUIT | inside exim exim4 -bs "${smtp_options[@]}" 2>&1)
}

empty_mailbox() { rm -f "$mail"/new/*; }
messages() { (($(find "$mail/new" -type f 2>/dev/null | wc -l) == $1)); }
headers() { for file in "$mail"/new/*; do sed '/^\r\{0,1\}$/,$d' "$file"; done; }

accepted() { answers 'lines sent' '^250 ' && wait_until messages 1; }
refused() { answers 'RCPT TO' "$1"; } # refused REGEX
said() { [[ $(grep -c "$2" <<<"$dialogue") == "$1" ]]; }
# header COUNT REGEX: so many Received-SPF fields begin like this, and there are no others.
header() { [[ $(headers | grep -ci '^Received-SPF:') == "$1" && $(headers | grep -cE "^Received-SPF: ($2)") == "$1" ]]; }
# above A B: the first field named A stands above the first named B.
above() { (($(headers | grep -nim1 "^$1:" | cut -d: -f1) < $(headers | grep -nim1 "^$2:" | cut -d: -f1))); }
injected() { headers | grep -qi '^X-Injected'; }
asked_once_about() { [[ $(grep -c "sender=\"\{0,1\}$1" "$LAB/log/spfd") == 1 ]]; }

# ---- what holds whichever ACL asks ---------------------------------------------------------------------------------------

# common_checks REGEX: of the reply when spfd does not answer.
common_checks() {
  good alice@pass.test
  check "pass: accepted" accepted
  check "pass: exactly one Received-SPF, naming the sender" header 1 'pass \(.*alice@pass\.test'
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
    '^550 .*See http://exp\.test/why\?s=alice%40exp\.test&i=192\.0\.2\.66&h=evil\.test$'
  bad alice@fail.test
  check "fail without an explanation: 550 with the default one" refused '^550 .*fail\.test does not allow 192\.0\.2\.66'
  bad alice@quote.test
  check 'an explanation with " and % arrives whole' refused "^550 .*we said 'no' to 100% of it \\(really\\)\$"
  bad alice@hostile.test
  check "an explanation can neither choose the reply code nor end its line" refused \
    '^550 .*250 2\.0\.0 fine.nX-Injected: yes.r.n250 fine.$'

  local result
  for result in none softfail neutral permerror; do
    bad alice@$result.test
    check "$result: accepted" accepted
    check "$result: one header" header 1 "$result "
  done
  bad alice@temperror.test
  check "temperror: 451" refused '^451 '

  good '<>'
  check "null sender, HELO pass: accepted" accepted
  check "null sender, HELO pass: one header, naming the HELO name" header 1 'pass \(.*mail\.pass\.test'
  try 192.0.2.66 forged.test '<>'
  check "null sender, HELO fail: 550" refused '^550 .*forged\.test'

  # What ends a word, a comment, a value or a line somewhere: in a header, in the answer, in ${extract}.
  # shellcheck disable=SC1003
  local helo='mail) X-Injected: yes; ("\nX-Injected: yes\' local_part='"a) \"b\nX-Injected: yes\" (c\\"'
  try 192.0.2.10 "$helo" "$local_part@pass.test"
  check "a hostile sender and HELO name, pass: accepted" accepted
  check "a hostile sender and HELO name, pass: one header, nothing injected" both 'header 1 pass' 'not injected'
  try 192.0.2.66 "$helo" "$local_part@softfail.test"
  check "a hostile sender and HELO name, softfail: accepted" accepted
  check "a hostile sender and HELO name, softfail: one header, nothing injected" both 'header 1 softfail' 'not injected'
  try 192.0.2.66 "$helo" "$local_part@fail.test"
  check "a hostile sender and HELO name, fail: 550" refused '^550 '

  smtp_options=(-oMa 192.0.2.10)
  smtp "EHLO mail.pass.test" "MAIL FROM:<alice@pass.test>" "RCPT TO:<bob@lab.test>" DATA "Subject: one" "" hello . \
    "MAIL FROM:<alice@fail.test>" "RCPT TO:<bob@lab.test>" RSET \
    "MAIL FROM:<alice@pass.test>" "RCPT TO:<bob@lab.test>" DATA "Subject: two" "" hello .
  check "several messages on a connection: each has its own result" both 'said 2 ^250.OK.id=' 'said 1 ^550[^-]'
  check "several messages on a connection: each has one header" both 'wait_until messages 2' 'header 2 pass'

  smtp_options=()
  smtp "EHLO localhost" "MAIL FROM:<alice@fail.test>" "RCPT TO:<bob@lab.test>" DATA "Subject: local" "" hello .
  check "local submission by exim -bs is not refused" both 'said 1 ^250.OK.id=' 'wait_until messages 1'
  empty_mailbox
  printf '%s\n' "To: bob@lab.test" "Subject: local" "" "hello" | inside exim sendmail -f alice@fail.test -t
  check "local submission by sendmail -t is not refused" wait_until messages 1

  stop spfd
  good alice@pass.test
  check "spfd stopped: the ACL's own fall-back, 451" refused "$1"
  run_spfd
  good alice@pass.test
  check "spfd started again: accepted" accepted
  stop spfd KILL
  good alice@pass.test
  check "spfd killed: the ACL's own fall-back, 451" refused "$1"
  run_spfd
  bad alice@fail.test
  check "spfd started again, over its old socket: 550" refused '^550 '
}

# ---- each ACL ------------------------------------------------------------------------------------------------------------

start_dns
run_spfd

suite=readsocket
acl=$source/etc/exim/acl-readsocket.conf
configure "$acl" "  require acl = check_spf"
start_exim
common_checks '^451 4\.4\.3 SPF cannot be checked now$'
good once@pass.test --to bob@lab.test,carol@lab.test
check "two recipients: one question" both accepted 'asked_once_about once@pass.test'
check "the header stands above Received" above Received-SPF Received
check "the header has the form of RFC 7208 §9.1" header 1 \
  'pass \([^()]*\) client-ip=192\.0\.2\.10; envelope-from="once@pass\.test"; helo=mail\.pass\.test; identity=mailfrom; '
good '<>'
check "null sender: the header says whose identity it was" both accepted 'header 1 .*identity=helo'
bad alice@fail.test
check "fail: the code of RFC 7372" refused '^550 5\.7\.23 '
bad alice@temperror.test
check "temperror: the code of RFC 7208 §8.6, and the domain" refused '^451 4\.4\.3 .*temperror\.test'
stop exim

suite="readsocket, unchecked when spfd is absent"
sed 's/{result=temperror\\naction=defer/{result=none\\naction=accept/' "$acl" >"$LAB/tmp/unchecked"
configure "$LAB/tmp/unchecked" "  require acl = check_spf"
start_exim
stop spfd
bad alice@fail.test
check "accepted, and the header says so" both accepted 'header 1 none$'
run_spfd
bad alice@fail.test
check "with spfd: 550" refused '^550 5\.7\.23 '
stop exim

suite="readsocket, rules of spfd"
stop spfd
start_spfd --listen=unix:/tmp/spfd,mode=0666 --hostname=mx.lab.test --on-softfail=reject --on-fail=defer --on-temperror=tag
configure "$acl" "  require acl = check_spf"
start_exim
bad alice@softfail.test
check "softfail, to be rejected: 550" refused '^550 '
bad alice@fail.test
check "fail, to be deferred: 451" refused '^451 '
bad alice@temperror.test
check "temperror, to be accepted: with its header" both accepted 'header 1 temperror'
stop spfd
start_spfd --listen=unix:/tmp/spfd,mode=0666 --hostname=mx.lab.test --dry-run
bad alice@fail.test
check "fail in a dry run: accepted, and the header says so" both accepted 'header 1 fail'
stop exim
stop spfd
run_spfd

suite="readsocket, only watching"
sed -E 's/^  (deny |defer)/  warn /; s/^( +)message  /\1log_message/' "$acl" >"$LAB/tmp/watching"
configure "$LAB/tmp/watching" "  require acl = check_spf"
start_exim
bad alice@fail.test
check "fail: accepted, and the header says so" both accepted 'header 1 fail'
check "fail: Exim's log says so" grep -q 'Warning: 550 5.7.23 fail.test does not allow' "$LAB/run/lab/exim/mainlog"
stop exim

suite="readsocket, as README.md has it"
: >"$LAB/tmp/empty"
configure "$LAB/tmp/empty" "$(sed -n '/^## Exim in ten lines/,/^## Ask/ { /^```/,/^```/ { /^```/!p } }' "$source/README.md")"
start_exim
good alice@pass.test
check "pass: accepted, with a header" both accepted 'header 1 pass'
check "the header stands above Received" above Received-SPF Received
bad alice@exp.test
check "fail: 550 5.7.23" refused '^550 5\.7\.23 .*See http://exp\.test/'
bad alice@temperror.test
check "temperror: 451 4.4.3" refused '^451 4\.4\.3 .*temperror\.test'
stop exim

suite=2004
configure "$source/etc/exim/acl-2004.conf" "  deny !acl = spf_rcpt_acl
  defer condition = \${if eq{\$acl_m8}{temperror}}
        message = SPF cannot be checked now"
start_exim
common_checks '^451 Cannot connect to spfd$'
stop exim
echo "  deny senders = :
       !acl = spf_from_acl" >"$etc/data.acl"
start_exim
good '<>' --header 'From: Alice <alice@pass.test>'
check "a bounce whose author passes: accepted" accepted
good '<>' --header 'From: Alice <alice@fail.test>'
check "a bounce whose author fails: 550" answers 'lines sent' '^550 .*fail\.test'
stop exim

check "no entry in Exim's panic log" test ! -e "$paniclog"

# ---- the configuration that Debian ships, set up by the README -----------------------------------------------------------

suite=Debian
rm "$etc/exim4.conf"
inside exim useradd --create-home bob
mail=$LAB/exim/home/bob/Maildir
sed -i "s/^dc_eximconfig_configtype=.*/dc_eximconfig_configtype='internet'/; s/^dc_other_hostnames=.*/dc_other_hostnames='lab.test'/;
  s/^dc_use_split_config=.*/dc_use_split_config='true'/; s/^dc_localdelivery=.*/dc_localdelivery='maildir_home'/" \
  "$etc/update-exim4.conf.conf"
cp "$acl" "$etc/conf.d/acl/20_spfd"
echo '  require acl = check_spf' >"$etc/rcpt_spfd"
echo 'CHECK_RCPT_LOCAL_ACL_FILE = /etc/exim4/rcpt_spfd' >>"$etc/conf.d/main/000_localmacros"
mkdir "$LAB/run/exim4"
inside exim chown Debian-exim: /run/exim4
inside exim update-exim4.conf
start_exim
good alice@pass.test
check "pass: accepted, with a header" both accepted 'header 1 pass'
check "the header stands above Received" above Received-SPF Received
bad alice@exp.test
check "fail: 550 5.7.23" refused '^550 5\.7\.23 .*See http://exp\.test/'
smtp "EHLO localhost" "MAIL FROM:<alice@fail.test>" "RCPT TO:<bob@lab.test>" DATA "Subject: local" "" hello .
check "local submission is not refused" both 'said 1 ^250.OK.id=' 'wait_until messages 1'
stop exim
rm "$etc/rcpt_spfd" "$etc/conf.d/main/000_localmacros"
inside exim update-exim4.conf
start_exim
stop spfd
bad alice@fail.test
check "backed out: nothing asks spfd any more" both accepted 'header 0 .*'
stop exim

finish
