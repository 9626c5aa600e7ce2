#!/bin/bash
# Every file has the right form: length, blanks, and the first lines of headers.
. "$(dirname "$0")/tree.bash"

max_lines=600
# A manual page is one document that names every option.
max_manual_lines=1000
max_columns=130

# Test data has no fixed form.
mapfile -t texts < <(printf '%s\n' "${files[@]}" | grep -vE '^t/fuzz/corpus/|\.(tsv|yml|png|der|bin)$')
mapfile -t headers < <(printf '%s\n' "${sources[@]}" | grep '\.h$')
# Makefiles and Sendmail's m4 files need tabs.
mapfile -t tabless < <(printf '%s\n' "${texts[@]}" | grep -vE '(^|/)(Makefile|rules|.*\.mk|.*\.mc)$')

# find_lines WHAT PATTERN FILE...
find_lines() {
  local what=$1 pattern=$2
  shift 2
  grep -nHP -- "$pattern" "$@" | sed -E "s/^([^:]*:[0-9]+):.*/\1: $what/"
}

check_lengths() {
  MAX=$max_lines MANUAL=$max_manual_lines perl -0777 -ne '
    my $lines = tr/\n//;
    my $max = $ARGV =~ m{^man/} ? $ENV{MANUAL} : $ENV{MAX};
    print "$ARGV:$lines: more than $max lines\n" if $lines > $max;
    print "$ARGV:", $lines + 1, ": no line end at the end\n" if /[^\n]\z/;
    print "$ARGV:$lines: an empty line at the end\n" if /\n\n\z/ or /\A\n\z/;' "${texts[@]}"
  find_lines "more than $max_columns columns" "^.{$((max_columns + 1)),}" "${sources[@]}"
}

check_blanks() {
  find_lines 'a CR' '\r' "${texts[@]}"
  find_lines 'a blank at the end' '[ \t]$' "${texts[@]}"
  find_lines 'a tab' '\t' "${tabless[@]}"
}

check_words() {
  find_lines 'a mark for later' '\b(TO''DO|FIX''ME|XX''X|HA''CK)\b' "${texts[@]}"
  find_lines 'a path of one machine' '(?<![\w.)}/-])/(wo''rk(?![\w-])|(ro''ot|ho''me)/)' "${texts[@]}"
  find_lines 'the host of a registry' '\b(deb\.deb''ian\.org|security\.deb''ian\.org|py''pi\.org|pythonho''sted\.org|registry\.np''mjs\.org)\b' \
    "${texts[@]}"
}

check_headers() {
  perl -0777 -ne '
    print "$ARGV:1: a header must begin with a comment about its purpose\n" unless m{\A// \S};
    print "$ARGV:1: no #pragma once\n" unless /^#pragma once$/m;' "${headers[@]}"
}

check_files() {
  check_lengths
  check_blanks
  check_words
  check_headers
}
report check_files
