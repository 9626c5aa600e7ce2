#!/bin/bash
# Shows that the checks of this folder can fail: plants one mistake at a time in a small tree of its own and expects the check to
# report it. Also plants text that resembles a mistake and expects the check to be silent.
# shellcheck disable=SC2016  # this shell must not expand the planted text
set -u
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
unset BUILD
passed=0 failed=0

# Builds a tree without mistakes. Keeps build/, where tidy.sh remembers the files that passed.
build_tree() {
  find "$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
  mkdir -p "$tree"/common/{base,dns,spf,lint,maillog,srs,receiver,protocol,io,options} "$tree"/{spfd/config,spfquery,spfsrs,spfctl,spfweb,t/unit,t/lint,.ci,debian}
  cp "$here"/*.sh "$here"/tree.bash "$tree/t/lint"
  rm "$tree/t/lint/selftest.sh"
  cp "$here"/../../.clang-{format,tidy} "$tree"
  cp "$here"/../.clang-tidy "$tree/t"
  local layer
  for layer in common/{base,dns,spf,lint,maillog,srs,receiver,protocol,io,options} spfd/config spfd spfquery spfsrs spfctl spfweb t/unit; do
    printf '// A part.\n#pragma once\n\n#include <string>\n\nint %s_part(const std::string& text);\n' "${layer##*/}" >"$tree/$layer/part.h"
    printf '#include "%s/part.h"\n\nint %s_part(const std::string& text) { return text.empty() ? 1 : 2; }\n' \
      "$layer" "${layer##*/}" >"$tree/$layer/part.cc"
  done
  printf '#!/bin/bash\nset -u\necho "$0"\n' >"$tree/.ci/run"
  printf '// The version.\n#pragma once\n\n#include <string_view>\n\nconstexpr std::string_view kVersion = "1.2.3";\n' >"$tree/common/base/version.h"
  printf '# Changes\n\n## 1.2.3\n' >"$tree/CHANGES.md"
  printf 'spfd (1.2.3) unstable; urgency=medium\n' >"$tree/debian/changelog"
}

count() {
  if [[ $1 = ok ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "selftest: $2"
  fi
}

# plant FILE LINE TEXT...: puts lines (printf escapes) before line LINE of FILE; "end": after the last one.
plant() {
  local file=$tree/$1 line=$2
  shift 2
  [[ $line != end ]] || line=$(($(wc -l <"$file" 2>/dev/null || echo 0) + 1))
  mkdir -p "${file%/*}"
  [[ -e $file ]] || : >"$file"
  { head -n $((line - 1)) "$file" && printf '%b\n' "$@" && tail -n +"$line" "$file"; } >"$tree/planted"
  mv "$tree/planted" "$file"
}

# finds CHECK WHERE WHAT [-- FILE LINE TEXT...]: plants the text; CHECK must fail and print a line "WHERE: ...WHAT".
finds() {
  local check=$1 where=$2 what=$3 output status
  shift 4
  build_tree
  plant "$@"
  output=$("$tree/t/lint/$check.sh")
  status=$?
  if [[ $status != 0 ]] && grep -F "$what" <<<"$output" | grep -qE "^$where:"; then
    count ok
  else
    count bad "$check.sh does not find '$what' at $where (status $status): $output"
  fi
}

# passes CHECK [FILE LINE TEXT...]: plants the text; CHECK must be silent.
passes() {
  local check=$1 output
  shift
  build_tree
  [[ $# = 0 ]] || plant "$@"
  if output=$("$tree/t/lint/$check.sh") && [[ -z $output ]]; then
    count ok
  else
    count bad "$check.sh complains about a right text ($*): $output"
  fi
}

for check in purity layers files format shell english version makefile tidy; do passes "$check"; done

# ---- purity ----------------------------------------------------------------------------------------------------------------

for header in sys/socket.h netinet/in.h event2/event.h fcntl.h unistd.h fstream iostream filesystem thread mutex atomic chrono ctime \
  time.h random cstdlib cstdio arpa/inet.h arpa/nameser.h resolv.h; do
  finds purity 'common/spf/part\.cc:2' "<$header>" -- common/spf/part.cc 2 "#include <$header>"
done
for layer in base dns spf lint srs receiver protocol; do
  finds purity "common/$layer/part\\.h:4" '<unistd.h>' -- common/$layer/part.h 4 '#  include <unistd.h>'
done
for code in 'time(nullptr);' 'auto t = std::time(nullptr);' 'x = ::time(0);' 'std::chrono::steady_clock::now();' 'getenv("A");' \
  'auto f = fopen("a", "r");' 'std::ifstream in(name);' 'ofstream out;' 'int i = rand() % 2;' 'std::random_device d;' 'return random ();' \
  'clock_gettime(0, &t);' 'std::cerr << 1;' 'thread_local int x;' 'res_nsend(s, a, b, c, d);' 'getaddrinfo(a, b, c, d);' 'system_clock::time_point x;'; do
  finds purity 'common/dns/part\.cc:3' 'not pure' -- common/dns/part.cc 3 "$code"
done
for code in '// asks time() and getenv()' 'auto x = "time() rand()";' 'run_time(1);' 'query.time(1);' 'clock->time(1);' 'uint64_t time = 0;' \
  'Clock::time(x);' 'int randomize(int);' 'select(rules);'; do
  passes purity common/dns/part.cc 3 "$code"
done
finds purity 'common/base/guarded\.h:1' '<mutex>' -- common/base/guarded.h 1 '#include <mutex>' 'std::mutex m;'
passes purity common/io/guarded.h 1 '#include <mutex>' 'std::mutex m;'
passes purity common/base/ip.cc 1 '#include <arpa/inet.h>'
passes purity common/dns/message.cc 1 '#include <arpa/nameser.h>' '#include <resolv.h>'
passes purity common/protocol/lines.h 1 '#include <chrono>'
passes purity common/io/part.cc 2 '#include <unistd.h>' 'int x = time(nullptr);'
finds purity 'common/protocol/lines\.cc:1' '<chrono>' -- common/protocol/lines.cc 1 '#include <chrono>'
finds purity 'common/base/ip\.h:1' '<arpa/inet.h>' -- common/base/ip.h 1 '#include <arpa/inet.h>'

# ---- layers ----------------------------------------------------------------------------------------------------------------

# An include FROM:TO is right if it is in this list, and wrong otherwise.
right=" dns:base spf:base spf:dns lint:base lint:dns lint:spf srs:base srs:dns receiver:base receiver:dns receiver:spf receiver:lint receiver:srs
  protocol:base protocol:spf protocol:receiver io:base io:dns io:spf io:srs spfd:base spfd:dns spfd:spf spfd:srs spfd:receiver spfd:protocol spfd:io
  spfquery:base spfquery:dns spfquery:spf spfquery:lint spfquery:receiver spfquery:protocol spfquery:io sender:base sender:srs sender:io
  options:base options:spf options:receiver options:io spfd:options maillog:base maillog:spf spfquery:maillog spfquery:options sender:options
  config:base config:dns config:spf config:srs config:receiver config:protocol config:io config:options spfd:config spfquery:config "
declare -A folder=([base]=common/base [dns]=common/dns [spf]=common/spf [lint]=common/lint [maillog]=common/maillog [srs]=common/srs [receiver]=common/receiver
  [protocol]=common/protocol [io]=common/io [options]=common/options [config]=spfd/config [spfd]=spfd [spfquery]=spfquery [sender]=spfsrs [test]=t/unit)
for from in base dns spf lint maillog srs receiver protocol io options config spfd spfquery sender; do
  for to in "${!folder[@]}"; do
    [[ $from != "$to" ]] || continue
    place=${folder[$from]}/part.cc part=${folder[$to]}/part.h
    if [[ $right =~ [[:space:]]${from}:${to}[[:space:]] ]]; then
      passes layers "$place" 2 "#include \"$part\""
    else
      finds layers "${place%.cc}\\.cc:2" "must not include $part" -- "$place" 2 "#include \"$part\""
    fi
  done
done
finds layers 'common/spf/part\.cc:2' 'must not include part.h' -- common/spf/part.cc 2 '#include "part.h"'
finds layers 'common/spf/part\.cc:2' 'must not include ../base/part.h' -- common/spf/part.cc 2 '#include "../base/part.h"'
finds layers 't/unit/part\.cc:2' 'not written from the root' -- t/unit/part.cc 2 '#include "part.h"'
finds layers 'common/new/part\.cc:1' 'not a layer' -- common/new/part.cc 1 '#include "common/base/part.h"'
passes layers common/receiver/part.h 3 '#include "common/spf/part.h"' '#include "common/dns/part.h"' '#include "common/base/part.h"'
passes layers spfquery/part.cc 2 '#include "spfd/config/options.h"'
passes layers spfd/part.cc 2 '#include "spfd/config/options.h"'
finds layers 'spfd/config/options\.cc:1' 'must not include spfd/worker.h' -- spfd/config/options.cc 1 '#include "spfd/worker.h"'
finds layers 'spfquery/part\.cc:2' 'must not include spfd/make_snapshot.h' -- spfquery/part.cc 2 '#include "spfd/make_snapshot.h"'
passes layers t/unit/part.cc 2 '#include "spfd/part.h"' '#include "common/io/part.h"'

# ---- files -----------------------------------------------------------------------------------------------------------------

finds files 't/unit/long\.cc:601' 'more than 600 lines' -- t/unit/long.cc 1 "$(yes 'int x;' | head -n 601)"
passes files t/unit/long.cc 1 "$(yes 'int x;' | head -n 600)"
finds files 'spfd/part\.cc:3' 'more than 130 columns' -- spfd/part.cc 3 "// $(printf 'x%.0s' {1..128})"
passes files spfd/part.cc 3 "// $(printf '\u00a7%.0s' {1..127})"
finds files 'NOTES\.md:2' 'a blank at the end' -- NOTES.md 1 'one' 'two '
finds files 'NOTES\.md:2' 'a tab' -- NOTES.md 1 'one' 'a\tb'
finds files 'NOTES\.md:1' 'a CR' -- NOTES.md 1 'one\r'
finds files 'NOTES\.md:1' 'no line end' -- NOTES.md 1 'one\c'
finds files 'NOTES\.md:2' 'an empty line at the end' -- NOTES.md 1 'one' ''
finds files 'spfd/new\.h:1' 'must begin with a comment' -- spfd/new.h 1 '#pragma once'
finds files 'spfd/new\.h:1' 'no #pragma once' -- spfd/new.h 1 '// New.' '// #pragma once'
for mark in 'TO''DO' 'FIX''ME' 'XX''X'; do finds files 'spfd/part\.cc:3' 'a mark' -- spfd/part.cc 3 "// $mark: later"; done
for path in '/wo''rk/main' '/ro''ot/x' '/ho''me/me/spfd'; do finds files '\.ci/run:3' 'a path' -- .ci/run 3 "cd $path"; done
for host in 'deb.deb''ian.org' 'py''pi.org'; do finds files '\.ci/run:3' 'a registry' -- .ci/run 3 "curl https://$host/x"; done
passes files Makefile 1 'all:' '\ttrue'
passes files t/fuzz/corpus/x/seed 1 'a\tb \r'
passes files t/unit/data.tsv 1 'a\tb'
passes files NOTES.md 1 'common/work/x and $PREFIX/root/x and HOME=/root and /workers'

# ---- english ---------------------------------------------------------------------------------------------------------------

english() { finds english "$1" "rather: $2" -- "${@:3}"; }
english 'new/part\.cc:2' 'after' new/part.cc 1 '// A part.' 'int x;  // one blank behind it'
english 'new/part\.h:3' 'is, are' new/part.h 1 '/* A part' '   whose name' '   stands here. */'
english 'new/part\.cc:1' 'is not a' new/part.cc 1 '// A part, which is' '// no address.'
english 'new/part\.cc:1' 'report' new/part.cc 1 'TEST_CASE("the log tells why") {}'
english 'new/part\.cc:1' 'report' new/part.cc 1 '  SUBCASE("the log told why") {}'
for word in What Whatever Who Whose Whoever Of; do
  english 'new/part\.cc:2' 'start with' new/part.cc 1 'int x;' "// $word spfd it reads."
  english 'new/run\.sh:2' 'start with' new/run.sh 1 '#!/bin/bash' "echo  # A line. $word spfd it reads."
done
english 'new/part\.py:3' 'report' new/part.py 1 '"""A part.' '' 'It tells why."""'
english 'new/part\.cc:1' 'start with' new/part.cc 1 '// Where the log is written to.'
english 'new/part\.cc:1' 'say what is alike' new/part.cc 1 '// Likewise.'
english 'NOTES\.md:3' 'a client that' NOTES.md 1 'A note:' '' 'for whoever reads.'
english 'NOTES\.md:2' 'one per' NOTES.md 1 'Workers:' '- one a core'
english 'new/README:1' 'per' new/README 1 'It answers 20000 questions a second.'
english 'new/man/new\.8:4' 'no longer' new/man/new.8 1 '.Sh NEW' 'It does not ask' '.Nm spfd' 'any' 'more.'
english 'new/man/new\.8:3' 'start with' new/man/new.8 1 '.It Fl x' 'A file.' 'What it holds is read.'
english '\.ci/run:3' 'say what' .ci/run 3 '# The answer that Postfix makes of it.'
english 'new/part\.cc:1' 'if, as far as' new/part.cc 1 '// Read so far as it fits.'
english 'new/part\.cc:1' 'say what is alike' new/part.cc 1 'int x;  // likewise'
english 'new/part\.cc:1' 'continue' new/part.cc 1 '// The check goes' '// on.'
english 'NOTES\.md:1' 'nevertheless' NOTES.md 1 'It is read all the same.'
english 'new/part\.cc:1' 'permanently' new/part.cc 1 '// Gives up root for good.'
english 'new/part\.cc:1' 'earlier' new/part.cc 1 '// The checker of that time.'
english 'new/part\.cc:1' 'block' new/part.cc 1 '// A FIFO would hold it up.'
english 'new/part\.cc:1' 'replace' new/part.cc 1 '// It takes the place of a failure.'
english 'new/part\.cc:1' 'use' new/part.cc 1 '// The door speaks milter.'
english 'new/part\.cc:1' 'end, have no effect' new/part.cc 1 '// The count comes to nothing.'
english 'new/part\.cc:1' 'resemble' new/part.cc 1 '// The record that a text nearly is.'
english 'NOTES\.md:1' 'does not belong' NOTES.md 1 'A word that belongs to no option.'
build_tree
plant new/part.cc 1 '// The part behind a door.'
sed -i 's/^allowed=($/&"new\/part.cc: behind a door"/' "$tree/t/lint/english.sh"
if "$tree/t/lint/english.sh"; then count ok; else count bad 'english.sh complains about an allowed place'; fi
for text in '// The file that was left behind.' '// i stands for the IP version' '// Writes "What stands here is no text".' \
  '// It is no longer read, and there is no limit.' '// What is read? Of course all.' 'auto x = "// behind it";' '// One word of it: what' \
  "char c = '\"'; // a" "int x = 1'000; // that's all" 'auto x = R"(// behind)";' '// See `behind`.'; do
  passes english new/part.cc 1 "$text"
done
passes english new/run.sh 1 '#!/bin/bash' 'echo "behind $#"' "sed 's/# behind//'"
passes english NOTES.md 1 'A note:' '```' 'What stands behind' '```'
passes english new/man/new.8 1 '.Bd -literal' 'What stands behind' '.Ed'
passes english t/fuzz/corpus/x/seed 1 '# What stands behind'

# ---- makefile --------------------------------------------------------------------------------------------------------------

finds makefile 'Makefile:1' "undefined variable 'VERSION'" -- Makefile 1 'check: file-$(VERSION)' 'VERSION = 1' 'help:' '\t@echo'
passes makefile Makefile 1 'VERSION = 1' 'check: file-$(VERSION)' 'LATE = $(LATER)' 'LATER = 1' 'help:' '\t@echo'

# ---- version ---------------------------------------------------------------------------------------------------------------

finds version 'debian/changelog:1' 'not version 1.2.3' -- debian/changelog 1 'spfd (1.2.2) unstable; urgency=medium'
finds version 'CHANGES\.md:1' 'not version 1.2.3' -- CHANGES.md 1 '## 1.2.2'
finds version 'packaging/spfd\.spec:2' 'not version 1.2.3' -- packaging/spfd.spec 1 'Name: spfd' 'Version: 1.2.2'
passes version packaging/spfd.spec 1 'Name: spfd' 'Version: 1.2.3'
passes version packaging/Containerfile 1 'FROM debian'

# ---- format, shell, tidy ---------------------------------------------------------------------------------------------------

finds format 'common/base/part\.cc:3(:[0-9]+)?' 'clang-formatted' -- common/base/part.cc 3 'int  x;'
finds format 't/unit/part\.h:5(:[0-9]+)?' 'clang-formatted' -- t/unit/part.h 5 'int x ;'
finds shell '\.ci/run:3(:[0-9]+)?' 'SC2086' -- .ci/run 3 'echo $1'
finds shell 't/demo\.sh:2(:[0-9]+)?' 'SC2046' -- t/demo.sh 1 '#!/bin/bash' 'echo $(ls)'
finds tidy 'spfd/part\.cc:3(:[0-9]+)?' 'modernize-use-nullptr' -- spfd/part.cc 3 'int* nothing = 0;'
finds tidy 't/unit/part\.h:5(:[0-9]+)?' 'bugprone-macro-parentheses' -- t/unit/part.h 5 \
  '#define TWICE(x) x * 2'
finds tidy 'spfd/part\.cc:3(:[0-9]+)?' 'clang-analyzer-core.DivideZero' -- spfd/part.cc 3 'int ratio(int x) { return x == 0 ? 1 / x : 1; }'
finds tidy 'spfd/part\.cc:3(:[0-9]+)?' 'clang-diagnostic-error' -- spfd/part.cc 3 'int x = y;'
# The same in a file that another one includes. A file left by the build of a folder that is gone does not matter.
mkdir -p "$tree/build/gen/common" "$tree/build/gen/spfd"
for part in common/base spfd spfd/config spfquery spfsrs spfctl spfweb; do printf '#include "%s/part.cc"\n' $part >"$tree/build/gen/$part.cc"; done
echo '#include "gone/part.cc"' >"$tree/build/gen/gone.cc"
passes tidy
for part in common/base spfd spfd/config spfquery spfsrs spfctl spfweb; do
  finds tidy "$part/part\\.cc:3(:[0-9]+)?" 'clang-analyzer-core.DivideZero' -- $part/part.cc 3 'int ratio(int x) { return x == 0 ? 1 / x : 1; }'
  finds tidy "$part/part\\.h:5(:[0-9]+)?" 'modernize-use-nullptr' -- $part/part.h 5 'inline int* nothing() { return 0; }'
done
rm -r "$tree/build/gen"
# A file that has passed is checked again when a header that it includes changes.
build_tree
"$tree/t/lint/tidy.sh"
plant common/base/part.h end 'inline int* nothing() { return 0; }'
if output=$("$tree/t/lint/tidy.sh"); then
  count bad "tidy.sh does not see the change of a header"
else
  count ok
fi

echo "$passed passed, $failed failed"
[[ $failed = 0 ]]
