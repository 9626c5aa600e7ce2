#!/bin/bash
# A layer includes only itself and the layers in its list (ARCHITECTURE.md). Includes of our own files are paths from the root.
. "$(dirname "$0")/tree.bash"

declare -A may=(
  [common/base]="common/base"
  [common/dns]="common/base common/dns"
  [common/crypto]="common/crypto"
  [common/spf]="common/base common/dns common/spf"
  [common/lint]="common/base common/dns common/spf common/lint"
  [common/maillog]="common/base common/spf common/maillog"
  [common/token]="common/base common/spf common/crypto common/token"
  [common/receiver]="common/base common/dns common/spf common/lint common/srs common/token common/receiver"
  [common/srs]="common/base common/dns common/crypto common/srs"
  [common/protocol]="common/base common/spf common/receiver common/protocol"
  [common/io]="common/base common/dns common/spf common/srs common/io"
  [common/options]="common/base common/spf common/receiver common/io common/options"
  [common/service]="common/base common/io common/service"
  [spfd/config]="common/base common/dns common/spf common/srs common/token common/receiver common/protocol common/io common/options common/service spfd/config"
  [spfd]="common/base common/dns common/spf common/srs common/token common/receiver common/protocol common/io common/options common/service spfd/config spfd"
  [spfquery]="common/base common/dns common/spf common/lint common/maillog common/receiver common/protocol common/io common/options spfd/config spfquery"
  [spfweb]="common/base common/dns common/spf common/srs common/lint common/token common/receiver common/protocol common/io common/options common/service spfweb"
  [spfctl]="common/base common/io common/options spfctl"
  [spfsrs]="common/base common/srs common/io common/options spfsrs"
)

# Sets REPLY.
layer_of() {
  REPLY=${1%/*}
  case $1 in
    common/*/* | spfd/config/*) ;;
    */*) REPLY=${1%%/*} ;;
    *) REPLY=. ;;
  esac
}

check_includes() {
  local place include from to
  while IFS=$'\t' read -r place include; do
    layer_of "${place%%:*}" && from=$REPLY
    layer_of "$include" && to=$REPLY
    if [[ $from = t ]]; then
      [[ -f $include ]] || echo "$place: \"$include\" is not written from the root"
    elif [[ -z ${may[$from]:-} ]]; then
      echo "$place: $from is not a layer in t/lint/layers.sh"
    elif [[ " ${may[$from]} " != *" $to "* ]]; then
      echo "$place: $from must not include $include"
    fi
  done < <(grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "${sources[@]}" |
    sed -E 's/^([^:]*:[0-9]+):[^"]*"([^"]*)".*/\1\t\2/')
}
report check_includes
