"""The figures as text: a table for each case, then the aims."""
from statistics import median

from cases import AIMS, CASES, PAIRS

PEERS = ("nginx alone", "bare libfcgi", "Django", "Django blacklist")


def short(value):
    if value >= 10000:
        return f"{value / 1000:.1f}k"
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3}f}"


def spread(values):
    if not values:
        return ""
    middle = short(median(values))
    return middle if len(values) == 1 else f"{middle} ({short(min(values))}–{short(max(values))})"


def figures(runs, name):
    return [run[name] for run in runs or [] if name in run]


def ratios(ours, theirs, name):
    """Inside each repetition, where the machine was the same."""
    return [a[name] / b[name] for a, b in zip(ours or [], theirs or []) if name in a and b.get(name)]


def lines_up(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  " + "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w)
                               for i, (cell, w) in enumerate(zip(row, widths))).rstrip())


def remarks(runs):
    refused, broken = (sum(run.get(name, 0) for run in runs) for name in ("refused", "broken"))
    return ", ".join([f"{refused} wrong statuses"] * bool(refused) + [f"{broken} broken connections"] * bool(broken))


def print_case(case, results):
    print(f"\n{CASES[case]}")
    if case == "memory":
        columns = [("idle MiB", "idle"), ("dashboards at 64, MiB", "dashboards"), ("logins at 16, MiB", "logins")]
    elif case == "start":
        columns = [("ms", "ms")]
    else:
        columns = [("req/s", "rate"), ("p50 ms", "p50"), ("p99 ms", "p99")]
    if case.startswith("mixed"):
        columns.append(("logins/s", "logins"))
    if case.startswith("question"):
        columns = [("req/s", "rate"), ("p50 µs", "p50us"), ("p99 µs", "p99us")]
    compared = "rate" if ("req/s", "rate") in columns else columns[0][1]
    timed = any("work" in run for runs in results.values() for run in runs)
    peers = [peer for peer in PEERS if peer in results]
    head = ["", *(title for title, _ in columns)] + ["CPU µs nginx+app+db"] * timed + [f"× {peer}" for peer in peers]
    rows = []
    for name, runs in results.items():
        row = [name, *(spread(figures(runs, figure)) for _, figure in columns)]
        if timed:
            row.append(" + ".join(f"{median([run.get(part, 0) for run in runs]):.0f}" for part in ("nginx", "app", "db")))
        row += [spread(ratios(runs, results[peer], compared)) if peer != name else "" for peer in peers]
        rows.append(row + [remarks(runs)])
    lines_up([head + [""], *rows])


def print_pairs(results):
    rows = []
    for case, other in PAIRS:
        for name, runs in results.get(case, {}).items():
            beside = results.get(other, {}).get(name)
            more = {figure: [(a[figure] - b[figure]) * 1e3 for a, b in zip(runs, beside or [])] for figure in ("p50", "p99")}
            if beside:
                rows.append([f"{case}  {name}", f"× {other}", spread(ratios(runs, beside, "rate")),
                             *(", ".join(f"{v:.0f}" for v in sorted(more[figure])) for figure in more)])
    if rows:
        print("\nBeside another case of the same repetition")
        lines_up([["", "", "req/s", "p50 µs more", "p99 µs more"], *rows])


def print_aims(results):
    rows = []
    for case, name, figure, peer, sign, aim in AIMS:
        runs = results.get(case, {})
        peer, there = peer if isinstance(peer, tuple) else (peer, case)
        other = results.get(there, {}).get(peer)
        values = ratios(runs.get(name), other, figure) if peer else figures(runs.get(name), figure)
        if not values:
            continue
        met = median(values) >= aim if sign == ">=" else median(values) <= aim
        what = f"× {peer}" + f" {there}" * (there != case) if peer else {"work": "CPU µs, app + db", "rate": "req/s", "p99": "p99 ms", "ms": "ms"}.get(
            figure, f"MiB {figure}")
        rows.append([f"{case}  {name}", what, spread(values), f"{'≥' if sign == '>=' else '≤'} {aim:g}",
                     "met" if met else "MISSED"])
    if rows:
        print("\nAims")
        lines_up(rows)
        print(f"  {sum(row[-1] == 'met' for row in rows)} met, {sum(row[-1] != 'met' for row in rows)} missed")
