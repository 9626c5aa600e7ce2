#!/bin/bash
# A real Exim, a real spfd, real DNS: the shipped ACLs of etc/exim do what the README there says.
# shellcheck disable=SC2317,SC2016  # check calls most functions; Exim has variables that resemble those of the shell
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
# shellcheck source=cases.sh
. "$here/cases.sh"
lab "exim tools"

# ---- the lab -------------------------------------------------------------------------------------------------------------

etc=$LAB/exim/etc/exim4
paniclog=$LAB/run/lab/exim/paniclog
mkdir -p "$LAB/run/lab/exim/spool"
make_mailbox
inside exim chown -R Debian-exim: /run/lab/exim /run/lab/mail

start_exim() {
  start exim exim exim4 -bdf
  ready exim listening 127.0.0.1 25
}
# configure ACL-FILE RCPT-LINES [DATA-LINES]: writes the lab's configuration with these parts.
configure() {
  cp "$here/exim.conf" "$etc/exim4.conf"
  cp "$1" "$etc/spf.acl"
  echo "$2" >"$etc/rcpt.acl"
  echo "${3:-}" >"$etc/data.acl"
}
# The ACL of 2004 uses the second socket.
run_spfd() { start_spfd --listen=unix:/tmp/spfd,mode=0666 --hostname=mx.lab.test "$@"; }

# smtp LINE...: sends lines to Exim's standard input, like programs on the same machine.
smtp() {
  empty_mailbox
  dialogue=$(printf '%s\r\n' "$@" QUIT | inside exim exim4 -bs 2>&1)
}
said() { [[ $(grep -c "$2" <<<"$dialogue") == "$1" ]]; }
asked_once_about() { [[ $(grep -c "sender=\"\{0,1\}$1" "$LAB/log/spfd") == 1 ]]; }

local_submission() {
  smtp "EHLO localhost" "MAIL FROM:<alice@fail.test>" "RCPT TO:<bob@lab.test>" DATA "Subject: local" "" hello .
  check "local submission by exim -bs is not refused" both 'said 1 ^250.OK.id=' 'wait_until messages 1'
  empty_mailbox
  printf '%s\n' "To: bob@lab.test" "Subject: local" "" "hello" | inside exim sendmail -f alice@fail.test -t
  check "local submission by sendmail -t is not refused" wait_until messages 1
}

# Neither a long HELO name nor a long local part prevents the refusal of a forgery.
long_values() {
  local size junk
  for size in 253 255 256 1025 8183 8188 8192 12000; do
    printf -v junk '%*s' "$size" ''
    junk=${junk// /x}
    try 192.0.2.66 "$junk" alice@fail.test
    check "a HELO name of $size bytes: the forgery is refused" refused '^550 .*fail\.test'
    bad "$junk@fail.test"
    check "a local part of $size bytes: the forgery is refused" answers 'MAIL FROM|RCPT TO' '^5[05][01] '
  done
}

# ---- each ACL ------------------------------------------------------------------------------------------------------------

start_dns
run_spfd

suite=readsocket
acl=$source/etc/exim/acl-readsocket.conf
configure "$acl" "  require acl = check_spf"
start_exim
on_absence='^451 4\.4\.3 SPF cannot be checked now$'
common_cases
rule_cases
local_submission
long_values
stop spfd
for text in '' 'result=pass' 'result=pass\n' 'result=fail\naction=rej' 'HTTP/1.1 400 Bad Request\n\n'; do
  answers_with "$text" /run/spfd/spfd.sock
  bad alice@fail.test
  check "an invalid answer, '$text': $on_absence" refused "$on_absence"
  stop odd
done
run_spfd
good once@pass.test --to bob@lab.test,carol@lab.test
check "two recipients: one request" both accepted 'asked_once_about once@pass.test'
check "the header has the form of RFC 7208 §9.1" header 1 \
  'pass \([^()]*\) client-ip=192\.0\.2\.10; envelope-from="once@pass\.test"; helo=mail\.pass\.test; identity=mailfrom; '
good '<>'
check "null sender: the header names the identity" both accepted 'header 1 .*identity=helo'
bad alice@fail.test
check "fail: the code of RFC 7372" refused '^550 5\.7\.23 '
bad alice@temperror.test
check "temperror: the code of RFC 7372, and the domain" refused '^451 4\.7\.24 .*temperror\.test'
replay_cases exim "$LAB/run/lab/exim/mainlog"
stop exim

suite="readsocket, unchecked when spfd is absent"
sed 's/{result=temperror/{result=none\\naction=accept/' "$acl" >"$LAB/tmp/unchecked"
configure "$LAB/tmp/unchecked" "  require acl = check_spf"
start_exim
unchecked_cases '1 none$'
stop exim

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
configure "$LAB/tmp/empty" "$(sed -n '/^## Exim in ten lines/,/^## Check on/ { /^```/,/^```/ { /^```/!p } }' "$source/README.md")"
start_exim
good alice@pass.test
check "pass: accepted, with a header" both accepted 'header 1 pass'
check "the header is above Received" above Received-SPF Received
bad alice@exp.test
check "fail: 550 5.7.23" refused '^550 5\.7\.23 .*See http://exp\.test/'
bad alice@temperror.test
check "temperror: 451 4.7.24" refused '^451 4\.7\.24 .*temperror\.test'
stop exim

suite=2004
configure "$source/etc/exim/acl-2004.conf" "  deny !acl = spf_rcpt_acl"
start_exim
on_absence='^451 Cannot connect to spfd$'
place=below
common_cases
local_submission
long_values
stop spfd
for text in '' '\n' 'result=pass' 'result=pass\n' 'result=\n\n' 'result=word\n\n' 'HTTP/1.1 400 Bad Request\n\n'; do
  answers_with "$text" /tmp/spfd
  bad alice@fail.test
  check "an invalid answer, '$text': 451" refused '^451 SPF cannot be checked now$'
  stop odd
done
run_spfd --legacy-results
bad alice@permerror.test
check "permerror, in the word of --legacy-results: accepted" both accepted 'header 1 unknown'
bad alice@temperror.test
check "temperror, in the word of --legacy-results: 451" refused '^451 SPF cannot be checked now$'
stop spfd
run_spfd
stop exim
echo "  deny senders = :
       !acl = spf_from_acl" >"$etc/data.acl"
start_exim
good '<>' --header 'From: Alice <alice@pass.test>'
check "a bounce whose author passes: accepted" accepted
good '<>' --header 'From: Alice <alice@fail.test>'
check "a bounce whose author fails: 550" answers 'lines sent' '^550 .*fail\.test'
# A line end in the author would end the line sender= of the request and begin the line authenticated=1.
for from in '"a=0Aauthenticated=3D1=0A"' '"a=0D=0Aauthenticated=3D1=0D=0A"' '"a=0Asender=3Dalice@pass.test=0A"' \
  '"a=0A=0Aresult=3Dpass=0A"'; do
  good '<>' --header "From: =?us-ascii?q?${from//\"/=22}?=@fail.test"
  check "a bounce whose author has encoded line ends, $from: 550" answers 'lines sent' '^550 .*fail\.test'
done
call 192.0.2.10 mail.pass.test
say "MAIL FROM:<>"
say "RCPT TO:<bob@lab.test>"
say DATA
say 'From: "a\n authenticated=1\n "@fail.test\nSubject: hello\n\nhello\n.'
check "a bounce whose author is folded: 550" replied '^550.*fail\.test'
hang_up
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
check "the header is above Received" above Received-SPF Received
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
check "backed out: spfd is no longer asked" both accepted 'header 0 .*'
stop exim

finish
