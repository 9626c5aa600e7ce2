#!/bin/bash
# A real Caddy with the lines of etc/caddy/Caddyfile in front of the built spfweb.
# shellcheck source-path=SCRIPTDIR source=front.bash
. "$(dirname "$(readlink -f "$0")")/front.bash"

# The sample, with UNIX sockets and without a certificate.
{
  printf '{\n  admin off\n}\n'
  sed "s,^mx.example.org {,http://mx.test {\n  bind unix/$front," etc/caddy/Caddyfile | sed "s,127.0.0.1:5980,unix/$lab/web.sock,"
} >"$lab/sample.conf"
export XDG_DATA_HOME=$lab/data XDG_CONFIG_HOME=$lab/config
caddy run --config "$lab/sample.conf" --adapter caddyfile >"$lab/caddy.log" 2>&1 &
pids+=($!)
front_cases
finish
