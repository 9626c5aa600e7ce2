#!/bin/bash
# Evaluates random zones with pyspf and Mail::SPF, both from Debian, and with spfd; reports differences from peers that agree.
# ROUNDS (2000) zones from SEED (the day's) on. Installs missing peers. No DNS server is asked.
# Exit codes: 0 no unknown difference from peers that agree, 1 there are some, 69 a peer is not available.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly build=${BUILD:-build}
readonly here=t/differential
readonly packages=(python3-spf python3-dnspython libmail-spf-perl)
export ROUNDS=${ROUNDS:-2000} SEED=${SEED:-$(date +%Y%m%d)}

# Finds Debian's python3. PATH may contain another one before it.
find_python() {
  local python
  for python in /usr/bin/python3 /usr/bin/python3.[0-9]*; do
    if [[ -x $python ]] && "$python" -c 'import spf, dns.resolver' 2>/dev/null; then
      echo "$python"
      return
    fi
  done
  return 1
}
have_peers() { find_python >/dev/null && /usr/bin/perl -MMail::SPF -MJSON::PP -e 1 2>/dev/null; }

if ! have_peers; then
  sudo=
  [[ $(id -u) == 0 ]] || sudo=sudo
  $sudo apt-get update -q || true
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}" || true
  if ! have_peers; then
    echo "$here/run.sh: needs Debian's packages ${packages[*]}, and they cannot be installed" >&2
    exit 69
  fi
fi
python=$(find_python)

${MAKE:-make} -s "$build/t/model"
work=$(mktemp -d "${TMPDIR:-/tmp}/spfd-peers.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "SEED=$SEED ROUNDS=$ROUNDS"
CASES_FILE=$work/cases "$build/t/model" --no-skip --test-case='writes cases for other checkers' --minimal
"$python" $here/pyspf_peer.py <"$work/cases" >"$work/pyspf" &
/usr/bin/perl $here/mail_spf_peer.pl <"$work/cases" >"$work/mail-spf"
wait $!
"$python" $here/report.py "$work/cases" "$work/pyspf" "$work/mail-spf" $here/known.tsv
