#!/bin/bash
# The alert rules, the dashboard and the metrics in the real Prometheus and its node exporter: promtool's checks, each alert where it
# must fire and where it must not, a scrape of spfweb by the lines of spfd-operations(7), each query of the dashboard, and the
# textfile collector.
set -u
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. t/checks.bash
BUILD=$(readlink -f "${BUILD:-build}")
lab=$(mktemp -d)
pids=()
end() {
  kill "${pids[@]}" 2>/dev/null
  wait
  rm -rf "$lab"
}
trap end EXIT

# ports N: prints N free ports of the loopback address.
ports() {
  perl -MIO::Socket::INET -e 'my @all = map { IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) } 1 .. $ARGV[0];
    print map { $_->sockport . "\n" } @all' "$1"
}
{ read -r metrics_port && read -r prometheus_port && read -r exporter_port; } < <(ports 3)

# ---- rules ---------------------------------------------------------------------------------------------------------------
rules=$PWD/etc/prometheus/spfd.rules.yml
check 'promtool accepts the rules' promtool check rules "$rules" >"$lab/rules"
sed "s,RULES,$rules," t/prometheus/rules_test.yml >"$lab/rules_test.yml"
promtool test rules "$lab/rules_test.yml" >"$lab/alerts" 2>&1
check 'each alert fires where it must, and only there' grep -q SUCCESS "$lab/alerts" || cat "$lab/alerts"
check 'each alert has a test' diff <(sed -n 's/.*- alert: //p' "$rules" | sort) \
  <(sed -nE 's/.*alertname: (\w+).*/\1/p' t/prometheus/rules_test.yml | sort -u)

# ---- programs ------------------------------------------------------------------------------------------------------------
printf 'pass.test TXT "v=spf1 ip4:192.0.2.10 -all"\n' >"$lab/zone"
"$BUILD/bin/spfd" --config /dev/null --listen "unix:$lab/spfd.sock" --control "unix:$lab/control.sock" --zone "$lab/zone" \
  --hostname mx.example.org 2>"$lab/spfd.log" &
pids+=($!)
"$BUILD/bin/spfweb" --config /dev/null --listen "unix:$lab/web.sock" --spfd "unix:$lab/spfd.sock" --control "unix:$lab/control.sock" \
  --metrics "inet:127.0.0.1:$metrics_port" 2>"$lab/spfweb.log" &
pids+=($!)
wait_until 100 test -S "$lab/control.sock" || give_up "no spfd: $(cat "$lab/spfd.log")"
wait_until 100 grep -q ready "$lab/spfweb.log" || give_up "no spfweb: $(cat "$lab/spfweb.log")"
"$BUILD/bin/spfquery" --server "$lab/spfd.sock" --ip 192.0.2.10 --sender a@pass.test --helo x.pass.test >"$lab/answer"

# ---- the formats ---------------------------------------------------------------------------------------------------------
mkdir "$lab/textfile"
"$BUILD/bin/spfctl" --socket "$lab/control.sock" --prometheus stats >"$lab/textfile/spfd.prom"
promtool check metrics <"$lab/textfile/spfd.prom" >"$lab/lint" 2>&1
check 'promtool has nothing to say about the metrics' test ! -s "$lab/lint" || cat "$lab/lint"

# ---- Prometheus ----------------------------------------------------------------------------------------------------------
{
  printf 'global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [%s]\n' "$rules"
  # The lines of the manual page.
  sed -n '/^scrape_configs:$/,/^\.Ed$/p' man/spfd-operations.7 | grep -v '^\.Ed' | sed "s/5981/$metrics_port/"
} >"$lab/prometheus.yml"
check 'promtool accepts the lines of the manual page' promtool check config "$lab/prometheus.yml" >"$lab/config" 2>&1 ||
  cat "$lab/config"
prometheus --config.file="$lab/prometheus.yml" --storage.tsdb.path="$lab/tsdb" \
  --web.listen-address="127.0.0.1:$prometheus_port" >"$lab/prometheus.log" 2>&1 &
pids+=($!)
# query EXPRESSION: prints the answer of Prometheus.
query() { curl -s --data-urlencode "query=$1" "http://127.0.0.1:$prometheus_port/api/v1/query"; }
# has_value EXPRESSION VALUE
has_value() { [[ $(query "$1" | jq -r '.data.result[0].value[1]') = "$2" ]]; }
check 'Prometheus scrapes spfweb' wait_until 300 has_value 'up{job="spfd"}' 1 || tail -5 "$lab/prometheus.log"
check 'the check has been counted' wait_until 50 has_value 'sum(spfd_checks_total{door="query",result="pass"})' 1
# evaluated: true if all rules have been evaluated without an error.
evaluated() {
  curl -s "http://127.0.0.1:$prometheus_port/api/v1/rules" |
    jq -e '[.data.groups[].rules[].health] | length > 8 and all(. == "ok")' >"$lab/health"
}
check 'Prometheus evaluates all rules' wait_until 100 evaluated
# has_result EXPRESSION: Prometheus accepts it, and it has a result. "NaN", as of a quotient of zeros, is one.
has_result() { query "$1" | jq -e '.status == "success" and (.data.result | length > 0)' >"$lab/result"; }
while IFS= read -r expression; do
  expression=${expression//\$instance/.*} expression=${expression//\$__rate_interval/5s}
  check "the dashboard's query has a result: $expression" wait_until 50 has_result "$expression" || query "$expression"
done < <(jq -r '.. | .expr? // empty' etc/grafana/spfd.json)
while read -r name; do
  check "Prometheus has $name" wait_until 20 has_value "count(count by (__name__) ($name))" 1
done < <(grep -oE '\<(spfd|process)_[a-z_]+' etc/grafana/spfd.json | grep -v ^spfd_process | sort -u)
kill "${pids[0]}"
check 'without spfd the target is down' wait_until 100 has_value 'up{job="spfd"}' 0

# ---- the textfile collector ----------------------------------------------------------------------------------------------
prometheus-node-exporter --collector.disable-defaults --collector.textfile --collector.textfile.directory="$lab/textfile" \
  --web.listen-address="127.0.0.1:$exporter_port" >"$lab/exporter.log" 2>&1 &
pids+=($!)
# exported: fetches the metrics of the node exporter.
exported() { curl -sf "http://127.0.0.1:$exporter_port/metrics" >"$lab/exported"; }
wait_until 100 exported || give_up "no node exporter: $(cat "$lab/exporter.log")"
check 'the node exporter has the metrics' grep -q '^spfd_process_open_fds ' "$lab/exported"
check 'the node exporter reports no error' test -z "$(grep level=error "$lab/exporter.log")"
check 'the file could be read' grep -q '^node_textfile_scrape_error 0' "$lab/exported"
finish
