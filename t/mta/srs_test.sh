#!/bin/bash
# Real forwarding: Exim, Postfix, Sendmail and qpsmtpd, set up in the way of etc/*/README.srs, forward mail for fwd.test. A real
# spfd rewrites the senders, and another MTA, which also receives the mail for the first sender's domain, checks them by SPF.
# shellcheck disable=SC2317  # check calls most functions
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
lab "exim postfix sendmail qpsmtpd tools"

forwarder=192.0.2.30
final=192.0.2.20
for address in $forwarder $final; do ip address add "$address/32" dev lo; done
postfix=$LAB/postfix/etc/postfix/main.cf
exim=$LAB/exim/etc/exim4
main_cf() { inside postfix postconf -e "$@"; }

# ---- the programs --------------------------------------------------------------------------------------------------------

make_secret() {
  inside postfix install -d -o nobody -g postfix -m 0750 /var/spool/postfix/spfd
  inside tools getent group postfix >/dev/null ||
    inside tools groupadd --non-unique --gid "$(inside postfix stat -c %g /var/spool/postfix/spfd)" postfix
  rm -f "$LAB/run/lab/srs.secret"
  inside tools /run/lab/bin/spfd --user=nobody --new-srs-secret=/run/lab/srs.secret
}
run_spfd() {
  start_spfd --hostname=mx.fwd.test --listen=unix:/var/spool/postfix/spfd/spfd.sock --srs=unix:/run/spfd/srs.sock,mode=0666 \
    --srs=unix:/var/spool/postfix/spfd/srs.sock,group=postfix --srs-secret-file=/run/lab/srs.secret --srs-domain=fwd.test "$@"
}

debian_postfix() {
  inside postfix cp /usr/share/postfix/main.cf.debian /etc/postfix/main.cf
  main_cf compatibility_level=3.6 maillog_file=/dev/stdout local_recipient_maps= alias_maps= mynetworks=127.0.0.0/8 \
    smtp_tls_security_level=none
  inside postfix postconf -M lab/unix="lab unix - n n - - pipe user=nobody argv=/run/lab/bin/deliver"
  inside postfix postconf -M gone/unix="gone unix - n n - - pipe user=nobody argv=/bin/sh -c 'exit 67'"
}
# run_postfix ADDRESS...
run_postfix() {
  main_cf inet_interfaces="${*}" smtp_bind_address="$1"
  start postfix postfix postfix start-fg
  ready postfix listening "$1" 25
}
stop_postfix() {
  wait_until settled || true
  inside postfix postfix stop
  wait "${pid_of[postfix]}" || true
}
postfix_forwards() { # [FILE]
  debian_postfix
  main_cf myhostname=mx.fwd.test mydestination= virtual_alias_domains=fwd.test \
    "virtual_alias_maps=inline:{list@fwd.test=bob@final.test, refused@fwd.test=nobody@final.test, late@fwd.test=late@final.test}"
  [[ -z ${1:-} ]] || cat "$1" >>"$postfix"
  run_postfix $forwarder
}
postfix_is_final() {
  debian_postfix
  main_cf myhostname=mx.final.test mydestination=final.test,pass.test local_transport=lab \
    "transport_maps=inline:{late@final.test=gone:}"
  local restrictions="reject_unauth_destination, check_recipient_access inline:{nobody@final.test=REJECT}"
  main_cf "smtpd_recipient_restrictions=$restrictions, check_policy_service unix:spfd/spfd.sock"
  run_postfix $final 192.0.2.10
}

run_exim() { # ADDRESS
  mkdir -p "$LAB/run/lab/exim/spool"
  inside exim chown -R Debian-exim: /run/lab/exim /run/lab/mail
  start exim exim exim4 -bdf
  ready exim listening "$1" 25
}
exim_forwards() { # ROUTERS TRANSPORT
  cp "$here/exim_forwarder.conf" "$exim/exim4.conf"
  cp "$1" "$exim/srs-routers.conf"
  # Routes start at the only address of this host.
  sed '/driver = smtp/a\  interface = 192.0.2.30' "$2" >"$exim/srs-transport.conf"
  run_exim $forwarder
}
exim_is_final() {
  sed -E "s/mx\.lab\.test/mx.final.test/; s/^(domainlist local_domains =).*/\1 final.test : pass.test/
    s/^(local_interfaces =).*/\1 <; $final ; 192.0.2.10/
    s/^local:/late:\n  driver = redirect\n  local_parts = late\n  data = :fail: gone\n  allow_fail\n\n\
out:\n  driver = dnslookup\n  domains = ! +local_domains\n  transport = smtp\n  no_more\n\nlocal:/
    s/^maildir:/smtp:\n  driver = smtp\n  interface = $final\n\nmaildir:/" "$here/exim.conf" >"$exim/exim4.conf"
  cp "$source/etc/exim/acl-readsocket.conf" "$exim/spf.acl"
  printf '  deny local_parts = nobody\n  require acl = check_spf\n' >"$exim/rcpt.acl"
  : >"$exim/data.acl"
  run_exim $final
}

# ---- mail ----------------------------------------------------------------------------------------------------------------

# Succeeds if no mail is in transit. (A message may be in the mailbox before its sender has the reply.)
settled() {
  [[ $(inside postfix postqueue -j 2>/dev/null) == "" && $(inside exim exim4 -bpc) == 0 ]] &&
    [[ -z $(find "$LAB/sendmail/var/spool/mqueue" -name 'qf*') ]]
}
# forward SENDER RECIPIENT: sends from a client that pass.test permits to the forwarder.
forward() {
  wait_until settled || true
  empty_mailbox
  : >"$LAB/log/spfd"
  send 192.0.2.10 mail.pass.test "$1" "$2" --server $forwarder "${@:3}"
}
taken() { answers 'lines sent' '^250 '; }
arrived() { wait_until messages 1; }
# holds REGEX: succeeds if the only message contains this.
holds() { grep -qE "$1" "$mail"/new/*; }
rewritten='SRS0=[A-Za-z0-9/+]{4}=[A-Z2-7]{2}=pass\.test=alice@fwd\.test'
# bounce REGEX: succeeds if a bounce with this text is in the mailbox.
bounce() { both taken arrived && holds "$1"; }

without_srs() {
  forward alice@pass.test list@fwd.test
  check "without SRS: refused by SPF, the sender gets a bounce" bounce '5\.7\.23.*192\.0\.2\.30|192\.0\.2\.30.*pass\.test'
  check "without SRS: the final host logs fail" grep -q 'result=fail .*sender=alice@pass.test' "$LAB/log/spfd"
}
with_srs() {
  forward alice@pass.test list@fwd.test
  check "with SRS: it arrives" both taken arrived
  check "with SRS: Received-SPF has pass for the rewritten sender" header 1 "pass \(.*$rewritten"
  forward alice@pass.test refused@fwd.test
  check "refused after the forwarder: the bounce arrives" bounce 'nobody@final\.test'
  forward alice@pass.test late@fwd.test
  check "bounced by the final host, later: the bounce arrives" bounce 'late@final\.test'
  check "it came from the final host through the forwarder" both from_final turned_back
  forward '<>' list@fwd.test
  check "a bounce itself is not rewritten" both taken arrived
  check "and is checked by its HELO name" header 1 'pass \(.*identity=helo'
  forward '"a b"@pass.test' list@fwd.test
  check "a quoted sender is rewritten" both taken arrived
  check "and passes" header 1 'pass \(.*SRS0=.{8}pass\.test=a b'
  forward '"a b"@pass.test' late@fwd.test
  check "the bounce to a quoted sender arrives" bounce 'late@final\.test'
  check "to himself" grep -q 'srs=reverse reply=ok .*answer=.*a b.*@pass\.test' "$LAB/log/spfd"
  send 192.0.2.66 evil.test '<>' SRS0=AAAA=22=pass.test=alice@fwd.test --server $forwarder
  check "a forged address is refused at RCPT" answers 'RCPT TO' '^550 '
  send 192.0.2.66 evil.test '<>' alice@pass.test --server $forwarder
  check "the forwarder relays for nobody" answers 'RCPT TO' '^(454|550|554) '
  empty_mailbox
}
from_final() { headers | grep -q "^Received: .*mx\.final\.test.*[[:blank:]]for [<\"]*SRS0="; }
# Succeeds if spfd has reversed the sender.
turned_back() { grep 'srs=reverse' "$LAB/log/spfd" | grep -q 'reply=ok .*answer=alice@pass\.test'; }
only_what_fails() {
  forward someone@nospf.test list@fwd.test
  check "--srs-outgoing: a sender without a record is rewritten" both taken arrived
  check "and passes" header 1 'pass \(.*SRS0='
  forward someone@open.test list@fwd.test
  check "--srs-outgoing: a sender that passes from the forwarder too arrives" both taken arrived
  check "unchanged" header 1 'pass \(.*domain of someone@open\.test'
}

# ---- the cases -----------------------------------------------------------------------------------------------------------

start_dns
make_mailbox
mkdir -p "$LAB/run/lab/bin"
install -D "$SPFD" "$LAB/run/lab/bin/spfd"
make_secret
run_spfd
: >"$LAB/tmp/empty"

postfix_is_final
suite="Exim forwards"
exim_forwards "$LAB/tmp/empty" "$LAB/tmp/empty"
without_srs
stop exim
exim_forwards "$source/etc/exim/srs-routers.conf" "$source/etc/exim/srs-transport.conf"
with_srs
stop spfd
run_spfd --srs-outgoing=$forwarder
only_what_fails
stop spfd
run_spfd --on-fail=tag
wait_until settled || true
empty_mailbox
send 192.0.2.66 evil.test alice@fail.test list@fwd.test --server $forwarder
check "a sender that has failed SPF, but was accepted, is not rewritten" both taken arrived
check "and fails at the final host" header 1 'fail \(.*domain of alice@fail\.test'
check "spfd's log states the reason" grep -q 'srs=forward reply=unchanged address=alice@fail.test .*the sender has failed SPF' "$LAB/log/spfd"
check "no entry in Exim's panic log" test ! -e "$LAB/run/lab/exim/paniclog"
stop spfd
# The message stays in the queue, because it would have no sender or an incomplete one at the final host.
deferred() { grep -q 'R=srs_forwarded T=srs_smtp defer' "$LAB/run/lab/exim/mainlog"; }
waiting() { [[ $(inside exim exim4 -bpc) == 1 ]]; }
for text in '' 'SRS0=half'; do
  answers_with "$text" /run/spfd/srs.sock
  send 192.0.2.10 mail.pass.test '<>' SRS0=AAAA=22=pass.test=alice@fwd.test --server $forwarder
  check "REVERSE, an incomplete answer, '$text': 451" answers 'RCPT TO' '^451 '
  : >"$LAB/run/lab/exim/mainlog"
  send 192.0.2.10 mail.pass.test alice@pass.test list@fwd.test --server $forwarder
  check "FORWARD, an incomplete answer, '$text': deferred" both taken 'wait_until deferred'
  check "it waits in the queue" waiting
  stop odd
  inside tools rm -f /run/spfd/srs.sock
  send 192.0.2.10 mail.pass.test alice@pass.test list@fwd.test --server $forwarder
  check "nothing listens: 451" answers 'RCPT TO' '^451 '
  inside exim exim4 -Mrm "$(inside exim exim4 -bpr | awk '/</ { print $3 }')" >/dev/null
done
run_spfd
stop exim
stop_postfix
stop spfd

suite="Postfix forwards"
run_spfd
exim_is_final
postfix_forwards
without_srs
stop_postfix
postfix_forwards "$source/etc/postfix/main.cf.srs"
with_srs
stop spfd
run_spfd --srs-outgoing=$forwarder
only_what_fails
stop_postfix

suite="Sendmail forwards"
stop spfd
run_spfd
sendmail_forwards() { # FILE
  local mail=$LAB/sendmail/etc/mail
  sed -E "s/mx\.lab\.test/mx.fwd.test/; s/Addr=127.0.0.1, Port=25/Addr=$forwarder, Port=25/; /MTA-v6|spfd\.mc/d
    s/^Cwlab\.test/Cwfwd.test/; /^MAILER\(.local/i\define(\`confDONT_PROBE_INTERFACES', \`True')dnl\nCLIENT_OPTIONS(\`Family=inet, Addr=$forwarder')dnl" "$here/sendmail.mc" >"$mail/sendmail.mc"
  sed 's/srs\.example\.org/fwd.test/' "$1" >>"$mail/sendmail.mc"
  printf '%s\n' 'list: bob@final.test' 'refused: nobody@final.test' 'late: late@final.test' >"$mail/aliases"
  inside sendmail sh -c 'm4 /etc/mail/sendmail.mc >/etc/mail/sendmail.cf && newaliases' >"$LAB/log/m4" 2>&1
  mkdir -p "$LAB/run/sendmail/mta"
  start sendmail sendmail sendmail -bD -q1s -X /dev/null
  ready sendmail listening $forwarder 25
}
sendmail_forwards "$LAB/tmp/empty"
without_srs
stop sendmail
sendmail_forwards "$source/etc/sendmail/srs.mc"
with_srs
stop spfd
run_spfd --srs-outgoing=$forwarder
only_what_fails
stop sendmail

suite="qpsmtpd sends on"
stop spfd
run_spfd
qpsmtpd_forwards() { # PLUGIN-LINE...
  local config=$LAB/qpsmtpd/etc/qpsmtpd
  install -D -m 644 -t "$LAB/qpsmtpd/usr/local/share/qpsmtpd/plugins" "$source/etc/qpsmtpd/srs" "$source/etc/qpsmtpd/spfd"
  sed -i 's/^# \(.usr.local\)/\1/' "$config/plugin_dirs"
  printf '%s\n' fwd.test final.test >"$config/rcpthosts"
  echo mx.fwd.test >"$config/me"
  echo 'logging/warn LOGINFO' >"$config/logging"
  printf '%s\n' "$@" rcpt_ok "queue/smtp-forward $final" >"$config/plugins"
  start qpsmtpd qpsmtpd env QPSMTPD_CONFIG=/etc/qpsmtpd qpsmtpd-forkserver --listen-address $forwarder --port 25 --user qpsmtpd
  ready qpsmtpd listening $forwarder 25
}
# qpsmtpd has no option for its sending address.
ip route replace local $final/32 dev lo table local src $forwarder
qpsmtpd_forwards
forward alice@pass.test bob@final.test
check "without SRS: it does not get through" both 'not taken' 'messages 0'
check "without SRS: the final host logs fail" grep -q 'result=fail .*sender=alice@pass.test' "$LAB/log/spfd"
stop qpsmtpd
qpsmtpd_forwards 'srs domain fwd.test forward on'
forward alice@pass.test bob@final.test
check "with SRS: it arrives" both taken arrived
check "with SRS: Received-SPF has pass for the rewritten sender" header 1 "pass \(.*$rewritten"
home=$(headers | grep -oE "$rewritten" | head -n 1)
forward '<>' "$home"
check "a bounce arrives" both taken arrived
check "its recipient was reversed" turned_back
send 192.0.2.66 evil.test '<>' "${home/=pass.test/=fail.test}" --server $forwarder
check "a forged address is refused at RCPT" answers 'RCPT TO' '^550 .*hash is wrong'
send 192.0.2.66 evil.test '<>' alice@pass.test --server $forwarder
check "qpsmtpd relays for nobody" answers 'RCPT TO' '^550 '
stop spfd
forward '<>' "$home"
check "spfd stopped: deferred" answers 'RCPT TO' '^450 '
stop qpsmtpd
run_spfd --on-fail=tag
qpsmtpd_forwards spfd 'srs domain fwd.test forward on'
wait_until settled || true
empty_mailbox
send 192.0.2.66 evil.test alice@fail.test bob@final.test --server $forwarder
check "a sender that has failed SPF, but was accepted, is not rewritten" both taken arrived
check "and fails at the final host" header 2 'fail \(.*domain of alice@fail\.test'
check "spfd's log states the reason" grep -q 'srs=forward reply=unchanged address=alice@fail.test .*the sender has failed SPF' "$LAB/log/spfd"
send 192.0.2.66 evil.test alice@softfail.test bob@final.test --server $forwarder
check "one with softfail is rewritten" grep -q 'srs=forward reply=ok address=alice@softfail.test' "$LAB/log/spfd"
stop qpsmtpd
stop spfd
# A full socket accepts no connection.
hangs qpsmtpd /run/lab/full.sock
qpsmtpd_forwards 'srs domain fwd.test socket /run/lab/full.sock timeout 1 forward on'
send 192.0.2.10 mail.pass.test '<>' "$home" --server $forwarder
check "connect() hangs: deferred at RCPT" answers 'RCPT TO' '^450 '
send 192.0.2.10 mail.pass.test alice@pass.test bob@final.test --server $forwarder
check "connect() hangs: deferred after the message" answers 'lines sent' '^45[0-9] '
stop qpsmtpd
stop hangs
run_spfd
stop exim
finish
