#!/usr/bin/env python3
"""A paper daemon that is killed with SIGKILL again and again and goes on with --resume, against an undisturbed run of the same
market and against the independent computation of tests/reference: the same bars, decisions, orders, fills, funding and equity to
the unit, and no order twice.

  kill_test.py --proteus BIN [--kills N] [--minutes N] [--seed N]

The simulated exchange is paced by its reader: while no daemon lives its time stands still, so a restart costs no bar. Three kills
of four come at a random instant of the market's time, one of four at a random instant of the daemon's start.
"""
import argparse
import json
import pathlib
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

import parity_test as parity
import made_market
import paper_session

STRATEGY = {"fast": 5, "slow": 20}
# Segments of the log as short as may be, so that restarts begin with snapshots too.
STORAGE = {"storage.log_part_bytes": 1 << 20}


class Sim(parity.Process):
    def __init__(self, proteus, folder, klines, funding, seed):
        (folder / "sim.toml").write_text(parity.toml({
            "sim": {"paced": True, "push_interval": "5s", "history_bars": parity.HISTORY_BARS, "seed": seed},
            "sim.server": {"port": 0, "files": [str(k) for k in klines], "funding_folder": str(funding)},
            "sim.faults": parity.FAULTS}))
        super().__init__(proteus, "sim", "--config", str(folder / "sim.toml"))
        said = self.await_line(r"rest=\S+:(?P<port>\d+) .*start=(?P<start>\S+) end=(?P<end>\S+)")
        self.port, self.start, self.end_time = said["port"], said["start"], said["end"]


def milliseconds(text):
    """Of "2025-05-29T17:05:00.123456789Z"."""
    whole = paper_session.datetime.datetime.fromisoformat(text[:19] + "+00:00").timestamp() * 1000
    return whole + (float("0" + text[19:-1]) * 1000 if len(text) > 20 else 0.0)


def status(path):
    """The daemon's status, or nothing while it does not answer."""
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            s.connect(str(path))
            s.sendall(b"status\n")
            text = b""
            while not text.endswith(b"\n"):
                piece = s.recv(1 << 16)
                if not piece:
                    return None
                text += piece
            found = json.loads(text)
            return None if "error" in found else found
    except (OSError, ValueError):
        return None


def start(proteus, folder, log):
    overrides = [x for key, value in STORAGE.items() for x in ("--set", f"{key}={value}")]
    return subprocess.Popen([proteus, "paper", "--resume", "--config", str(folder / "paper.toml"), *overrides],
                            stdout=subprocess.DEVNULL, stderr=log)


def run_to_end(proteus, folder, sim):
    with open(folder / "paper.log", "ab") as log:
        paper = start(proteus, folder, log)
        end = parity.End(sim.end_time)
        while True:
            now = status(folder / "s")
            if now and end.reached(now):
                break
            if paper.poll() is not None:
                raise SystemExit(f"the daemon ended with {paper.returncode}:\n{(folder / 'paper.log').read_text()[-4000:]}")
            time.sleep(0.02)
        paper.send_signal(signal.SIGTERM)
        code = paper.wait(timeout=120)
    assert code == 0, (folder / "paper.log").read_text()[-4000:]


def killed_often(proteus, folder, sim, kills, draw):
    """Kills done, and how many of them came during a start."""
    begin, end = milliseconds(sim.start), milliseconds(sim.end_time)
    reached, early = begin, 0
    for n in range(kills):
        with open(folder / "paper.log", "ab") as log:
            paper = start(proteus, folder, log)
            born = time.monotonic()
            life = draw.uniform(0.0, 0.4) if n % 4 == 3 else None
            target = reached + draw.uniform(0.0, 2.0 * (end - reached) / (kills - n + 1))
            while True:
                if paper.poll() is not None:
                    raise SystemExit(f"life {n} ended with {paper.returncode}:\n"
                                     f"{(folder / 'paper.log').read_text()[-4000:]}")
                if life is not None and time.monotonic() - born >= life:
                    early += 1
                    break
                now = status(folder / "s")
                if now:
                    reached = max(reached, milliseconds(now["venue_time"]))
                    if life is None and reached >= target:
                        break
                time.sleep(0.001)
            paper.kill()
            paper.wait()
    return early


def rows(session, query):
    with sqlite3.connect(f"file:{session / 'journal.sqlite'}?mode=ro", uri=True) as db:
        return db.execute(query).fetchall()


def without_code(row):
    """Ids without the session's code and the second of the decision: after a restart a decision may come some seconds later."""
    return tuple(re.sub(r"^p[0-9a-z]{13}-(.{3})-.{7}-", r"\1-", x) if isinstance(x, str) else x for x in row)


TABLES = {
    "orders": "select id, instrument, side, quantity, reduce_only from orders order by instrument, record",
    "fills": "select order_id, instrument, side, quantity, price, fee, time from fills order by instrument, record",
    "funding": "select instrument, time, position, amount from funding order by time, instrument",
    "equity": "select substr(time, 1, 16), equity, cash, gross from equity order by time",
}


def compare(quiet, killed):
    wrong = 0
    for table, query in TABLES.items():
        a = [without_code(r) for r in rows(quiet, query)]
        b = [without_code(r) for r in rows(killed, query)]
        differing = [(x, y) for x, y in zip(a, b) if x != y]
        same = len(a) == len(b) and not differing
        print(f"  {table}: {len(a)} undisturbed, {len(b)} killed, {'equal' if same else f'DIFFERENT, first {differing[:1]}'}")
        wrong += not same
    ids = [r[0] for r in rows(killed, "select id from orders")]
    print(f"  order ids: {len(ids)}, doubled {len(ids) - len(set(ids))}")
    return wrong + (len(ids) != len(set(ids)))


def session_of(folder):
    return parity.only_session(folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--proteus", required=True)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--minutes", type=int, default=1440 + parity.HISTORY_BARS)
    parser.add_argument("--seed", type=int, default=parity.SEED)
    parser.add_argument("--keep", help="work here and leave everything there")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    draw = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="proteus-kill-") as temporary:
        folder = pathlib.Path(arguments.keep or temporary)
        klines, funding = made_market.write(folder / "made", arguments.minutes, arguments.seed)
        sessions = {}
        for name in ("quiet", "killed"):
            place = folder / name
            place.mkdir(parents=True, exist_ok=True)
            sim = Sim(arguments.proteus, place, klines, funding, arguments.seed)
            (place / "paper.toml").write_text(parity.paper_config(place, sim.port, STRATEGY))
            if name == "killed":
                early = killed_often(arguments.proteus, place, sim, arguments.kills, draw)
            run_to_end(arguments.proteus, place, sim)
            sim.end()
            sessions[name] = session_of(place)
        log = (folder / "killed" / "paper.log").read_text()
        told = re.findall(r"Session told again\. .*?inputs=(\d+) records=(\d+)", log)
        print(f"{arguments.kills} kills, {early} of them within 0.4 s of a start; {len(told)} restarts told "
              f"{sum(int(i) for i, _ in told)} inputs again, {sum(int(r) for _, r in told)} records compared")
        wrong = compare(sessions["quiet"], sessions["killed"])
        for name, session in sessions.items():
            print(f"{name} against the independent computation:")
            wrong += paper_session.main(["--session", str(session), "--klines", *map(str, klines), "--funding", str(funding),
                                         "--start", sim.start]) != 0
        return wrong != 0


if __name__ == "__main__":
    sys.exit(main())
