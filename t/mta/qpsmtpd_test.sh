#!/bin/bash
# A real qpsmtpd, forkserver and prefork, asks a real spfd through the shipped plugin of etc/qpsmtpd.
# shellcheck disable=SC2317,SC2034  # check calls most functions; cases.sh uses the variables
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
# shellcheck source=cases.sh
. "$here/cases.sh"
lab "qpsmtpd tools"

config=$LAB/qpsmtpd/etc/qpsmtpd
run_spfd() { start_spfd --hostname=mx.lab.test "$@"; }
# configure LINE...: writes Debian's folder, with these plugins before rcpt_ok.
queue="queue/maildir /run/lab/mail"
configure() {
  printf '%s\n' "$@" rcpt_ok "$queue" >"$config/plugins"
}
# start_qpsmtpd FLAVOUR
start_qpsmtpd() {
  start qpsmtpd qpsmtpd env QPSMTPD_CONFIG=/etc/qpsmtpd "qpsmtpd-$1" --listen-address 127.0.0.1 --listen-address "[::1]" \
    --port 25 --user qpsmtpd
  ready qpsmtpd listening 127.0.0.1 25
}

make_mailbox
install -D -m 644 "$source/etc/qpsmtpd/spfd" "$LAB/qpsmtpd/usr/local/share/qpsmtpd/plugins/spfd"
sed -i 's/^# \(.usr.local\)/\1/' "$config/plugin_dirs"
echo lab.test >"$config/rcpthosts"
echo mx.lab.test >"$config/me"
echo 'logging/warn LOGINFO' >"$config/logging"
start_dns
run_spfd

# qpsmtpd accepts no blanks in a local part.
hostile_local_part=${hostile_local_part// /}
on_temperror='^450 .*temperror\.test.*\(#4\.7\.24\)'
on_absence='^450 SPF cannot be checked now'
for flavour in forkserver prefork; do
  suite="qpsmtpd-$flavour"
  configure spfd
  start_qpsmtpd $flavour
  common_cases
  [[ $flavour == prefork ]] || rule_cases
  stop qpsmtpd
done

# with LINE: starts qpsmtpd with that plugin line.
with() {
  suite="qpsmtpd, $*"
  configure "$*"
  start_qpsmtpd forkserver
}
with spfd socket 127.0.0.1:5970
stop spfd
run_spfd --listen=inet:127.0.0.1:5970
bad alice@fail.test
check "over TCP, fail: the code of RFC 7372" refused '^550 .*\(#5\.7\.23\)$'
bad alice@fail.test --to postmaster@lab.test
check "postmaster gets all mail" both accepted 'header 1 fail'
try 127.0.0.1 localhost alice@fail.test
check "mail from the host itself is not asked about" both accepted 'header 0 .*'
call 192.0.2.66 evil.test
say_message alice@softfail.test
say_message ''
say_message alice@softfail.test
hang_up
check "Authentication-Results: only for the message itself" both 'wait_until messages 3' \
  'results 3 mx\.lab\.test;.auth=none;.spf=[a-z]+.\([^=]*\).smtp\.(mailfrom=softfail\.test|helo=evil\.test)$'
stop spfd
run_spfd --listen=inet:127.0.0.1:5970 --check-helo=first
call 192.0.2.10 mail.pass.test
say_message alice@pass.test
wait_until messages 1
empty_mailbox
say_message alice@softfail.test
hang_up
check "Authentication-Results: no result of an earlier message with two results is left" both 'wait_until messages 1' \
  'results 1 mx\.lab\.test;.auth=none;.spf=softfail.\([^=]*\).smtp\.mailfrom=softfail\.test;.spf=pass.smtp\.helo=mail\.pass\.test$'
stop qpsmtpd

with spfd ask rcpt
stop spfd
more_conf=$'[recipient."lab.test"]\non-softfail = "reject"'
run_spfd
more_conf=
bad alice@softfail.test
check "a rule of the recipient's domain" refused '^550 .*\(#5\.7\.1\)$'
stop spfd
more_conf=$'[recipient."strict.test"]\non-softfail = "reject"\n[recipient."exempt.test"]\nexempt-clients = ["192.0.2.66"]'
run_spfd
more_conf=
printf '%s\n' lab.test strict.test exempt.test >"$config/rcpthosts"
bad alice@softfail.test --to bob@lab.test,bob@strict.test
check "a recipient refused after one that was accepted" answers 'RCPT TO:<bob@strict' '^550 .*\(#5\.7\.1\)$'
check "its answer is not in the header" header 1 'softfail \(.*alice@softfail\.test'
echo lab.test >"$config/rcpthosts"
stop qpsmtpd
stop spfd
run_spfd

echo 192.0.2.66 >"$config/relayclients"
suite="qpsmtpd, relay client"
configure relay spfd
start_qpsmtpd forkserver
bad alice@fail.test
check "its mail is not asked about" both accepted 'header 0 .*'
rm "$config/relayclients"
stop qpsmtpd

# In the way of etc/qmail/README; qmail-queue reads the message from descriptor 0 and the envelope from 1.
queue="queue/qmail-queue /run/lab/bin/qmail-queue"
printf '%s\n' '#!/bin/sh' '/run/lab/bin/deliver && tr "\0" "\n" <&1 >/run/lab/mail/envelope' >"$LAB/run/lab/bin/qmail-queue"
chmod 755 "$LAB/run/lab/bin/qmail-queue"
chmod 777 "$mail"
echo 1 >"$config/spfbehavior"
with spfd
good alice@pass.test
check "in front of qmail: accepted, and the header on top" both accepted 'in_its_place'
check "in front of qmail: the envelope" grep -qx Falice@pass.test "$mail/envelope"
bad alice@fail.test
check "a file spfbehavior sets the refused results" both accepted 'header 1 fail'
rm "$config/spfbehavior"
queue="queue/maildir /run/lab/mail"
stop qpsmtpd

with spfd timeout 1
kill -STOP "${pid_of[spfd]}"
bad alice@pass.test
check "spfd hangs: $on_absence" refused "$on_absence"
kill -CONT "${pid_of[spfd]}"
stop qpsmtpd

with spfd socket /run/lab/full.sock timeout 1
hangs qpsmtpd /run/lab/full.sock
bad alice@pass.test
check "connect() hangs: $on_absence" refused "$on_absence"
stop hangs
stop qpsmtpd

with spfd socket /run/lab/odd.sock
for text in '' 'result=pass\n' 'result=pass\naction=accept\n' 'action=accept\n\n' 'HTTP/1.1 400 Bad Request\n\n'; do
  answers_with "$text" /run/lab/odd.sock
  bad alice@pass.test
  check "an invalid answer, '$text': $on_absence" refused "$on_absence"
  stop odd
done
stop qpsmtpd

suite="qpsmtpd, what other plugins get"
# shellcheck disable=SC2016
printf '%s\n' 'sub hook_data_post { my ($self, $transaction) = @_;' \
  '  my $spf = $transaction->notes("dmarc_spf") || {};' \
  '  my $pass = $transaction->notes("spf_pass_host");' \
  '  $transaction->header->add("X-Notes", join(" ", map { defined $_ ? $_ : "none" } @$spf{"domain", "scope", "result"}, $pass));' \
  '  return Qpsmtpd::Constants::DECLINED(); }' >"$LAB/qpsmtpd/usr/local/share/qpsmtpd/plugins/show_notes"
configure spfd show_notes
start_qpsmtpd forkserver
notes() { field X-Notes 1 "$1"; }
good alice@pass.test
check "pass" both accepted 'notes pass.test.mfrom.pass.pass.test'
bad alice@softfail.test
check "softfail" both accepted 'notes softfail.test.mfrom.softfail.none'
good '<>'
check "null sender" both accepted 'notes mail.pass.test.helo.pass.mail.pass.test'
stop spfd
inside tools install -d -o nobody /run/lab/srs
rm -f "$LAB/run/lab/srs/secret"
inside tools /run/lab/bin/spfd --user=nobody --new-srs-secret=/run/lab/srs/secret
run_spfd --srs=unix:/run/spfd/srs.sock,mode=0666 --srs-secret-file=/run/lab/srs/secret --srs-domain=lab.test --srs-unwrap
# shellcheck disable=SC2016
ours=$(inside tools perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new("/run/spfd/srs.sock") or die $!;
  print $s "FORWARD alice\@pass.test lab.test\n"; $s->flush; print <$s>')
good "$ours"
check "srs-unwrap: the pass is that of the original sender's domain, not ours" both accepted 'notes pass.test.mfrom.pass.pass.test'
stop spfd
run_spfd
stop qpsmtpd

with spfd absent accept
unchecked_cases '0 .*'
call 192.0.2.10 mail.pass.test
say_message alice@pass.test
wait_until messages 1
stop spfd
empty_mailbox
say_message alice@pass.test
hang_up
check "Authentication-Results: unchecked mail does not have the result of the previous message" both 'wait_until messages 1' \
  'results 1 mx\.lab\.test;.auth=none$'
run_spfd
stop qpsmtpd

# level LEVEL RESULT=CODE...
level() {
  with spfd reject "$1"
  local pair
  for pair in "${@:2}"; do
    bad "alice@${pair%=*}.test"
    if [[ $pair == *=250 ]]; then
      check "${pair%=*}: accepted" both accepted "header 1 ${pair%=*}"
    else
      check "$pair" refused "^${pair#*=} "
    fi
  done
  stop qpsmtpd
}
level 1 fail=250 temperror=250
level 2 fail=450 softfail=250 temperror=450
level 3 fail=550 softfail=450 permerror=250 temperror=450
level 4 softfail=550 permerror=450 neutral=250
level 5 neutral=550 none=250
level 6 none=550 permerror=550 temperror=450
stop spfd
run_spfd --legacy-results
with spfd reject 4
bad alice@temperror.test
check "temperror, in the word of --legacy-results: 450" refused '^450 .*\(#4\.7\.24\)$'
bad alice@permerror.test
check "permerror, in the word of --legacy-results: 450" refused '^450 .*\(#4\.7\.24\)$'
stop qpsmtpd
with spfd reject 6
bad alice@permerror.test
check "permerror, in the word of --legacy-results: 550" refused '^550 .*\(#5\.7\.24\)$'
stop qpsmtpd
with spfd reject 2 socket /run/lab/odd.sock
answers_with 'result=word\n\n' /run/lab/odd.sock
bad alice@pass.test
check "an unknown result: 450" refused '^450 '
stop odd
stop qpsmtpd
stop spfd
run_spfd --dry-run --exempt-clients=2001:db8::66
with spfd reject 6
bad alice@fail.test
check "fail in a dry run of spfd: accepted" both accepted 'header 1 fail'
try 2001:db8::66 evil.test alice@fail.test
check "an exempt client: accepted" both accepted 'header 1 none'
finish
