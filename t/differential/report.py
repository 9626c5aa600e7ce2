"""Compares verdicts on the same cases: ours, pyspf's and Mail::SPF's. Arguments: cases, pyspf's and Mail::SPF's JSON lines, known.tsv.

A difference is "known" if a line of known.tsv matches it. Exit code 1: we have an unknown difference from peers that agree.
"""
import collections
import csv
import json
import re
import sys

SHOWN = 10  # cases printed in full


def read_lines(path):
    with open(path, encoding="ascii") as file:
        return {case["id"]: case for case in map(json.loads, file)}


class Known:
    """One line of known.tsv: a kind of difference, and the patterns that recognize it."""

    def __init__(self, row):
        self.id = row["id"]
        self.section = row["section"]
        self.who = row["who"]
        self.peers = row["peers"].split(",")
        self.uses = collections.Counter()
        self.marks = {
            key: re.compile(row[key], re.DOTALL | re.IGNORECASE) for key in ("ours", "theirs", "text", "query") if row[key] != "-"
        }

    def fits(self, peer, ours, theirs, case):
        tried = {
            "ours": [ours],
            "theirs": [theirs],
            "text": case["texts"],
            "query": [f"{case['client']} <{case['sender']}> {case['helo']}"],
        }
        return peer in self.peers and all(any(map(pattern.search, tried[key])) for key, pattern in self.marks.items())


def verdict(answer):
    """Returns the compared part: the result, and for fail its explanation, in lower case, since %{i} and %{c} may have either case."""
    return f"fail '{answer['explanation'].lower()}'" if answer["result"] == "fail" else answer["result"]


def story(answer):
    explanation = f"'{answer['explanation']}' " if answer["result"] == "fail" else ""
    return f"{answer['result']} {explanation}({answer['why']})"


def show(case, answers):
    print(f"case {case['id']}: client {case['client']}, sender {case['sender']!r}, HELO {case['helo']!r}, void limit {case['void_limit']}")
    for who, answer in {"ours": case, **answers}.items():
        print(f"    {who:10} {story(answer)!r}")
    for name, records in case["zone"].items():
        texts = records.get("TXT") or []
        if any(text in case["texts"] for text in texts):
            print(f"    {name:12} {texts}")


def main():
    cases = read_lines(sys.argv[1])
    peers = {"pyspf": read_lines(sys.argv[2]), "mail-spf": read_lines(sys.argv[3])}
    with open(sys.argv[4], encoding="utf-8") as file:
        known = [Known(row) for row in csv.DictReader((l for l in file if not l.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE)]

    counts = collections.Counter()
    against_all, against_one = [], {peer: [] for peer in peers}
    for number, case in cases.items():
        answers = {peer: verdicts[number] for peer, verdicts in peers.items()}
        ours = verdict(case)
        differing, unknown = [], []
        for peer, answer in answers.items():
            theirs = verdict(answer)
            if theirs == ours:
                counts[peer] += 1
                continue
            differing.append(theirs)
            reason = next((entry for entry in known if entry.fits(peer, story(case), story(answer), case)), None)
            if reason:
                reason.uses[peer] += 1
            else:
                unknown.append(peer)
        if not differing:
            counts["all"] += 1
        if len(differing) == len(peers) and len(set(differing)) == 1 and len(unknown) == len(peers):
            against_all.append(number)
        for peer in unknown:
            against_one[peer].append(number)

    total = len(cases)
    print(f"{total} cases; all agree with us: {counts['all']}")
    for peer, unknown in against_one.items():
        known_count = total - counts[peer] - len(unknown)
        print(f"  {peer}: {counts[peer]} equal, {known_count} known differences, {len(unknown)} unknown: {unknown[:SHOWN]}")
    print("known differences found (who is wrong, how often):")
    for entry in known:
        for peer, uses in sorted(entry.uses.items()):
            print(f"  {entry.id:24} RFC 7208 {entry.section:12} {entry.who:8} {peer:9} {uses}")
    print(f"unknown differences from all peers, which agree: {len(against_all)}")
    for number in against_all[:SHOWN]:
        show(cases[number], {peer: verdicts[number] for peer, verdicts in peers.items()})
    return 1 if against_all else 0


sys.exit(main())
