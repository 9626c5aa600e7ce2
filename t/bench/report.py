#!/usr/bin/python3
"""Prints a table of the runs (one JSON object per line, see t/bench/tally.h) and writes a report.

report.py RUNS REPORT CURVES: reads RUNS; writes REPORT (JSON: medians by label, and each goal with its figure) and CURVES
(columns for gnuplot). A goal is a ratio or a figure. On a busy machine CPU time is more reliable than rates, and rates are more
reliable than latencies. "least" is the lowest CPU time of all runs, the one with the least disturbance.
"""
import json
import platform
import statistics
import sys

MODES = (("each", "connection per question"), ("kept", "kept connections"), ("16", "kept, 16 in flight"))
SERVERS = ("spfd", "spfd-20", "bare", "libspf2", "mail-spf", "policyd-spf", "unbound")


def read_runs(path):
    runs = {}
    with open(path, encoding="ascii") as file:
        for line in file:
            run = json.loads(line)
            runs.setdefault(run.pop("label"), []).append(run)
    medians = {}
    for label, all_runs in runs.items():
        medians[label] = {field: statistics.median(run[field] for run in all_runs) for field in all_runs[0]}
        if "cpu_us" in all_runs[0]:
            medians[label]["least_cpu_us"] = min(run["cpu_us"] for run in all_runs)
    return medians


class Report:
    def __init__(self, medians):
        self.medians = medians
        self.goals = []

    def get(self, label, field):
        return self.medians.get(label, {}).get(field)

    def ratio(self, field, one, other):
        a, b = self.get(one, field), self.get(other, field)
        return a / b if a is not None and b else None

    def goal(self, what, figure, at_most=None, at_least=None, unit=""):
        """A figure of None was not measured."""
        if figure is None:
            self.goals.append({"what": what, "figure": None, "met": None})
            print(f"  {what:<66} not measured")
            return
        met = figure <= at_most if at_most is not None else figure >= at_least
        bound = f"at most {at_most:,}" if at_most is not None else f"at least {at_least:,}"
        self.goals.append({"what": what, "figure": round(figure, 3), "goal": bound + unit, "met": met})
        text = f"{figure:,.0f}" if abs(figure) >= 1000 else f"{figure:.2f}"
        print(f"  {what:<66} {text:>10}{unit} {'' if met else 'NOT '}{bound}{unit}")

    def warm_table(self):
        print("\nwarm: one worker, 8 clients; CPU is user + system time of the server and its children")
        print(f"  {'':<24}{'':<12} {'answers/s':>10} {'CPU us':>10} {'x bare':>8} {'least':>10} {'p50 us':>9} {'p99 us':>9} {'p99.9 us':>9}")
        for mode, name in MODES:
            for server in SERVERS:
                run = self.medians.get(f"warm/{mode}/{server}")
                if run:
                    to_bare = self.ratio("cpu_us", f"warm/{mode}/{server}", f"warm/{mode}/bare")
                    print(f"  {name:<24}{server:<12} {run['rate']:>10,.0f} {run['cpu_us']:>10,.2f} {to_bare or 0:>8,.2f} "
                          f"{run['least_cpu_us']:>10,.2f} "
                          f"{run['p50_us']:>9,.0f} {run['p99_us']:>9,.0f} {run['p999_us']:>9,.0f}")
        print("\nlatency at half the highest rate")
        for mode, name in MODES[:2]:
            for server in ("spfd", "bare"):
                run = self.medians.get(f"half/{mode}/{server}")
                if run:
                    print(f"  {name:<24}{server:<12} {run['rate']:>10,.0f} {'':>30} "
                          f"{run['p50_us']:>9,.0f} {run['p99_us']:>9,.0f} {run['p999_us']:>9,.0f}")

    def cold_table(self):
        print("\ncold: domains that were never asked, 64 clients (Mail::SPF and policyd-spf: 8), through unbound")
        for label, what in (("0", "unbound has to ask"), ("known", "unbound knows them"), ("20", "20 ms an answer")):
            for server in SERVERS:
                run = self.medians.get(f"cold/{label}/{server}")
                if run:
                    unit = "questions" if server == "unbound" else "checks"
                    print(f"  {what:<30}{server:<12} {run['rate']:>10,.0f} {unit}/s {run['cpu_us']:>10,.2f} us CPU")
        print("\none check with 20 ms per answer: round trips, and questions asked")
        for record in ("six", "nested", "market"):
            cells = []
            for server in SERVERS:
                time = self.get(f"deep/{record}/{server}", "p50_us")
                if time is not None:
                    asked = self.get(f"asked/{record}/{server}", "questions")
                    cells.append(f"{server} {time / 20000:.1f} ({asked:.0f})")
            print(f"  {record:<8} {', '.join(cells)}")

    def workers_table(self):
        print("\nworkers: the same requests, all processors; CPU compared with one worker")
        for mode, name in MODES[:2]:
            for workers in (1, 2, 4, 8):
                run = self.medians.get(f"workers/{mode}/{workers}")
                if run:
                    ratio = self.ratio("cpu_us", f"workers/{mode}/{workers}", f"workers/{mode}/1")
                    print(f"  {name:<24}{workers:<12} {run['rate']:>10,.0f} {run['cpu_us']:>10,.2f} {ratio:>8,.2f}")

    def goals_table(self):
        print("\ngoals")
        for mode, name in MODES[:2]:
            self.goal(f"CPU of four workers against one, {name}", self.ratio("cpu_us", f"workers/{mode}/4", f"workers/{mode}/1"),
                      at_most=1.15, unit=" x")
        for label, what in (("slow-zone", "a slow zone"), ("flood", "a client with 9,000 connections")):
            self.goal(f"p99 beside {what}", self.ratio("p99_us", f"fair/{label}", "fair/alone"), at_most=1.5, unit=" x")
        for mode, bound in (("each", 1.2), ("kept", 1.3), ("16", 5)):
            self.goal(f"CPU against bare, {dict(MODES)[mode]}", self.ratio("cpu_us", f"warm/{mode}/spfd", f"warm/{mode}/bare"),
                      at_most=bound, unit=" x")
        for mode, bound in (("each", 1.2), ("kept", 1.3), ("16", 5)):
            self.goal(f"... the least of all runs, {dict(MODES)[mode]}",
                      self.ratio("least_cpu_us", f"warm/{mode}/spfd", f"warm/{mode}/bare"), at_most=bound, unit=" x")
        self.goal("CPU of a question, 16 in flight", self.get("warm/16/spfd", "cpu_us"), at_most=3, unit=" us")
        for peer, bound in (("libspf2", 5), ("mail-spf", 1000)):
            self.goal(f"less CPU than {peer}, connection per question", self.ratio("cpu_us", f"warm/each/{peer}", "warm/each/spfd"),
                      at_least=bound, unit=" x")
        for mode, name in MODES[:2]:
            ours, theirs = self.get(f"half/{mode}/spfd", "p999_us"), self.get(f"half/{mode}/bare", "p999_us")
            late = None if ours is None or theirs is None else ours - theirs
            self.goal(f"p99.9 at half the rate above bare's, {name}", late, at_most=1000, unit=" us")
        self.goal("CPU of an examination of 10 includes, all in the cache", self.get("lint/warm", "cpu_us"), at_most=1000, unit=" us")
        self.goal("round trips of an examination five records deep", self.get("lint/cold", "rounds"), at_most=5)
        self.goal("examinations against checks, 10,000 domains in bulk", self.ratio("rate", "lint/bulk", "lint/checks"), at_least=1,
                  unit=" x")
        self.goal("cold checks a second (unbound knows the domains)", self.get("cold/known/spfd", "rate"), at_least=13000)
        for label, what in (("0", "cold"), ("known", "cold, unbound knows the domains"), ("20", "cold, 20 ms an answer")):
            self.goal(f"{what}: rate against libspf2", self.ratio("rate", f"cold/{label}/spfd", f"cold/{label}/libspf2"),
                      at_least=1.15, unit=" x")
        self.goal("cold checks a second, 20 ms an answer", self.get("cold/20/spfd", "rate"), at_least=1800)
        for record, trips, asked in (("six", 3, 12), ("nested", 7, 7), ("market", 3, 13)):
            time = self.get(f"deep/{record}/spfd", "p50_us")
            # A check takes at least whole round trips; the time above them is not waiting.
            self.goal(f"round trips of '{record}'", None if time is None else int(time / 20000), at_most=trips)
            self.goal(f"questions of '{record}'", self.get(f"asked/{record}/spfd", "questions"), at_most=asked)
        # Four checks ask seven questions.
        for what, ours, theirs in (("64 checks in flight", "cold/0/spfd", "flight/0/unbound"),
                                   ("1,024 checks in flight", "flight/0/spfd", "flight/0/unbound"),
                                   ("1,024 checks in flight, 20 ms an answer", "flight/20/spfd", "flight/20/unbound")):
            share = self.ratio("rate", ours, theirs)
            self.goal(f"{what}: of what the resolver can answer", share and share * 7 / 4, at_least=0.8, unit=" x")

    def write_curves(self, path):
        """Returns blocks of "clients rate p50 p99", one per server and mode, each after its name."""
        curves = {}
        for label, run in self.medians.items():
            parts = label.split("/")
            if parts[0] == "curve":
                curves.setdefault((parts[2], parts[1]), []).append((int(parts[3]), run))
        with open(path, "w", encoding="ascii") as file:
            for (server, mode), points in curves.items():
                file.write(f'"{server}, {dict(MODES)[mode] if server != "unbound" else "TXT over UDP"}"\n')
                for clients, run in sorted(points, key=lambda point: point[0]):
                    file.write(f"{clients} {run['rate']} {run['p50_us']} {run['p99_us']}\n")
                file.write("\n\n")


def main():
    runs_path, report_path, curves_path = sys.argv[1:]
    report = Report(read_runs(runs_path))
    report.warm_table()
    report.cold_table()
    report.workers_table()
    report.goals_table()
    report.write_curves(curves_path)
    with open(report_path, "w", encoding="ascii") as file:
        json.dump({"machine": platform.machine(), "kernel": platform.release(), "medians": report.medians,
                   "goals": report.goals}, file, indent=1)
        file.write("\n")


main()
