#!/usr/bin/env python3
"""A whole paper session computed again, and compared row by row with what the daemon wrote.

It starts from kline files, funding files and the session's resolved config alone, and follows the
pages of docs/reference (engine, strategies, sizing, risk-controls, paper-venue, sim). Python's
standard library only; with numpy the recorded features are compared too.

  paper_session.py --session RUNS/FOLDER --klines FILE... --funding FOLDER [--json]

Exit code 0: every row of every table is equal. 1: a row differs, is missing or is too many.
What only the feed knows is checked by rule and not by value: the moment of a decision (at its close
or up to 10 s later), the session's code and the second in order ids, the age of tickers, and the
distance of the mark from the close. Fills that lie within 10 s of the edge of a
window (controls 3 and 7) may be in it or not, and the funding rate of control 29 at a settlement may be the old or the
new one, but for a replay. A bar that was decided `late` is a difference.
"""
import argparse
import datetime
import json
import pathlib
import sys
import tomllib

import ps_compare
from ps_numbers import (MINUTE_MS, INTERVAL_MS, instrument_of, read_funding, read_klines,
                        table_from_docs, table_from_rest)
from ps_run import Session

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference"
HISTORY_BARS = 1500  # sim.md: the default of sim.history_bars


def moment_ms(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def start_of(bars, base_ms, arguments):
    """Where the simulated exchange begins, sim.md "Time"."""
    if arguments.start:
        return moment_ms(arguments.start)
    history = HISTORY_BARS
    if arguments.sim_config:
        sim = tomllib.loads(pathlib.Path(arguments.sim_config).read_text()).get("sim", {})
        if sim.get("start"):
            return moment_ms(sim["start"])
        history = sim.get("history_bars", HISTORY_BARS)
    return min(rows[0].open_ms for rows in bars.values()) + history * base_ms


def build(arguments):
    folder = pathlib.Path(arguments.session)
    for name in ("config.resolved.toml", "journal.sqlite"):
        if not (folder / name).is_file():
            raise SystemExit(f"{folder} holds no {name}: give the folder of one session")
    config = tomllib.loads((folder / "config.resolved.toml").read_text())
    names, interval = config["engine"]["instruments"], config["engine"]["interval"]
    bars = {}
    for path in arguments.klines:
        name, length = instrument_of(path)
        if name in names:
            if length != interval:
                raise SystemExit(f"{path}: the run decides on {interval} bars, this file has {length}")
            bars[name] = read_klines(path)[2]
    lacking = [name for name in names if name not in bars]
    if lacking:
        raise SystemExit(f"no kline file for {', '.join(lacking)}: name one with --klines")
    known = (table_from_rest(json.loads(pathlib.Path(arguments.instruments).read_text()))
             if arguments.instruments else table_from_docs(DOCS / "sim.md"))
    instruments = [known[name] for name in names]
    for i in instruments:
        off = next((b for b in bars[i.name] if any(p % i.tick for p in b[2:6])), None)
        if off:
            raise SystemExit(f"{i.name}: the bar {off.open_ms} is off the tick; the simulated "
                             "exchange then uses a finer one, give its answer with --instruments")
    rates = {name: read_funding(arguments.funding, name) for name in names}
    base_ms = INTERVAL_MS[interval] * MINUTE_MS
    start_ms = start_of(bars, base_ms, arguments)
    until_ms = (moment_ms(arguments.until) if arguments.until
                else max(rows[-1].close_ms for rows in bars.values()))
    return config, Session(config, instruments, bars, rates, start_ms, until_ms)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--session", required=True, help="the session's folder")
    parser.add_argument("--klines", required=True, nargs="+", help="kline files, one an instrument")
    parser.add_argument("--funding", required=True, help="folder of funding files")
    parser.add_argument("--instruments", help="JSON answer of instruments-info instead of sim.md")
    parser.add_argument("--sim-config", help="TOML of the simulated exchange (start, history_bars)")
    parser.add_argument("--start", help="venue time at which the exchange began, instead")
    parser.add_argument("--until", help="last close that is compared; default: the end of the files")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    arguments = parser.parse_args(argv)
    _, session = build(arguments)
    if not pathlib.Path(arguments.session).name.endswith("-replay"):
        session.gate.edge_ms = 10_000  # A replay decides at the close itself.
    session.run()
    report = ps_compare.compare(pathlib.Path(arguments.session) / "journal.sqlite", session)
    if arguments.json:
        print(json.dumps(report, indent=1, default=str))
    else:
        ps_compare.show(report)
    return 0 if report["equal"] else 1


if __name__ == "__main__":
    sys.exit(main())
