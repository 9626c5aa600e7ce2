// Explanations of terms with a syntax error: they name the mistake that was made, and the term to write instead.
#include <doctest/doctest.h>

#include <iterator>
#include <map>
#include <string>

#include <fmt/core.h>

#include "t/unit/lint_world.h"

namespace {

using lint::Severity;
using lint_test::Examination;
using lint_test::examine;
using lint_test::Pair;
using lint_test::World;
using lint_test::world_with;

constexpr Pair kPairs[] = {
    // P
    {"P02", "v=spf1 mx -all|v=spf1 a -all", "v=spf1 mx -all|v=spf10 a -all", Severity::error, "example.com has 2"},
    {"P03", "v=spf1; mx -all", "v=spf1 mx -all", Severity::error, "followed by a blank"},
    {"P03", "v=spf1include:_spf.example.net", "v=spf1 include:_spf.example.net"},
    {"S04", "v=spf1include:_spf.example.net-all", "v=spf1 include:_spf.example.net -all", Severity::error, "glued"},
    {"P03", "v=spf1;mx -all", "v=spf1 mx -all", Severity::error, "Publish 'v=spf1 mx -all'"},
    {"P03", "spf1 mx -all", "v=spf1 mx -all", Severity::error, "it begins with \"spf1\""},
    {"P03", "\xef\xbb\xbfv=spf1 mx", "v=spf1 mx", Severity::error, "byte order mark"},
    {"P03", "\xe2\x80\x9cv=spf1 mx\xe2\x80\x9d", "v=spf1 mx", Severity::error, "typographic"},
    {"P06", "v=spf1 mx\xc2\xa0-all", "v=spf1 mx -all", Severity::error, "no-break space (U+00A0)"},
    {"P06",
     "v=spf1 mx \xe2\x80\x93"
     "all",
     "v=spf1 mx -all", Severity::error, "en dash"},
    {"P06", "v=spf1 a:mail.example.com\xe2\x80\x8b -all", "v=spf1 a:mail.example.com -all", Severity::error, "zero-width space"},
    {"P06", "v=spf1 a:mail\xff.example.com -all", "v=spf1 a:mailx.example.com -all", Severity::error, "\\xff"},
    // S
    {"S01", "v=spf1 ipv4:198.18.0.1 -all", "v=spf1 ip4:198.18.0.1 -all", Severity::error, "Write ip4:198.18.0.1"},
    {"S01", "v=spf1 ~ip:2001:dba::1 -all", "v=spf1 ~ip6:2001:dba::1 -all", Severity::error, "Write ~ip6:2001:dba::1"},
    {"S01", "v=spf1 inlude:_spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S01", "v=spf1 includ:_spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S01", "v=spf1 include._spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S01", "v=spf1 redirect:_spf.example.net", "v=spf1 redirect=_spf.example.net", Severity::error,
     "Write redirect=_spf.example.net"},
    {"S01", "v=spf1 mx -al", "v=spf1 mx -all", Severity::error, "Write -all"},
    {"S01", "v=spf1 prt -all", "v=spf1 ptr -all", Severity::error, "Write ptr"},
    {"S01", "v=spf1 198.18.0.1 -all", "v=spf1 ip4:198.18.0.1 -all", Severity::error, "an address alone"},
    {"S01", "v=spf1 mail.example.com -all", "v=spf1 a:mail.example.com -all", Severity::error, "a name alone"},
    {"S01", "v=spf1 mx - all", "v=spf1 mx -all", Severity::error, "a blank after '-'"},
    {"S01", "v=spf1 mx-all", "v=spf1 mx -all", Severity::error, "Write mx -all"},
    {"S01", "v=spf1 ip4:198.18.0.1include:_spf.example.net -all", "v=spf1 ip4:198.18.0.1 include:_spf.example.net -all",
     Severity::error, "Write ip4:198.18.0.1 include:_spf.example.net"},
    {"S01", "v=spf1 mx ~allv=spf1", "v=spf1 mx ~all v=spf1", Severity::error, "two terms without a blank"},
    {"S01", "v=spf1 mx -allMS=ms123", "v=spf1 mx -all MS=ms123", Severity::error, "glued to all"},
    {"S01", "v=spf1 +ip4:ip4:198.18.0.1 -all", "v=spf1 +ip4:198.18.0.1 -all", Severity::error, "Write +ip4:198.18.0.1"},
    {"S01", "v=spf1 a:mail.example.com&nbsp;-all", "v=spf1 a:mail.example.com -all", Severity::error, "web page"},
    {"S01", "v=spf1 mx ~all_spf.example.com", "v=spf1 mx ~all", Severity::error,
     "Remove '_spf.example.com'; if it is a provider, write include:_spf.example.com before all"},
    {"S01", "v=spf1 mx ~all;foo", "v=spf1 mx ~all", Severity::error, "Remove ';foo'"},
    {"S02", "v=spf1 include:_spf.example.net/32 -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S04", "v=spf1 redirect=v=spf1", "v=spf1 redirect=_spf.example.net", Severity::error, "a second 'v=spf1'"},
    {"P06", "v=spf1 p\xc5\x99:_spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net if"},
    {"P06", "v=spf1 ip4:198.18.0.1\xc3\x83 -all", "v=spf1 ip4:198.18.0.1 -all", Severity::error, "Write ip4:198.18.0.1"},
    {"S01", "v=spf1 mx -all;", "v=spf1 mx -all", Severity::error, "';' at the end"},
    {"S01", "v=spf1 mx\ta -all", "v=spf1 mx a -all", Severity::error, "a tab"},
    {"S01", "v=spf1 mx -all\n", "v=spf1 mx -all", Severity::error, "Write -all"},
    {"S01", "v=spf1 include:\t_spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S01", "v=spf1 +a+mx~all", "v=spf1 +a +mx ~all", Severity::error, "Write +a +mx ~all"},
    {"S01", "v=spf1 include;_spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S01", "v=spf1 include_spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S01", "v=spf1 mx ~allgoogle-site-verification=x", "v=spf1 mx ~all", Severity::error, "glued to all"},
    {"S01", "v=spf1 ip4:198.18.0.1,ip4:198.18.0.2 -all", "v=spf1 ip4:198.18.0.1 ip4:198.18.0.2 -all", Severity::error,
     "Write ip4:198.18.0.1 ip4:198.18.0.2"},
    {"S01", "v=spf1 aaaa:mail.example.com -all", "v=spf1 a:mail.example.com -all", Severity::error, "Write a:mail.example.com"},
    {"S01", "v=spf1 mx -all brevo-code:f484", "v=spf1 mx -all", Severity::error, "a TXT record of its own"},
    {"S01", "v=spf1 mx -all_globalsign-domain-verification=x", "v=spf1 mx -all", Severity::error, "glued to all"},
    {"S01", "v=spf1 i4:198.18.0.1/31 -all", "v=spf1 ip4:198.18.0.1/31 -all", Severity::error, "Write ip4:198.18.0.1/31"},
    {"S01", "v=spf1 ip4198.18.0.1 -all", "v=spf1 ip4:198.18.0.1 -all", Severity::error, "Write ip4:198.18.0.1"},
    {"S01", "v=spf1 ip:mail.example.com -all", "v=spf1 a:mail.example.com -all", Severity::error, "Write a:mail.example.com"},
    {"S02", "v=spf1 ip4::198.18.0.1 -all", "v=spf1 ip4:198.18.0.1 -all", Severity::error, "Write ip4:198.18.0.1"},
    {"S02", "v=spf1 ip4:198.18.0.256 -all", "v=spf1 ip4:198.18.0.255 -all"},
    {"S02", "v=spf1 ip4:198.18.0.0/33 -all", "v=spf1 ip4:198.18.0.0/32 -all"},
    {"S02", "v=spf1 ip6:198.18.0.1 -all", "v=spf1 ip4:198.18.0.1 -all", Severity::error, "Write ip4:198.18.0.1"},
    {"S02", "v=spf1 a/33 -all", "v=spf1 a/32 -all"},
    {"S02", "v=spf1 ip4:198.18.0.1,198.18.0.2 -all", "v=spf1 ip4:198.18.0.1 ip4:198.18.0.2 -all", Severity::error, "','"},
    {"S02", "v=spf1 -ip4:198.18.0.1:198.18.0.2 -all", "v=spf1 -ip4:198.18.0.1 -ip4:198.18.0.2 -all", Severity::error,
     "Write -ip4:198.18.0.1 -ip4:198.18.0.2"},
    {"S02", "v=spf1 ip4:198.18.0.1, ip4:198.18.0.2 -all", "v=spf1 ip4:198.18.0.1 ip4:198.18.0.2 -all", Severity::error,
     "Write ip4:198.18.0.1"},
    {"S02", "v=spf1 ip4:198.18.0.1198.18.0.2 -all", "v=spf1 ip4:198.18.0.1 ip4:198.18.0.2 -all", Severity::error,
     "several addresses without a blank"},
    {"S02", "v=spf1 ip4:198.18 -all", "v=spf1 ip4:198.18.0.0 -all", Severity::error, "2 of the 4 numbers"},
    {"S02", "v=spf1 ip4:198.18.0.300 -all", "v=spf1 ip4:198.18.0.30 -all", Severity::error, "300 is over 255"},
    {"S02", "v=spf1 ip6:2001:dba:1:2:3:4:5 -all", "v=spf1 ip6:2001:dba:1:2:3:4:5:6 -all", Severity::error, "7 of the 8 groups"},
    {"S02", "v=spf1 -ip6:198.18.0.1 -all", "v=spf1 -ip4:198.18.0.1 -all", Severity::error, "Write -ip4:198.18.0.1"},
    {"S02", "v=spf1 ip4:mail.example.com -all", "v=spf1 a:mail.example.com -all", Severity::error, "Write a:mail.example.com"},
    {"S04", "v=spf1 include: _spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "a blank after 'include:'"},
    {"S04", "v=spf1 ip4: 198.18.0.1 -all", "v=spf1 ip4:198.18.0.1 -all", Severity::error, "Write ip4:198.18.0.1"},
    {"S04", "v=spf1 a:198.18.0.1 -all", "v=spf1 ip4:198.18.0.1 -all", Severity::error, "Write ip4:198.18.0.1"},
    {"S04", "v=spf1 include:198.18.0.0/24 -all", "v=spf1 ip4:198.18.0.0/24 -all", Severity::error, "Write ip4:198.18.0.0/24"},
    {"S04", "v=spf1 include: 198.18.0.1/31 -all", "v=spf1 ip4:198.18.0.1/31 -all", Severity::error, "Write ip4:198.18.0.1/31"},
    {"S04", "v=spf1 -ip4 198.18.0.1 -all", "v=spf1 -ip4:198.18.0.1 -all", Severity::error, "Write -ip4:198.18.0.1"},
    {"S04", "v=spf1 include _spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "a blank instead of a colon after 'include'"},
    {"S04", "v=spf1 include:_ spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S04", "v=spf1 a: ip4:198.18.0.1 -all", "v=spf1 a ip4:198.18.0.1 -all", Severity::error, "Write a for the domain itself"},
    {"S04", "v=spf1 -a:198.18.0.1 -all", "v=spf1 -ip4:198.18.0.1 -all", Severity::error, "Write -ip4:198.18.0.1"},
    {"S04", "v=spf1 include::_spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S04", "v=spf1 include:x@_spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S04", "v=spf1 include:_<http://spf.example.net/>spf.example.net -all", "v=spf1 include:_spf.example.net -all",
     Severity::error, "a URL in 'include:_<http://spf.example.net/>spf.example.net'. Write include:_spf.example.net"},
    {"S04", "v=spf1 include:EM=ms12345 -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "'EM=ms12345' is text of another TXT record, and not a domain. Remove 'include:EM=ms12345'; what proves"},
    {"S04", "v=spf1 redirect=_spf.example.netgoogle-site-verification=x", "v=spf1 redirect=_spf.example.net", Severity::error,
     "text of another TXT record"},
    {"S04", "v=spf1 include:_spf.example.net, -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S04", "v=spf1 a:mail.example.com,mx.example.com -all", "v=spf1 a:mail.example.com -all", Severity::warning, "','"},
    // Macros hide that no name can have this form.
    {"S04", "v=spf1 exists:%{i}.a.example.com-all", "v=spf1 exists:%{i}.a.example.com -all", Severity::warning,
     "Write exists:%{i}.a.example.com -all"},
    {"S04", "v=spf1 exists:%{i}include:_spf.example.net -all", "v=spf1 exists:%{i} include:_spf.example.net -all",
     Severity::warning, "Write exists:%{i} include:_spf.example.net"},
    {"S04", "v=spf1 exists:%{i}exists:%{d} -all", "v=spf1 exists:%{l-}.%{i}-a.example.com exists:%{d} -all", Severity::warning,
     "two terms"},
    {"S04", "v=spf1 mx:_spf.example.net//64 exists:a:b.example.com -all",
     "v=spf1 mx:_spf.example.net//64 exists:%{i}.a.example.com -all", Severity::warning, "'exists:a:b.example.com'"},
    {"S04", "v=spf1 a:mail -all", "v=spf1 a:mail.example.com -all", Severity::error, "no dot"},
    // Terms without a blank between them.
    {"S01", "v=spf1 ip4:198.18.0.1a -all", "v=spf1 ip4:198.18.0.1 a -all", Severity::error, "Write ip4:198.18.0.1 a"},
    {"S01", "v=spf1 ip4:198.18.0.1/32a:mail.example.com~all", "v=spf1 ip4:198.18.0.1/32 a:mail.example.com ~all", Severity::error,
     "Write ip4:198.18.0.1/32 a:mail.example.com ~all"},
    {"S01", "v=spf1 ip6:2001:dba::/64mx -all", "v=spf1 ip6:2001:dba::/64 mx -all", Severity::error, "Write ip6:2001:dba::/64 mx"},
    {"S01", "v=spf1 amx -all", "v=spf1 a mx -all", Severity::error, "Write a mx"},
    {"S01", "v=spf1 mxaip4:198.18.0.1 -all", "v=spf1 mx a ip4:198.18.0.1 -all", Severity::error, "Write mx a ip4:198.18.0.1"},
    {"S01", "v=spf1 mx -allinclude:_spf.example.net", "v=spf1 mx include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net -all"},
    {"S01", "v=spf1 ip4:198.include:_spf.example.net 18.0.1 -all", "v=spf1 ip4:198.18.0.1 include:_spf.example.net -all",
     Severity::error, "Write ip4:198.18.0.1 include:_spf.example.net"},
    {"S01", "v=spf1 ip4:198.18.include:_spf.example.net -all", "v=spf1 ip4:198.18.0.1 include:_spf.example.net -all",
     Severity::error, "Put a blank before 'include:_spf.example.net', and correct 'ip4:198.18.'"},
    {"S01", "v=spf1 xinclude:_spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S04", "v=spf1 a:x.example.com.auinclude:_spf.example.net -all", "v=spf1 a:x.example.com.au include:_spf.example.net -all",
     Severity::warning, "Write a:x.example.com.au include:_spf.example.net"},
    {"S04", "v=spf1 include:_spf.example.neta:mail.example.com -all", "v=spf1 include:_spf.example.net a:mail.example.com -all",
     Severity::error, "Write include:_spf.example.net a:mail.example.com"},
    {"S04", "v=spf1 include:_spf.example.netredirect=_spf.example.net",
     "v=spf1 include:_spf.example.net redirect=_spf.example.net", Severity::error,
     "Write include:_spf.example.net redirect=_spf.example.net"},
    {"S04", "v=spf1 include:_spf1include:_spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Put a blank before 'include:_spf.example.net', and correct 'include:_spf1'"},
    {"S04", "v=spf1 include:_spf.example.netmx -all", "v=spf1 include:_spf.example.net mx -all", Severity::error,
     "Write include:_spf.example.net mx"},
    {"S04", "v=spf1 include:_spf.example.net-all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net -all"},
    {"S04", "v=spf1 redirect=_spf.example.net-all", "v=spf1 redirect=_spf.example.net", Severity::error,
     "Write redirect=_spf.example.net"},
    {"S04", "v=spf1 a:mail.example.deALL", "v=spf1 a:mail.example.de -all", Severity::warning, "Write a:mail.example.de ~all"},
    {"S04", "v=spf1 mx:mail.example.comptr -all", "v=spf1 mx:mail.example.comet -all", Severity::warning,
     "'ptr' seems to be glued to 'mx:mail.example.com'"},
    // Values.
    {"S01", "v=spf1 mx ~", "v=spf1 mx ~all", Severity::error, "Write ~all"},
    {"S01", "v=spf1 _spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S02", "v=spf1 ip4:198.18.0.0/255.255.255.0 -all", "v=spf1 ip4:198.18.0.0/24 -all", Severity::error,
     "Write ip4:198.18.0.0/24"},
    {"S02", "v=spf1 ip4:198.18.0.0/255.0.255.0 -all", "v=spf1 ip4:198.18.0.0/24 -all", Severity::error, "bad prefix length"},
    {"S02", "v=spf1 a/33 -all", "v=spf1 a/32 -all", Severity::error,
     "Write a, or a with a length from 0 to 32 for IPv4, as in a/24, from 0 to 128 for IPv6, as in a//64,"},
    {"S02", "v=spf1 ~mx:example.com/24//129 -all", "v=spf1 ~mx:example.com/24//128 -all", Severity::error,
     "Write ~mx:example.com, or ~mx:example.com with a length"},
    {"S02", "v=spf1 a/ -all", "v=spf1 a -all", Severity::error, "'a/' does not end in prefix lengths"},
    {"S02", "v=spf1 ip4:198.18.0.0/33 -all", "v=spf1 ip4:198.18.0.0/32 -all", Severity::error,
     "Write ip4:198.18.0.0 for that address alone, or add a length from 0 to 32"},
    {"S02", "v=spf1 ip6:2001:dba::/129 -all", "v=spf1 ip6:2001:dba::/64 -all", Severity::error, "from 0 to 128"},
    {"S02", "v=spf1 ~ip4:198.18.* -all", "v=spf1 ~ip4:198.18.0.0/16 -all", Severity::error, "Write ~ip4:198.18.0.0/16"},
    {"S02", "v=spf1 ip4:198.18.0.1b -all", "v=spf1 ip4:198.18.0.1 -all", Severity::error, "is not an IPv4 address"},
    {"S04", "v=spf1 include :_spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "a blank after 'include'. Write include:_spf.example.net"},
    {"S04", "v=spf1 ip4 :198.18.0.1 -all", "v=spf1 ip4:198.18.0.1 -all", Severity::error, "Write ip4:198.18.0.1"},
    {"S04", "v=spf1 include =_spf.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "a blank after 'include'. Write include:_spf.example.net"},
    {"S04", "v=spf1 ip6: ::198.18.0.1 -all", "v=spf1 ip6:::198.18.0.1 -all", Severity::error, "Write ip6:::198.18.0.1"},
    {"S01", "v=spf1 -include=_spf.example.net -all", "v=spf1 -include:_spf.example.net -all", Severity::error,
     "an equals sign in place of the colon in '-include=_spf.example.net'. Write -include:_spf.example.net"},
    {"S01", "v=spf1 +a=mail.example.com -all", "v=spf1 +a:mail.example.com -all", Severity::error, "Write +a:mail.example.com"},
    {"S01", "v=spf1 ?ip4=198.18.0.1 -all", "v=spf1 ?ip4:198.18.0.1 -all", Severity::error, "Write ?ip4:198.18.0.1"},
    {"S02", "v=spf1 +ip4=2001:dba::1 -all", "v=spf1 +ip6:2001:dba::1 -all", Severity::error, "Write +ip6:2001:dba::1"},
    {"S04", "v=spf1 +include= -all", "v=spf1 +include:_spf.example.net -all", Severity::error,
     "an equals sign in place of the colon in '+include='. Write a domain name with a dot"},
    {"S04", "v=spf1 +include= _spf.example.net -all", "v=spf1 +include:_spf.example.net -all", Severity::error,
     "Write +include:_spf.example.net"},
    {"S04", "v=spf1 ip4: -all", "v=spf1 ip4:198.18.0.1 -all", Severity::error, "Write a network directly after the colon"},
    {"S04", "v=spf1 include:\"_spf.example.net\" -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S04", "v=spf1 include:https://_spf.example.net/x -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "Write include:_spf.example.net"},
    {"S04", "v=spf1 include:mx:_spf.example.net -all", "v=spf1 mx:_spf.example.net -all", Severity::error,
     "Write mx:_spf.example.net, or include:_spf.example.net"},
    {"S04", "v=spf1 a:mail.example.com:25 -all", "v=spf1 a:mail.example.com -all", Severity::error, "Write a:mail.example.com"},
    {"S04", "v=spf1 redirect=v=spf1 mx -all", "v=spf1 mx -all", Severity::error, "Remove 'redirect=v=spf1'"},
    {"S05", "v=spf1 exists:%{i.example.com -all", "v=spf1 exists:%{i}.example.com -all"},
    {"S05", "v=spf1 exists:%{c}.example.com -all", "v=spf1 exists:%{i}.example.com -all"},
    {"S01", "v=spf1 mx =198.18.0.9 -all", "v=spf1 mx ip4:198.18.0.9 -all", Severity::error, "'=198.18.0.9' is not a mechanism"},
    {"S01", "v=spf1 mx =all", "v=spf1 mx -all", Severity::error, "'=all' is not a mechanism"},
    {"S01", "v=spf1 mx 1st=x -all", "v=spf1 mx st1=x -all", Severity::error, "'1st' is not a mechanism"},
    {"S01", "v=spf1 mx x!y=z -all", "v=spf1 mx xy=z -all", Severity::error, "'x!y' is not a mechanism"},
    {"S01", "v=spf1 mx redirect -all", "v=spf1 mx -all", Severity::error, "directly after it, or remove the term"},
    {"S01", "v=spf1 mx redirect: _spf.example.net", "v=spf1 mx redirect=_spf.example.net", Severity::error,
     "Write redirect=_spf.example.net"},
    {"S01", "v=spf1 mx redirect :_spf.example.net", "v=spf1 mx redirect=_spf.example.net", Severity::error,
     "Write redirect=_spf.example.net"},
    {"S01", "v=spf1 mx redirect =_spf.example.net", "v=spf1 mx redirect=_spf.example.net", Severity::error,
     "Write redirect=_spf.example.net"},
    {"S04", "v=spf1 mx redirect= =_spf.example.net", "v=spf1 mx redirect=_spf.example.net", Severity::error,
     "Write redirect=_spf.example.net"},
    {"S01", "v=spf1 mx exp why.example.com -all", "v=spf1 mx exp=why.example.com -all", Severity::error,
     "Write exp=why.example.com"},
    {"S04", "v=spf1 mx redirect=", "v=spf1 mx redirect=_spf.example.net", Severity::error, "or after the equals sign"},
    {"S04", "v=spf1 mx redirect=x..example.net", "v=spf1 mx redirect=_spf.example.net", Severity::error,
     "or after the equals sign"},
    {"S03", "v=spf1 ip6:::ffff:198.18.9.1/120 -all", "v=spf1 ip6:::ffff:198.18.9.0/120 -all", Severity::info,
     "Write ip6:::ffff:198.18.9.0/120"},
    {"S05", "v=spf1 exists:%{i}%.example.com -all", "v=spf1 exists:%{i}.example.com -all"},
    {"S05", "v=spf1 exists:%{x}mx -all", "v=spf1 exists:%{i} mx -all"},
    {"S01", "v=spf1 exists:%{i}mx -all", "v=spf1 exists:%{i} mx -all", Severity::error, "Write exists:%{i} mx"},
    {"S01", "v=spf1 ~exists:%{ir}.%{d}PTR -all", "v=spf1 ~exists:%{ir}.%{d} PTR -all", Severity::error,
     "Write ~exists:%{ir}.%{d} PTR"},
    {"S04", "v=spf1 exists:%{d2}mx:mail.example.com -all", "v=spf1 exists:%{d2} mx:mail.example.com -all", Severity::warning,
     "Write exists:%{d2} mx:mail.example.com"},
    {"S04", "v=spf1 exists:%{i}all -all", "v=spf1 exists:%{i} -all", Severity::error, "is not the end of a domain name"},
    {"S04", "v=spf1 exists:%{i}example -all", "v=spf1 exists:%{i}.example -all", Severity::error,
     "End it with a macro, or with a domain after a dot, as in %{i}.example.com"},
    {"S04", "v=spf1 a:%{d}.1 -all", "v=spf1 a:%{d} -all", Severity::error, "is not the end of a domain name"},
    {"S04", "v=spf1 mx -all exp=%{d}why", "v=spf1 mx -all exp=why.%{d}", Severity::error, "is not the end of a domain name"},
    {"S05", "v=spf1 exists:%{p}.example.com -all", "v=spf1 exists:%{d}.example.com -all", Severity::warning},
    {"S06", "v=spf1 +exp=why.example.com exp=why.example.com -all", "v=spf1 exp=why.example.com -all"},
    {"S08", "v=spf1 +exp=why.example.com exp=why.example.com -all", "v=spf1 exp=why.example.com -all"},
    {"S06", "v=spf1 redirect=_spf.example.net redirect=_spf.example.net", "v=spf1 redirect=_spf.example.net"},
    {"S08", "v=spf1 ~exp=a.example.com -all", "v=spf1 exp=a.example.com -all", Severity::error, "Write exp=a.example.com"},
    {"S10",
     "v=spf1 a:b\xc3\xbc"
     "cher.example.net -all",
     "v=spf1 a:xn--bcher-kva.example.net -all", Severity::error, "Write a:xn--bcher-kva.example.net"},
    {"S03", "v=spf1 ip6:2001:dba::1/64 -all", "v=spf1 ip6:2001:dba::/64 -all", Severity::info, "Write ip6:2001:dba::/64"},
    {"S07", "v=spf1 mx include=_spf.example.net -all", "v=spf1 mx include:_spf.example.net -all", Severity::warning,
     "Write include:_spf.example.net"},
    {"S07", "v=spf1 mx a= -all", "v=spf1 mx a -all", Severity::warning, "Write a for the domain itself"},
    {"S07", "v=spf1 mx all=", "v=spf1 mx -all", Severity::warning, "Remove it, or correct its name"},
    {"S07", "v=spf1 mx ip4=2001:dba::1 -all", "v=spf1 mx ip6:2001:dba::1 -all", Severity::warning, "Write ip6:2001:dba::1"},
    {"S07", "v=spf1 mx ip4=198.18.0.1,198.18.0.9 -all", "v=spf1 mx ip4:198.18.0.1 -all", Severity::warning,
     "Write ip4:198.18.0.1 ip4:198.18.0.9"},
    {"S07", "v=spf1 mx ipv4=198.18.0.9 -all", "v=spf1 mx ip4:198.18.0.9 -all", Severity::warning, "Write ip4:198.18.0.9"},
    {"S07", "v=spf1 mx a=198.18.0.9 -all", "v=spf1 mx ip4:198.18.0.9 -all", Severity::warning, "Write ip4:198.18.0.9"},
    {"S07", "v=spf1 mx v=spf1 a -all", "v=spf1 mx a -all", Severity::warning, "a second 'v=spf1'"},
    {"S07", "v=spf1 mx v=DKIM1; -all", "v=spf1 mx -all", Severity::info, "a TXT record of its own"},
    {"S07", "v=spf1 mx MS=ms123 -all", "v=spf1 mx exp=why.example.com -all", Severity::info, "'MS=ms123'"},
    {"S09", "v=spf1 ip4:198.18.0.9/32 -all", "v=spf1 ip4:198.18.0.8/31 -all", Severity::info},
    {"S09", "v=spf1 exp=why.example.com mx -all", "v=spf1 mx -all exp=why.example.com", Severity::info},
};

TEST_CASE(
    "a term with a syntax error is explained by the mistake that was made, and the most similar sound one is not reported") {
  lint_test::check_pairs({std::begin(kPairs), std::end(kPairs)});
}

TEST_CASE("an all that lets every client pass is not recommended where it is glued to another term") {
  const auto fix = [](const std::string& record) {
    const Examination got = examine(world_with(record));
    CAPTURE(record);
    REQUIRE(got.has("S01"));
    return got.find("S01")->fix;
  };
  CHECK(fix("v=spf1 exists:%{i}+all -all") == "Write exists:%{i}");
  CHECK(fix("v=spf1 exists:%{i}+all") == "Write exists:%{i} ~all");
  CHECK(fix("v=spf1 exists:%{i}+ALL mx -all") == "Write exists:%{i} ~all");
  CHECK(fix("v=spf1 mx+all") == "Write mx ~all");
  CHECK(fix("v=spf1 mx+all-all") == "Write mx -all");
  CHECK(fix("v=spf1 mx~all+all") == "Write mx ~all");
  CHECK(fix("v=spf1 mx +all+ALL") == "Write ~all");
  CHECK(fix("v=spf1 mx all+all -all") == "Write ~all");
  CHECK(fix("v=spf1 redirect=_spf.example.net+all") == "Write redirect=_spf.example.net");
  CHECK(fix("v=spf1 ip4:198.18.0.1+all -all") == "Write ip4:198.18.0.1");
  CHECK(fix("v=spf1 include:_spf.example.net+all") == "Write include:_spf.example.net ~all");
  CHECK(fix("v=spf1 a:mail.example.de+all") == "Write a:mail.example.de ~all");
  CHECK(fix("v=spf1 ip4:198.18.+all").ends_with("with ~all in place of '+all', which lets every client pass"));
  // Without a match, these do not let a client pass.
  CHECK(fix("v=spf1 exists:%{i}?all -all") == "Write exists:%{i} ?all");
  CHECK(fix("v=spf1 mx~all") == "Write mx ~all");
}

TEST_CASE("an all that lets every client pass is not recommended in place of a misspelled one") {
  const auto fix = [](const std::string& record) {
    const Examination got = examine(world_with(record));
    CAPTURE(record);
    const lint::Finding* const finding = got.find(got.has("P06") ? "P06" : "S01");
    REQUIRE(finding != nullptr);
    return finding->fix;
  };
  for (const std::string_view word :
       {"all-", "_all", "*all", "!all", "al", "alll", "all.", "all;", "+al", "++all", "all:x", "ALL/0", "+ all", "all\t",
        "\xe2\x80\x9c"
        "all\xe2\x80\x9d"}) {
    CAPTURE(word);
    CHECK(fix(fmt::format("v=spf1 mx {}", word)) == "Write ~all");
  }
  CHECK(fix("v=spf1 mx\tall") == "Write mx ~all");
  CHECK(fix("v=spf1 allmx") == "Write mx ~all, or ~all alone");
  CHECK(fix("v=spf1 mx allow") == "Write ~all in place of 'allow'");
  CHECK(fix("v=spf1 mx -allow") == "Remove 'ow'");
  CHECK(fix("v=spf1 mx ?al") == "Write ?all");
  const Examination nearly = examine(world_with(" v=spf1 mx +all"));
  REQUIRE(nearly.has("P03"));
  CHECK(nearly.find("P03")->fix == "Publish 'v=spf1 mx ~all'");
}

TEST_CASE("a name that exists is not taken for one to which a term is glued") {
  World glued = world_with("v=spf1 a:mail.example.netmx -all");
  CHECK(examine(glued).has("S04"));
  CHECK_FALSE(examine(glued.a("mail.example.netmx", "198.18.0.9")).has("S04"));
}

TEST_CASE("several faults in one record are all named, each with its line") {
  const Examination got =
      examine(world_with("v=spf1 ipv4:198.18.0.1 include: _spf.example.net a:mail mx redirect=x.example.com -al"));
  std::map<std::size_t, std::string> by_line;
  for (const lint::Finding& finding : got.report.findings) {
    if (finding.kind->id.starts_with('S') && finding.severity == Severity::error) by_line[finding.line] = finding.kind->id;
  }
  // Line 4 is the domain that belongs to the include of line 3.
  CHECK(by_line == std::map<std::size_t, std::string>{{2, "S01"}, {3, "S04"}, {5, "S04"}, {9, "S01"}});
}

TEST_CASE("P03: the further faults of a text that is nearly a record are named, too") {
  const Examination got = examine(world_with("v=spf1; ipv4:198.18.0.1 include: _spf.example.net mx -all"));
  CHECK(got.has("P03"));
  REQUIRE(got.has("S01"));
  CHECK(got.find("S01")->fix == "Write ip4:198.18.0.1");
  REQUIRE(got.has("S04"));
  CHECK(got.find("S04")->fix == "Write include:_spf.example.net");
  CHECK(got.report.count(Severity::error) == 3);
  CHECK(examine(world_with("v=spf1; mx -all")).report.count(Severity::error) == 1);
}

TEST_CASE("a sign with a blank after it belongs to the next word, which does not mean what it would mean alone") {
  const Examination got = examine(world_with("v=spf1 mx - all"));
  REQUIRE(got.has("S01"));
  CHECK(got.find("S01")->fix == "Write -all");
  CHECK(got.report.count(Severity::error) == 1);  // no K01: "all" lets nobody pass
}

}  // namespace
