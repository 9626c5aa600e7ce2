#!/bin/bash
# The pure layers do no I/O, read no clock and use no threads: they include no header and call no function that does.
. "$(dirname "$0")/tree.bash"

# The only headers that a pure layer may include. Think before adding one.
pure_headers=" algorithm array bit charconv cmath compare concepts cstddef cstdint cstring deque functional initializer_list
  iterator limits list map memory numeric optional ranges set span string string_view tuple type_traits unordered_map
  unordered_set utility variant vector fmt/core.h fmt/format.h "
# Headers of which one file needs a pure part.
declare -A excused=(
  [common/base/ip.cc]="arpa/inet.h"                  # inet_pton, inet_ntop
  [common/dns/message.cc]="arpa/nameser.h resolv.h"  # ns_initparse, dn_expand
  [common/dns/idna.cc]="idn2.h"                      # idn2_lookup_u8
  [common/crypto/hmac.cc]="openssl/core_names.h openssl/evp.h openssl/params.h"  # HMAC
  [common/srs/hash.cc]="openssl/evp.h"               # EVP_EncodeBlock
)
calls='time|now|clock|clock_gettime|gettimeofday|localtime|gmtime|getenv|secure_getenv|fopen|freopen|popen|system|getpid'
calls+='|rand|srand|random|drand48|getrandom|getentropy|arc4random|printf|fprintf|print|println|puts|fputs|getline'
calls+='|socket|sendto|recvfrom|sleep|usleep|nanosleep|sleep_for|sleep_until'
calls+='|getaddrinfo|gethostbyname|gethostname|res_ninit|res_init|res_query|res_nquery|res_search|res_nsearch|res_send|res_nsend'
objects='(std::)?[io]?fstream|std::(cin|cout|cerr|clog|filesystem|thread|jthread|mutex|random_device|mt19937|atomic)|thread_local|volatile'
objects+='|(system|steady|high_resolution)_clock'

mapfile -t pure < <(printf '%s\n' "${sources[@]}" | grep -E '^common/(base|crypto|dns|spf|lint|maillog|token|receiver|protocol|srs)/')

# Prints the file without its comments and strings; lines keep their numbers.
code_of() { sed -E 's/"([^"\\]|\\.)*"/""/g; s://.*$::' "$1"; }

check_headers() {
  local place header
  while IFS=$'\t' read -r place header; do
    [[ $pure_headers =~ [[:space:]]"$header"[[:space:]] ]] && continue
    [[ " ${excused[${place%%:*}]:-} " = *" $header "* ]] && continue
    [[ $place = common/protocol/*.h:* && $header = chrono ]] && continue  # durations; its clocks are found below
    echo "$place: <$header> is not a header for a pure layer (t/lint/purity.sh lists them)"
  done < <(grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<' "${pure[@]}" |
    sed -E 's/^([^:]*:[0-9]+):[^<]*<([^>]*)>.*/\1\t\2/')
}

check_calls() {
  local file line
  for file in "${pure[@]}"; do
    while IFS= read -r line; do
      echo "$file:${line%%:*}: not pure:${line#*:}"
    done < <(code_of "$file" | grep -nE "(^|[^[:alnum:]_.>:])(::|std::|fmt::|std::chrono::[a-z_]+::)?($calls)[[:space:]]*\(|\<($objects)\>")
  done
}

check_pure() {
  [[ ${#pure[@]} != 0 ]] || echo "$PWD/common: no pure layers"
  check_headers
  check_calls
}
report check_pure
