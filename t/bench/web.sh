#!/bin/bash
# Measures the pages of spfweb: the CPU time of a page about a refusal with a warm cache, as a ratio to that of /healthz, which is
# the cost of HTTP alone; and the effect of 200 pages per second on the 99th percentile of mail. `make bench-web`; needs curl.
# BENCH_PAGES (2000): pages of each kind. Appends to $BUILD/bench/runs.jsonl under labels mail/alone and mail/with-pages.
# shellcheck source=lab.bash
. "$(dirname "$0")/lab.bash"
pages=${BENCH_PAGES:-2000}
logs=off
start_dns 0
"$build/bin/spfd" --new-key "$run/key"
url=https://mx.example.org/why/
start_spfd "$dns_port" --why-url "$url{token}" --why-key-file "$run/key" --allow-explain
start spfweb "$load_core" "$build/bin/spfweb" --listen "unix:$run/web" --spfd "unix:$run/spfd" --key-file "$run/key" \
  --hostname mx.example.org --nameserver "127.0.0.1:$dns_port"
web=$started
wait_for "$run/web"
warm_up --socket "$run/spfd" --keep --count 2000

# The link of a refusal of a domain whose checks are among the mail.
domain=
for number in $(seq 0 99); do
  domain=d$number.bench.example
  answer=$("$build/bin/spfquery" --server "$run/spfd" --ip 192.0.2.1 --sender "user@$domain" --helo mail.bench.example) || true
  token=$(grep -om1 "${url}[A-Za-z0-9_-]*" <<<"$answer") && break
done
token=${token#"$url"}
[[ -n $token ]] || { echo "failed: no refusal has a link" && exit 1; }

# Writes the requests for a path, each ten from a network of their own.
requests() { # PATH COUNT FIRST-NETWORK
  local i network
  for ((i = 0; i < $2; i++)); do
    network=$(($3 + i / 10))
    [[ $i = 0 ]] || echo next
    printf 'url = "http://h%s"\nunix-socket = "%s"\noutput = "/dev/null"\nfail\nheader = "X-Forwarded-For: 11.%s.%s.1"\n' "$1" \
      "$run/web" $((network / 250)) $((network % 250))
  done
}
microseconds_of() { # PID: of CPU
  awk -v ticks="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000000 / ticks) }' "/proc/$1/stat"
}
# measure PATH FIRST-NETWORK: sets $web_us and $spfd_us, per page.
measure() {
  local web_before spfd_before
  requests "$1" "$pages" "$2" >"$run/requests"
  web_before=$(microseconds_of "$web") spfd_before=$(microseconds_of "$spfd")
  curl -s -K "$run/requests"
  web_us=$((($(microseconds_of "$web") - web_before) / pages))
  spfd_us=$((($(microseconds_of "$spfd") - spfd_before) / pages))
}
requests "/why/$token" 100 50000 >"$run/requests"
curl -s -K "$run/requests"
page=$(curl -s --unix-socket "$run/web" -H 'X-Forwarded-For: 11.255.1.1' "http://h/why/$token")
grep -q 'class="decides"' <<<"$page" || { echo "failed: the page does not explain" && exit 1; }
measure /healthz 0
plain=$web_us
measure "/why/$token" 0
awk -v web="$web_us" -v spfd="$spfd_us" -v plain="$plain" -v domain="$domain" 'BEGIN {
  printf "a page about a refusal (%s): %d us of CPU in spfweb, %d us in spfd; %.1f times /healthz (%d us)\n", domain, web, spfd,
    (web + spfd) / (plain > 0 ? plain : 1), plain }'

# Mail at a steady rate, in turns without and with pages.
seconds=5 mail_rate=${BENCH_MAIL_RATE:-2000}
for round in $(seq "$rounds"); do
  load mail/alone --socket "$run/spfd" --clients 16 --count $((seconds * mail_rate)) --keep --rate "$mail_rate"
  requests "/why/$token" $((seconds * 220)) $((round * 1000)) >"$run/requests"
  curl -s --rate 200/s -K "$run/requests" &
  visitor=$!
  load mail/with-pages --socket "$run/spfd" --clients 16 --count $((seconds * mail_rate)) --keep --rate "$mail_rate"
  stop "$visitor"
done
awk -v alone="$(median_of mail/alone p99_us)" -v with="$(median_of mail/with-pages p99_us)" 'BEGIN {
  printf "the 99th percentile of mail: %d us alone, %d us beside 200 pages per second: %.2f times\n", alone, with, with / alone }'
