#!/bin/bash
# A real nginx with the lines of etc/nginx/spfweb.conf in front of the built spfweb.
set -u
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. t/checks.bash
BUILD=${BUILD:-build}
lab=$(mktemp -d)
chmod 755 "$lab"  # nginx works as another user
end() {
  [[ -s $lab/nginx.pid ]] && kill "$(<"$lab/nginx.pid")"
  [[ -n ${web:-} ]] && kill "$web"
  wait
  rm -rf "$lab"
}
trap end EXIT

printf '. SOA a.test b.test 1 2 3 4 5\nfail.test TXT "v=spf1 -all"\n' >"$lab/zone"
"$BUILD/bin/spfweb" --listen "unix:$lab/web.sock" --spfd "unix:$lab/none" --zone "$lab/zone" --prefix /spf >"$lab/web.log" 2>&1 &
web=$!
# The sample, with a UNIX socket and a port of our own.
cat >"$lab/nginx.conf" <<END
daemon on;
pid $lab/nginx.pid;
error_log $lab/error.log;
events {}
http {
  access_log off;
  client_body_temp_path $lab/body;
  proxy_temp_path $lab/proxy;
  fastcgi_temp_path $lab/fastcgi;
  uwsgi_temp_path $lab/uwsgi;
  scgi_temp_path $lab/scgi;
  server {
    listen unix:$lab/nginx.sock;
    include $lab/sample.conf;
  }
}
END
sed "s,http://127.0.0.1:5980,http://unix:$lab/web.sock," etc/nginx/spfweb.conf >"$lab/sample.conf"
for ((i = 0; i < 200; i++)); do
  [[ -S $lab/web.sock ]] && break
  sleep 0.1
done
nginx -c "$lab/nginx.conf" || exit 1

get() { curl -s -i --unix-socket "$lab/nginx.sock" "http://mx.test$1" "${@:2}"; }
has() { grep -qF -- "$1" <<<"$2"; }
check 'the sample replaces the address' grep -q "unix:$lab/web.sock" "$lab/sample.conf"
check 'a page' has '<html lang="en">' "$(get /spf/)"
check 'its style' has 'text/css' "$(get /spf/style.css)"
check 'its header fields' has "default-src 'none'" "$(get /spf/)"
check 'an examination' has 'fail.test' "$(get '/spf/check?domain=fail.test')"
check 'other paths are not those of spfweb' has '404 Not Found' "$(get /check)"
check 'POST is refused' has '405' "$(get /spf/ -X POST)"
check 'HEAD has no body' has 'Content-Length' "$(get /spf/ -I)"
# nginx has one client here, whatever that says about itself.
for ((i = 0; i < 40; i++)); do answer=$(get '/spf/check?domain=fail.test' -H "X-Forwarded-For: 11.0.$i.1"); has ' 429 ' "$answer" && break; done
check 'a client cannot name its own network' has ' 429 ' "$answer"
finish
