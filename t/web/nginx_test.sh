#!/bin/bash
# A real nginx with the lines of etc/nginx/spfweb.conf in front of the built spfweb.
# shellcheck source-path=SCRIPTDIR source=front.bash
. "$(dirname "$(readlink -f "$0")")/front.bash"

cat >"$lab/nginx.conf" <<END
daemon off;
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
    listen unix:$front;
    include $lab/sample.conf;
  }
}
END
# The sample, with a UNIX socket.
sed "s,http://127.0.0.1:5980,http://unix:$lab/web.sock," etc/nginx/spfweb.conf >"$lab/sample.conf"
nginx -c "$lab/nginx.conf" &
pids+=($!)
front_cases
finish
