#!/usr/bin/env python3
"""Back-tests of kline files by `proteus replay`, and the same rule computed here from the files.

  backtest.py --proteus BIN --klines FILE... --funding FOLDER [--together] [--json]
              [--policy CONFIG [--checkpoints FOLDER]] [--from DAY] [--until DAY] [--set KEY=VALUE]...

Each file is played alone, with --together all of them as one account too. What the program made is
read from its journal alone; what it should have made is computed by ps_run from the kline files, the
funding files, the run's settings and the venue's table of instruments, after the pages of
docs/reference. Compared: every position and every equity bar by bar, then every row of every table
(ps_compare). Exit code 0: positions are equal, equity within 1e-9, relative, and weights within 1e-6;
1: not; 77: a file is not there, or numpy.

The rule is `sma_cross`; with --policy the shipped policy, by the settings of CONFIG, gradient steps
included (ps_policy). Its networks are float32 there and double here: beside positions and equity the
largest difference of the features, of what the first policy is told of its account and of the weights
is printed, and how many gradient steps there were and how many of their verdicts differ.

Speed: bars a second of the program from its own words (reading the files and writing the session
included), with those that went through the engine alone behind it, and of the loop here without
reading or comparing.
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import tomllib

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # The products of ps_policy are small.

import ps_compare
from ps_numbers import INTERVAL_MS, MINUTE_MS, S, Instrument, instrument_of, raw, read_funding, read_klines
from ps_run import Session, seen_of

try:
    import ps_policy
except ImportError:  # It needs numpy.
    ps_policy = None

TOLERANCE = 1e-9
WEIGHTS_NEAR = 1e-6  # of float32 networks and of the same in double
SETTINGS = {"strategy.name": "sma_cross", "strategy.features": "none"}


def instruments_of(journal):
    """The venue's table, as the run was told it."""
    known = []
    for detail, in journal.execute("select detail from instruments order by id"):
        row = json.loads(detail)
        spot = row["category"] == "spot"
        known.append(Instrument(f"{row['category']}:{row['symbol']}", raw(row["tick_size"]),
                                raw(row["lot_step"]), raw(row["quantity_min"]),
                                raw(row["quantity_max_market"]), raw(row["notional_min"]),
                                S if spot else row["leverage_max_e9"],
                                row["funding_interval"] // 10**6))
    return known


def played(proteus, files, funding, folder, settings, config):
    command = [proteus, "replay", *map(str, files), "--set", f"session.folder={folder}",
               "--set", f"replay.funding_folder={funding}",
               "--set", f"engine.interval={instrument_of(files[0])[1]}"]
    command += ["--config", config] if config else []
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    speed = re.search(r"speed\s+(\d+) bars in ([0-9.]+) s .*played in ([0-9.]+) s", said)
    return next(folder.iterdir()), int(speed[1]), float(speed[2]), float(speed[3])


def day_ms(text, otherwise):
    if not text:
        return otherwise
    return int(datetime.datetime.fromisoformat(text + "T00:00:00+00:00").timestamp() * 1000)


def told_by_policy(config, checkpoints, instruments, bars, rates, start, end):
    """(strategies that say what was computed, all that was)."""
    seen = {name: sum(seen_of(rows, config["feed"]["warm_up_bars"], start, end), [])
            for name, rows in bars.items()}
    said = ps_policy.computed(config, checkpoints, instruments, seen, rates)
    return {name: ps_policy.Told(answers) for name, answers in said.answers.items()}, said


def computed(session_folder, files, funding, checkpoints=None):
    config = tomllib.loads((session_folder / "config.resolved.toml").read_text())
    journal = sqlite3.connect(session_folder / "journal.sqlite")
    instruments = instruments_of(journal)
    bars = {instrument_of(path)[0]: read_klines(path)[2] for path in files}
    rates = {i.name: read_funding(funding, i.name) for i in instruments}
    hour = INTERVAL_MS[config["engine"]["interval"]] * MINUTE_MS
    start = min(rows[0].open_ms for rows in bars.values()) + config["feed"]["warm_up_bars"] * hour
    start = day_ms(config["replay"]["from"], start)
    end = day_ms(config["replay"]["until"], max(rows[-1].close_ms for rows in bars.values()))
    strategies, said, began = None, None, time.perf_counter()
    if config["strategy"]["name"] == "policy":
        strategies, said = told_by_policy(config, checkpoints, instruments, bars, rates, start, end)
    session = Session(config, instruments, bars, rates, start, end, strategies)
    session.venue.told_by_sim, session.gate.last_told_stays = False, True
    session.run()
    seconds = time.perf_counter() - began
    # What is in flight when the files end is cancelled; of what was sent after the last fill
    # ps_compare does not ask that.
    heard_ms = max((fill["time_ms"] for fill in session.venue.fills), default=0) + hour
    for orders in session.venue.open.values():
        for order in orders:
            if order.decided_ms < heard_ms:
                order.state, order.ended_by = "cancelled", "by_engine"
    return session, seconds, said


def compared(session_folder, session):
    """Positions that differ, and the largest difference of equity, relative."""
    journal = sqlite3.connect(session_folder / "journal.sqlite")
    theirs = {(name, open_ns // 10**6): (held, wanted) for name, open_ns, held, wanted in journal.execute(
        "select instrument, bar_open_ns, position_raw, wanted_raw from decisions")}
    ours = {(d.instrument, d.bar.open_ms): (d.position, d.wanted) for d in session.decisions}
    differing = sorted(key for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key))
    equity = [row[0] for row in journal.execute("select equity_raw from equity order by record")]
    mine = [point["equity"] for point in session.equity_points]
    apart = max((abs(a - b) / abs(b) for a, b in zip(equity, mine)), default=0.0)
    if len(equity) != len(mine):
        apart = float("inf")
    return differing, len(mine), apart


def apart(a, b):
    return max((abs(x - y) for x, y in zip(a, b)), default=0.0)


def policy_compared(session_folder, said):
    """Largest differences of what the policy saw and said, and the gradient steps that ended otherwise."""
    journal = sqlite3.connect(session_folder / "journal.sqlite")
    found = dict(features_apart=0.0, account_apart=0.0, weights_apart=0.0, weights=0, steps=0, steps_differing=0,
                 steps_apart=0.0)
    answers = {key: answer for name, rows in said.answers.items() for key, answer in zip(said.keys[name], rows)}
    for name, open_ns, weight, detail in journal.execute(
            "select instrument, bar_open_ns, weight, detail from decisions"):
        key = name, open_ns // 10**6
        mine, words = answers[key][0], said.words.get(key)
        if (weight is None) != (mine is None):
            found["weights_apart"] = float("inf")
        elif weight is not None:
            found["weights"] += 1
            found["weights_apart"] = max(found["weights_apart"], abs(weight - mine))
        seen = json.loads(detail)["observation"]
        if words and seen:
            width = len(words["features"])
            found["features_apart"] = max(found["features_apart"], apart(seen[:width], words["features"]))
            found["account_apart"] = max(found["account_apart"], apart(seen[width:], words.get("own", [])))
    figures = ("step_norm", "kl", "support_before", "support_after", "held_base", "held_adapted")
    theirs, causes, proposed = {}, {}, {}
    for row in journal.execute("select instrument, time_ns, step, cause, " + ", ".join(figures) +
                               " from adaptations order by record"):
        key = row[0], row[1] // 10**6
        if row[2] == "cut":
            causes[key] = row[3]
        elif row[2] == "proposed":
            proposed[key] = row[4:]
        else:
            rolled = row[2] == "rolled_back"
            theirs[(*key, rolled)] = (row[2], None if rolled else causes[key], () if rolled else proposed[key])
    ours = {(name, close_ms, step == "rolled_back"): (step, cause, tuple(f[k] for k in figures) if f else ())
            for name, rows in said.steps.items() for close_ms, step, cause, f in rows}
    found["steps"] = len(theirs)
    for key in theirs.keys() | ours.keys():
        a, b = theirs.get(key), ours.get(key)
        if not a or not b or a[:2] != b[:2]:
            found["steps_differing"] += 1
        else:
            found["steps_apart"] = max(found["steps_apart"], apart(a[2], b[2]))
    return found


def one(arguments, name, files):
    settings = {} if arguments.policy else dict(SETTINGS)
    settings |= {k: v for k, v in (("replay.from", arguments.first), ("replay.until", arguments.until)) if v}
    settings |= dict(pair.split("=", 1) for pair in arguments.set)
    with tempfile.TemporaryDirectory() as place:
        folder, bars, whole, inside = played(arguments.proteus, files, arguments.funding,
                                             pathlib.Path(place), settings, arguments.policy)
        session, seconds, said = computed(folder, files, arguments.funding, arguments.checkpoints)
        differing, points, apart = compared(folder, session)
        rows = ps_compare.compare(folder / "journal.sqlite", session, WEIGHTS_NEAR if said else 0.0)
        policy = policy_compared(folder, said) if said else {}
    return policy | dict(run=name, bars=bars, points=points, fills=len(session.venue.fills),
                positions_differing=len(differing),
                first=f"{differing[0][0]} {moment(differing[0][1])}" if differing else None,
                equity_apart=apart, every_row_equal=rows["equal"],
                rows_differing=[f"{t['table']}: {t['rows'] - t['equal']} of {t['rows']}, first {t['first_difference']['key']} "
                                f"in {', '.join(t['first_difference']['columns'])}"
                                for t in rows["tables"] if t["first_difference"]],
                equity=session.books.equity() / S, bars_s=bars / whole, bars_s_inside=bars / inside if inside >= 0.02 else None,
                python_bars_s=len(session.used_bars) / seconds)


def moment(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).isoformat()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--proteus", required=True, help="the program")
    parser.add_argument("--klines", required=True, nargs="+", type=pathlib.Path)
    parser.add_argument("--funding", required=True, help="folder of funding files")
    parser.add_argument("--together", action="store_true", help="all as one account as well")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--policy", metavar="CONFIG", help="the policy, by these settings, and not sma_cross")
    parser.add_argument("--checkpoints", type=pathlib.Path, help="folder of its checkpoints",
                        default=pathlib.Path(__file__).resolve().parents[2] / "models/shipped/policy-1h")
    parser.add_argument("--from", dest="first", metavar="DAY", help="first day that is decided, as 2023-06-01")
    parser.add_argument("--until", metavar="DAY", help="midnight of the end")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of the run's settings")
    arguments = parser.parse_args()
    if arguments.policy and ps_policy is None:
        print("the policy needs numpy")
        return 77
    lacking = [path for path in arguments.klines if not path.is_file()]
    if lacking:
        print(f"not there: {lacking[0]}")
        return 77
    # A file that does not outlast the policy's warm-up has nothing to decide, and the program refuses it alone.
    least = ps_policy.warm_up_bars(arguments.checkpoints) if arguments.policy else 0
    short = [path for path in arguments.klines if least and len(read_klines(path)[2]) <= least]
    runs = [(instrument_of(path)[0], [path]) for path in arguments.klines if path not in short]
    if arguments.together:
        runs.append(("together", arguments.klines))
    results = [one(arguments, name, files) for name, files in runs]
    if arguments.json:
        print(json.dumps(results, indent=1))
    else:
        print(f"{'run':<17} {'bars':>7} {'fills':>6} {'positions':>9} {'equity':>8} {'rows':>6} "
              f"{'bars/s':>9} {'inside':>9} {'Python':>8}  ends with")
        for r in results:
            print(f"{r['run']:<17} {r['bars']:>7} {r['fills']:>6} "
                  f"{r['positions_differing'] or 'equal':>9} {r['equity_apart']:>8.1e} "
                  f"{'equal' if r['every_row_equal'] else 'differ':>6} {r['bars_s']:>9.0f} "
                  f"{'-' if r['bars_s_inside'] is None else round(r['bars_s_inside']):>9} {r['python_bars_s']:>8.0f}  {r['equity']:.9f}"
                  + (f"  first: {r['first']}" if r["first"] else ""))
            for words in r["rows_differing"]:
                print("  " + words)
            if arguments.policy:
                print(f"  weights {r['weights']}, apart {r['weights_apart']:.1e}; features {r['features_apart']:.1e}; "
                      f"account {r['account_apart']:.1e}; gradient steps {r['steps']}, other verdicts "
                      f"{r['steps_differing']}, figures {r['steps_apart']:.1e}")
        for path in short:
            print(f"{instrument_of(path)[0]}: not alone, its bars are no more than the {least} of the warm-up")
    good = all(r["positions_differing"] == 0 and r["equity_apart"] <= TOLERANCE
               and r.get("weights_apart", 0.0) <= WEIGHTS_NEAR for r in results)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
