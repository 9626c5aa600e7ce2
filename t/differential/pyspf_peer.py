"""Judges cases (JSON lines on stdin) with pyspf, without any DNS. Prints one line {id, result, explanation, why} per case."""
import json
import sys

import spf

zone = {}


def lookup(name, qtype, strict=True, timeout=20):
    """Replaces the function by which pyspf asks DNS; returns a list of ((name, type), value)."""
    records = zone.get(name.lower().rstrip("."), {})
    values = records.get(qtype, [])
    if values is None:
        raise spf.TempError("DNS " + name)
    if qtype == "TXT":
        values = [[value.encode("latin-1")] for value in values]
    elif qtype == "MX":
        values = list(enumerate(values))
    return [((name, qtype), value) for value in values]


spf.DNSLookup = lookup


def judge(case):
    global zone
    zone = case["zone"]
    spf.MAX_VOID_LOOKUPS = case["void_limit"]
    try:
        query = spf.query(i=case["client"], s=case["sender"], h=case["helo"], receiver="unknown")
        query.set_default_explanation("DEFAULT")
        result, _, explanation = query.check()
        why = "" if result == "fail" else explanation
    except Exception as error:  # any exception of the peer is a finding and must not end this script
        result, explanation, why = "crash", "", f"{type(error).__name__}: {error}"
    return {"id": case["id"], "result": result, "explanation": explanation, "why": why}


for line in sys.stdin:
    print(json.dumps(judge(json.loads(line))))
