#include <array>

#include "common/lint/finding_tables.h"

namespace lint {

namespace {

using enum Severity;

constexpr auto kPublicationKinds = std::to_array<FindingKind>({
    // ---- P: how the record is published ---------------------------------------------------------------------------------
    {.id = "P01",
     .severity = error,
     .section = "RFC 7208 §4.5",
     .what = "The domain has no SPF record",
     .fix = "Publish a TXT record at the domain itself, such as \"v=spf1 mx -all\"",
     .example = "example.com MX 10 mail.example.com ; and no TXT record",
     .repaired = "example.com MX 10 mail.example.com\n"
                 "example.com TXT \"v=spf1 mx -all\"",
     .note = "W: the domain has no MX hosts either, or does not exist."},
    {.id = "P02",
     .severity = error,
     .section = "RFC 7208 §3.2",
     .what = "The name has several SPF records, so every check is a permerror",
     .fix = "Merge them into one record and remove the others",
     .example = "example.com TXT \"v=spf1 mx -all\"\n"
                "example.com TXT \"v=spf1 a -all\"",
     .repaired = "v=spf1 mx a -all"},
    {.id = "P03",
     .severity = error,
     .section = "RFC 7208 §4.5",
     .what = "A TXT record resembles an SPF record, but is ignored",
     .fix = "Start the record with \"v=spf1\" and a blank, with nothing before it",
     .example = " v=spf1 mx -all",
     .repaired = "v=spf1 mx -all"},
    {.id = "P04",
     .severity = warning,
     .section = "RFC 7208 §3.1",
     .what = "A record of the type SPF (99) is left over; no check asks for it",
     .fix = "Remove the record of type SPF, and keep the TXT record",
     .example = "example.com TXT \"v=spf1 mx -all\"\n"
                "example.com SPF \"v=spf1 mx -all\"",
     .repaired = "v=spf1 mx -all"},
    {.id = "P05",
     .severity = warning,
     .section = "RFC 7208 §4.5",
     .what = "A Sender ID record is left over; receivers no longer use Sender ID",
     .fix = "Remove the TXT record that begins with spf2.0/",
     .example = "example.com TXT \"v=spf1 mx -all\"\n"
                "example.com TXT \"spf2.0/pra mx -all\"",
     .repaired = "v=spf1 mx -all"},
    {.id = "P06",
     .severity = error,
     .section = "RFC 7208 §3.1",
     .what = "The record has bytes that are not US-ASCII",
     .fix = "Type the term again in a plain text editor",
     .example = "v=spf1 mx\u00a0-all",
     .repaired = "v=spf1 mx -all"},
    {.id = "P07",
     .severity = error,
     .section = "RFC 7208 §3.3",
     .what = "The strings of the record are joined without a blank, in the middle of a term",
     .fix = "End the first string with a blank",
     .example = "example.com TXT \"v=spf1 mx\" \"a -all\" ; two strings",
     .repaired = "example.com TXT \"v=spf1 mx \" \"a -all\" ; two strings",
     .note = "E: two terms, or the version and a term, become a wrong one. W: the strings form one valid term, which is easily "
             "damaged. I: as for W, but the first string is full, as if a program had divided the record."},
    {.id = "P08",
     .severity = warning,
     .section = "RFC 7208 §3.4",
     .what = "The answer with all TXT records of the name is large",
     .fix = "Remove TXT records that are no longer used, or move networks to an included record",
     .example = "example.com TXT \"v=spf1 mx -all\"\n"
                "$GENERATE 1-20 example.com TXT \"service-verification=$\"",
     .repaired = "example.com TXT \"v=spf1 mx -all\"\n"
                 "$GENERATE 1-5 example.com TXT \"service-verification=$\"",
     .note = "I: over 450 octets; W: over 512, which some servers truncate; E: over 1232, which may need TCP."},
    {.id = "P09",
     .severity = warning,
     .section = "RFC 7208 §3.4",
     .what = "The name has many TXT records, and each check transfers them all",
     .fix = "Remove TXT records that are no longer used",
     .example = "example.com TXT \"v=spf1 mx -all\"\n"
                "$GENERATE 1-10 example.com TXT \"token=$\"",
     .repaired = "example.com TXT \"v=spf1 mx -all\"\n"
                 "$GENERATE 1-9 example.com TXT \"token=$\"",
     .note = "Reported above 10 records."},
    {.id = "P10",
     .severity = warning,
     .section = "RFC 7208 §3",
     .what = "The TTL is not suitable for an SPF record",
     .fix = "Publish the record with a TTL of an hour, or of a day at most",
     .example = "example.com 172800 TXT \"v=spf1 mx -all\" ; two days",
     .repaired = "example.com 3600 TXT \"v=spf1 mx -all\" ; an hour",
     .note = "Reported above 86,400 seconds; above 3,600 seconds for names of the zone that do not exist; with --authoritative "
             "also below 300 seconds, since a resolver's answer shows only the rest of a TTL."},
    {.id = "P11",
     .severity = error,
     .section = "RFC 1034 §4.2",
     .what = "The servers of the zone have different records, so the result depends on which of them is asked",
     .fix = "Correct the record at the primary server, and let the others transfer the zone",
     .example = "ns1.example.com answers example.com TXT \"v=spf1 mx -all\"\n"
                "ns2.example.com answers example.com TXT \"v=spf1 a -all\"",
     .repaired = "ns1.example.com answers example.com TXT \"v=spf1 mx -all\"\n"
                 "ns2.example.com answers example.com TXT \"v=spf1 mx -all\"",
     .note = "Found with --authoritative only. W: the servers agree, and the resolver has another record."},
    {.id = "P12",
     .severity = error,
     .section = "RFC 7208 §4.4",
     .what = "DNS does not answer a question, so every check that asks it is a temperror",
     .fix = "Repair the name servers of the zone, or its DNSSEC signatures",
     .example = "example.com TXT SERVFAIL",
     .repaired = "example.com TXT \"v=spf1 mx -all\"",
     .note = "W: the name servers are silent, which may be temporary."},
    {.id = "P13",
     .severity = warning,
     .section = "RFC 7766 §5",
     .what = "An answer is truncated, and the question cannot be repeated over TCP",
     .fix = "Permit TCP to port 53 of the name servers, and make the answer smaller",
     .example = "ns1.example.com answers example.com TXT \"v=spf1 mx -all\"\n"
                "ns2.example.com answers truncated, and refuses TCP",
     .repaired = "ns1.example.com answers example.com TXT \"v=spf1 mx -all\"\n"
                 "ns2.example.com answers example.com TXT \"v=spf1 mx -all\"",
     .note = "Found with --authoritative only: TCP to a resolver says nothing about the servers of the domain."},
    {.id = "P14",
     .severity = warning,
     .section = "RFC 1034 §3.6.2",
     .what = "A chain of CNAMEs leads to the record, and each of them may fail",
     .fix = "Publish the record itself, or let the first CNAME lead directly to the name that has it",
     .example = "example.com TXT \"v=spf1 include:spf.example.com -all\"\n"
                "spf.example.com CNAME spf2.example.com\n"
                "spf2.example.com CNAME _spf.example.net",
     .repaired = "example.com TXT \"v=spf1 include:spf.example.com -all\"\n"
                 "spf.example.com CNAME _spf.example.net",
     .note = "Reported for 2 CNAMEs or more."},
    {.id = "P15",
     .severity = warning,
     .section = "RFC 7208 §3.5",
     .what = "A wildcard record gives an SPF record to each name that does not exist",
     .fix = "Remove the wildcard TXT record, and publish a record at each name that sends mail",
     .example = "example.com TXT \"v=spf1 mx -all\"\n"
                "*.example.com TXT \"v=spf1 mx -all\"",
     .repaired = "example.com TXT \"v=spf1 mx -all\"\n"
                 "mail.example.com TXT \"v=spf1 a -all\""},
    {.id = "P16",
     .severity = warning,
     .section = "RFC 7208 §4.4",
     .what = "The domain has no SPF record; a name below it has one, but receivers do not look there",
     .fix = "Publish the record at the domain itself",
     .example = "_spf.example.com TXT \"v=spf1 mx -all\" ; alone",
     .repaired = "example.com TXT \"v=spf1 mx -all\"\n"
                 "_spf.example.com TXT \"v=spf1 mx -all\"",
     .note = "The names _spf and www below the domain are looked up."},
});

}  // namespace

std::span<const FindingKind> publication_kinds() { return kPublicationKinds; }

}  // namespace lint
