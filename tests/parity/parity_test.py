#!/usr/bin/env python3
"""The program against the independent computation of tests/reference/paper_session.py, row by row.

  parity_test.py replay --proteus BIN              made kline files straight into the engine
  parity_test.py replay --proteus BIN --tight      with limits so low that controls refuse, a run for each form of Kelly
  parity_test.py wire --proteus BIN                the same through the simulated exchange, with faults
  parity_test.py wire --proteus BIN --data FOLDER  the recorded month, with faults

Every process is waited for by what it says; nothing sleeps. Exit code 77: FOLDER is not there.
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "reference")]
import made_market  # noqa: E402
import paper_session  # noqa: E402

SKIPPED = 77
SEED = 20250601
MADE_MINUTES = 4320
HISTORY_BARS = 240
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
FAULTS = {"drop_at_close": 0.0005, "omit_confirm": 0.005, "duplicate_per_frame": 0.01, "repeat_confirm": 0.01,
          "reorder_per_frame": 0.005, "unknown_key_per_frame": 0.01, "unknown_topic_per_frame": 0.001,
          "truncate_per_frame": 0.0005, "binary_per_frame": 0.0005}


# So low that the controls which remember refuse now and then, and Kelly's cap is more than its floor at times.
TIGHT_LIMITS = {"loss_streak_max": 6, "cooldown": "20m", "executions_max": 12, "price_drift_bps": 1.4,
                "price_drift_window": "2h", "message_rate": 0.1, "message_burst": 4, "order_value_max": 0.012,
                "gross_max": 0.035, "liquidation_ranges_min": 900.0, "duplicate_window": "5m"}
TIGHT_SIZING = {"kelly_fraction": 1.0, "kelly_floor": 0.03, "kelly_bars_min": 60, "kelly_trips_min": 5,
                "kelly_confidence": 0.5, "no_trade_band": 0.0, "volatility_target": 1.0}
TIGHT_RUNS = [{"kelly": "continuous", "kelly_half_life": 120}, {"kelly": "discrete"},
              {"kelly": "discrete", "kelly_half_life": 300}, {"kelly": "drawdown"},
              {"kelly": "drawdown", "kelly_half_life": 240, "kelly_drawdown": 0.1, "kelly_drawdown_chance": 0.4}]


def toml(sections):
    return "".join(f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
                   for name, keys in sections.items())


def paper_config(folder, port, strategy, more=None):
    return toml((more or {}) | {
        "engine": {"instruments": [f"linear:{s}" for s in SYMBOLS], "interval": "1m", "barrier": "8s"},
        "strategy": {"name": "sma_cross", "features": "chapter", **strategy},
        "feed": {"clock": "frames", "repair": "pause", "backoff_min": "10ms", "backoff_max": "100ms",
                 "rest_rate": 100.0, "missing_bar_delay": "10ms", "ping_interval": "1s", "pong_deadline": "5s"},
        "venue": {"rest": f"http://127.0.0.1:{port}", "stream": f"ws://127.0.0.1:{port}"},
        "session": {"folder": str(folder / "runs"), "socket": str(folder / "s")},
        "storage": {"record_feed": False, "keep_rows": "60d", "keep_log": "60d"}})


class Process:
    """A running proteus whose log is read line by line."""

    def __init__(self, *command):
        self.command = command
        self.child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.log = []

    def await_line(self, pattern):
        """The first line that matches; everything after it is read in the background."""
        for line in self.child.stderr:
            self.log.append(line)
            found = re.search(pattern, line)
            if found:
                threading.Thread(target=lambda: self.log.extend(self.child.stderr), daemon=True).start()
                return found
        self.child.wait()
        raise SystemExit(f"{' '.join(self.command)} ended with {self.child.returncode}:\n{''.join(self.log)}")

    def end(self):
        self.child.terminate()
        return self.child.wait(timeout=120)


def only_session(folder):
    sessions = list((folder / "runs").glob("*-paper")) + list((folder / "runs").glob("*-replay"))
    assert len(sessions) == 1, sessions
    return sessions[0]


def compared(folder, klines, funding, start):
    return paper_session.main(["--session", str(only_session(folder)), "--klines", *map(str, klines),
                               "--funding", str(funding), "--start", start])


def time_text(ms):
    return paper_session.datetime.datetime.utcfromtimestamp(ms / 1000).isoformat(timespec="milliseconds") + "Z"


def replay(proteus, folder, klines, funding, strategy, more=None):
    start = time_text(made_market.START_MS + HISTORY_BARS * made_market.MINUTE_MS)
    (folder / "paper.toml").write_text(paper_config(folder, 1, strategy, more))
    subprocess.run([proteus, "replay", *map(str, klines), "--config", str(folder / "paper.toml"),
                    "--set", f"replay.funding_folder={funding}", "--set", f"replay.from={start}"], check=True)
    return compared(folder, klines, funding, start)


def tight(proteus, folder, klines, funding, strategy):
    code = 0
    for n, form in enumerate(TIGHT_RUNS):
        print(f"\n{form}")
        (folder / str(n)).mkdir()
        more = {"risk.limits": TIGHT_LIMITS, "risk.sizing": TIGHT_SIZING | form}
        code |= replay(proteus, folder / str(n), klines, funding, strategy, more)
    return code


class End:
    """When a run is over: time has come to the end and every instrument has decided on the last minute. Time alone comes with the first
    instrument's bar. A last bar that never comes is waited for 20 s, and then missed by the comparison."""

    def __init__(self, end, seconds=20.0):
        self.end, self.seconds, self.since = end, seconds, None

    def reached(self, status):
        if status["venue_time"] < self.end:
            return False
        self.since = self.since or time.monotonic()
        last_open = (datetime.datetime.fromisoformat(self.end[:19]) - datetime.timedelta(minutes=1)).isoformat()
        decided = all((i["bar_open"] or "") >= last_open for i in status["instruments"])
        return decided or time.monotonic() - self.since > self.seconds


def wire(proteus, folder, klines, funding, strategy):
    (folder / "sim.toml").write_text(toml({
        "sim": {"paced": True, "push_interval": "5s", "history_bars": HISTORY_BARS, "seed": SEED},
        "sim.server": {"port": 0, "files": [str(k) for k in klines], "funding_folder": str(funding)},
        "sim.faults": FAULTS}))
    sim = Process(proteus, "sim", "--config", str(folder / "sim.toml"))
    said = sim.await_line(r"rest=\S+:(?P<port>\d+) .*start=(?P<start>\S+) end=(?P<end>\S+)")
    (folder / "paper.toml").write_text(paper_config(folder, said["port"], strategy))
    paper = Process(proteus, "paper", "--config", str(folder / "paper.toml"))
    paper.await_line(r"socket=\S+")
    watch = subprocess.Popen([proteus, "status", "--watch", "--json", "--socket", str(folder / "s")],
                             stdout=subprocess.PIPE, text=True)
    status, end = {}, End(said["end"])
    for line in watch.stdout:
        status = json.loads(line)
        if end.reached(status):
            break
    watch.terminate()
    code = paper.end()
    sim.end()
    print("".join(sim.log[-1:]) + f"the daemon ended with {code}; anomalies {status.get('anomalies')}, "
          f"late {status.get('late_bars')}, gaps {status.get('gaps')}, bars {status.get('bars')}")
    assert code == 0, paper.log
    return compared(folder, klines, funding, said["start"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=["replay", "wire"])
    parser.add_argument("--proteus", required=True)
    parser.add_argument("--data", help="folder with klines/ and funding/ of recorded markets")
    parser.add_argument("--tight", action="store_true", help="low limits, and each form of Kelly")
    parser.add_argument("--keep", help="work here and leave everything there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="proteus-parity-") as temporary:
        folder = pathlib.Path(arguments.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        strategy = {"fast": 5, "slow": 20}
        if arguments.data:
            data = pathlib.Path(arguments.data)
            klines = [data / "klines" / f"bybit-linear_{s}_1m.csv.gz" for s in SYMBOLS]
            funding = data / "funding"
            if not all(k.is_file() for k in klines):
                print(f"skipped: {data} holds no recorded klines (PROTEUS_DATA_DIR names another folder)")
                return SKIPPED
            strategy = {}
        else:
            print(f"seed {SEED}")
            klines, funding = made_market.write(folder / "made", MADE_MINUTES, SEED)
        if arguments.tight:
            return tight(arguments.proteus, folder, klines, funding, strategy)
        return {"replay": replay, "wire": wire}[arguments.way](arguments.proteus, folder, klines, funding, strategy)


if __name__ == "__main__":
    sys.exit(main())
