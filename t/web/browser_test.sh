#!/bin/bash
# The whole way of a refusal, with real programs: Exim refuses a forgery, Chromium opens the link of its reply through nginx, the
# zone in nsd is changed as the page says, and the page and Exim agree that it passes. The same with a record of the wizard. Then
# all pages in Chromium (browser.py). Pictures are left in build/web.
# AXE: the file axe.min.js of axe-core; default: npm fetches it.
# shellcheck disable=SC2317  # check calls most functions
# shellcheck source-path=SCRIPTDIR source=../mta/lib.sh
. "$(dirname "$(readlink -f "$0")")/../mta/lib.sh"
pictures=$BUILD/web

# Sets AXE to the file of axe-core, which is not part of this source; empty: it is not available.
find_axe() {
  [[ -z ${AXE:-} ]] || return 0
  AXE=$BUILD/axe/package/axe.min.js
  [[ ! -e $AXE ]] || return 0
  mkdir -p "$BUILD/axe"
  (cd "$BUILD/axe" && npm pack --silent axe-core@4 && tar -xzf axe-core-4*.tgz package/axe.min.js) >"$BUILD/axe/log" 2>&1 || AXE=
}
if [[ -z ${LAB:-} ]]; then
  mkdir -p "$pictures"
  find_axe
  export AXE
fi
lab "exim tools"

# ---- the lab -------------------------------------------------------------------------------------------------------------

etc=$LAB/exim/etc/exim4
run=$LAB/run/lab
mkdir -p "$run/exim/spool"
make_mailbox
inside exim chown -R Debian-exim: /run/lab/exim /run/lab/mail
start_dns
# Records of one second, since the test changes them.
cat >"$LAB/tmp/zone" <<'END'
$TTL 1
$ORIGIN test.
web             TXT  "v=spf1 ip4:198.18.0.64/31 -all"
tree            TXT  "v=spf1 include:pass.test a:mail.pass.test include:open.test mx:lab.test ~all"
mail.wiz        A    192.0.2.10
END
cat "$LAB/tmp/zone" >>"$LAB/run/nsd/root.zone"
# publish LINE...: replaces the TXT records of those names in the zone by these lines.
serial=1
publish() {
  local line name
  for line in "$@"; do
    name=${line%%[. ]*}
    sed -i "/^${name}[. ].*TXT/d" "$LAB/run/nsd/root.zone"
  done
  printf '%s\n' "\$TTL 1" "$@" >>"$LAB/run/nsd/root.zone"
  serial=$((serial + 1))
  sed -i -E "s/(hostmaster\.test\.) [0-9]+ /\1 $serial /" "$LAB/run/nsd/root.zone"
  kill -HUP "${pid_of[nsd]}"
}
publish

for program in spfd spfweb; do install -D "$BUILD/bin/$program" "$run/bin/$program"; done
inside tools /run/lab/bin/spfd --new-key /run/lab/why.key
inside tools chown nobody /run/lab/why.key
more_conf='why-url = "https://mx.lab.test/spf/why/{token}"
why-key-file = "/run/lab/why.key"
allow-explain = true
on-permerror = "reject"'
start_spfd --hostname=mx.lab.test
start spfweb tools /run/lab/bin/spfweb --user=nobody --prefix=/spf --hostname=mx.lab.test --key-file=/run/lab/why.key
ready spfweb listening 127.0.0.1 5980

mkdir "$run/nginx"
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=mx.lab.test -days 2 -keyout "$run/nginx/key" \
  -out "$run/nginx/cert" 2>/dev/null
cp "$source/etc/nginx/spfweb.conf" "$run/nginx/sample.conf"
cat >"$run/nginx/conf" <<'END'
daemon off;
pid /run/lab/nginx/pid;
error_log /run/lab/nginx/error.log;
events {}
http {
  server {
    listen 443 ssl;
    server_name mx.lab.test;
    ssl_certificate /run/lab/nginx/cert;
    ssl_certificate_key /run/lab/nginx/key;
    include /run/lab/nginx/sample.conf;
  }
}
END
start nginx tools nginx -c /run/lab/nginx/conf
ready nginx listening 127.0.0.1 443

cp "$source/t/mta/exim.conf" "$etc/exim4.conf"
cp "$source/etc/exim/acl-readsocket.conf" "$etc/spf.acl"
echo "  require acl = check_spf" >"$etc/rcpt.acl"
: >"$etc/data.acl"
start exim exim exim4 -bdf
ready exim listening 127.0.0.1 25

browser() {
  /usr/bin/python3 "$source/t/web/browser.py" "$@" 2>"$LAB/log/browser" || echo "COMPLAINT $(tail -n 15 "$LAB/log/browser")"
}
has() { grep -qF -- "$1" <<<"$page"; }
silent() { not has COMPLAINT || { echo "$page" && false; }; }
refused() { answers "RCPT TO" "$1"; }
spf_result() { "$BUILD/bin/spfquery" --server "$LAB/run/spfd/spfd.sock" --ip "$1" --sender "$2" --helo x.test | head -n 1; }
result_is() { [[ $(spf_result "$1" "$2") == "$3" ]]; }
# open_link: opens the link of the refusal; the text of the page is in $page.
open_link() {
  link=$(answer_to "RCPT TO" | grep -o 'https://mx\.lab\.test/spf/why/[A-Za-z0-9_-]*')
  page=$(browser text "$link" "$pictures/$1.png")
}

near() { try 198.18.0.66 evil.test "$@"; }

# ---- a forgery, and its page ----------------------------------------------------------------------------------------------

near alice@web.test
check "a forgery is refused with a link" refused '^550 5\.7\.23 .* Please see https://mx\.lab\.test/spf/why/[A-Za-z0-9_-]+$'
open_link refusal
token=${link##*/}
check "the page names the cause" has "The server 198.18.0.66 is not among those that web.test allows to send its mail."
check "its tree has the deciding term" has "-all ← this term decides"
check "the nearest miss" has "198.18.0.64/31"
check "the change" has 'web.test. IN TXT "v=spf1 ip4:198.18.0.64/31 ip4:198.18.0.66 -all"'
check "the present result" has "The result is still fail."
check "nothing of the sender's local part or the recipient" not has "bob@"
check "without messages of the console and foreign requests" silent

publish "$(grep -m1 '^web\.test\. IN TXT ' <<<"$page")"
check "the record is changed as the page says" wait_until result_is 198.18.0.66 alice@web.test pass
page=$(browser text "$link" "$pictures/repaired.png")
check "the page says that it would pass now" has "The record has changed since: the server would pass now."
check "without messages of the console and foreign requests, too" silent
near alice@web.test
check "and Exim accepts it" both accepted 'header 1 pass'

bad alice@permerror.test
check "an unusable record is refused with a link" refused '^550 5\.7\.24 .* Please see https://mx\.lab\.test/spf/why/'
open_link permerror
check "its page names the cause" has "The SPF record of permerror.test could not be used to check the server 192.0.2.66."
check "and blames nobody" not has forged
bad alice@exp.test
check "a domain's own explanation is followed by our link" refused \
  '^550 5\.7\.23 exp\.test explains: .* Our explanation: https://mx\.lab\.test/'
open_link theirs
check "the page quotes it as the domain's own" has "exp.test explains it in its own words, which are not ours:"

# ---- the wizard -------------------------------------------------------------------------------------------------------------

page=$(browser wizard https://mx.lab.test/spf/wizard wiz.test mail.wiz.test)
check "the wizard makes a record" has 'wiz.test. 300 IN TXT "v=spf1 a:mail.wiz.test -all"'
check "by keyboard, without messages of the console" silent
publish "$page"
check "it is published" wait_until result_is 192.0.2.10 alice@wiz.test pass
good alice@wiz.test
check "mail from the named server passes" both accepted 'header 1 pass'
bad alice@wiz.test
check "and a forgery does not" refused '^550 5\.7\.23 .*wiz\.test'

# ---- all pages --------------------------------------------------------------------------------------------------------------

# Lines of browser.py count as those of check().
while IFS= read -r line; do
  echo "$line"
  case $line in
    "ok "*) passed=$((passed + 1)) ;;
    "FAIL "* | COMPLAINT*) failed=$((failed + 1)) ;;
  esac
done < <(browser pages http://127.0.0.1:5980/spf "$token" "$pictures" )
finish
