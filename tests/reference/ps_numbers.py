"""Exact numbers of a paper session, and the files it starts from.

Written from docs/reference/paper-venue.md (section 1), markets.md and sim.md. Prices, quantities,
money and rates are Python integers in units of 1e-9; a bar's volume is a float.
"""
import csv
import gzip
import pathlib
import re
from typing import NamedTuple

S = 10**9
MINUTE_MS = 60_000
INTERVAL_MS = {"1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240,
               "6h": 360, "12h": 720, "1d": 1440}
BARS_PER_YEAR = {name: 525600.0 / minutes for name, minutes in INTERVAL_MS.items()}


def down(n, d):
    return n // d


def up(n, d):
    return -((-n) // d)


def zero(n, d):
    return n // d if n >= 0 else -((-n) // d)


def near(n, d):
    q, r = divmod(abs(n), d)
    q += 2 * r >= d
    return q if n >= 0 else -q


def unit(x):
    return round(x * 1e9)


def bps(x):
    return unit(x / 1e4)


def cut(units, step):
    """Toward zero, to a multiple of step."""
    return zero(units, step) * step


def raw(text):
    """Decimal text to units; finer than 1e-9 is an error, as for every price."""
    match = re.fullmatch(r"(-?)(\d+)(?:\.(\d*))?", text)
    if not match or len((match[3] or "").rstrip("0")) > 9:
        raise ValueError(f"{text!r} is not a decimal of at most nine places")
    units = int(match[2]) * S + int((match[3] or "").rstrip("0").ljust(9, "0"))
    return -units if match[1] else units


class Bar(NamedTuple):
    open_ms: int
    close_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: float


class Instrument(NamedTuple):
    name: str  # linear:BTCUSDT
    tick: int
    lot: int
    quantity_min: int
    quantity_max_market: int
    notional_min: int
    leverage_max: int
    funding_ms: int  # 0 on spot

    @property
    def spot(self):
        return self.name.startswith("spot:")


def table_from_docs(sim_md):
    """The instrument table of sim.md ("Instruments") as {name: Instrument}."""
    known = {}
    for line in sim_md.read_text().splitlines():
        cells = [c.strip().strip("`") for c in line.split("|")[1:-1]]
        if len(cells) != 7 or not re.fullmatch(r"(linear|spot):[A-Z0-9]+", cells[0]):
            continue
        name, tick, lot, notional, _, market_max, leverage = cells
        spot = name.startswith("spot:")
        known[name] = Instrument(name, raw(tick), raw(lot), 0 if spot else raw(lot),
                                 raw(market_max), raw(notional), int(leverage) * S,
                                 0 if spot else 8 * 3600 * 1000)
    if not known:
        raise ValueError(f"{sim_md}: no table of known instruments found")
    return known


def table_from_rest(answer):
    """The same from an answer of GET /v5/market/instruments-info."""
    category, known = answer["result"]["category"], {}
    for row in answer["result"]["list"]:
        lots = row["lotSizeFilter"]
        spot = category == "spot"
        notional = lots.get("minNotionalValue") or lots.get("minOrderAmt")
        name = f"{category}:{row['symbol']}"
        known[name] = Instrument(
            name, raw(row["priceFilter"]["tickSize"]),
            raw(lots["basePrecision"] if spot else lots["qtyStep"]),
            raw(lots.get("minOrderQty") or "0"),
            raw(lots.get("maxMktOrderQty") or lots.get("maxMarketOrderQty")), raw(notional),
            S if spot else raw(row["leverageFilter"]["maxLeverage"]),
            0 if spot else row["fundingInterval"] * MINUTE_MS)
    return known


def rows_of(path, header):
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", newline="") as f:
        rows = list(csv.reader(f))
    if rows[0] != header:
        raise ValueError(f"{path}: the header is {rows[0]}, not {header}")
    return rows[1:]


def instrument_of(path):
    """bybit-linear_BTCUSDT_1m.csv.gz -> ("linear:BTCUSDT", "1m")."""
    match = re.match(r"[^-]+-(linear|usdm|spot)_([A-Z0-9]+)_([0-9a-zM]+)[._]",
                     pathlib.Path(path).name)
    if not match:
        raise ValueError(f"{path}: the name tells no instrument")
    return f"{'spot' if match[1] == 'spot' else 'linear'}:{match[2]}", match[3]


def read_klines(path):
    name, interval = instrument_of(path)
    length = INTERVAL_MS[interval] * MINUTE_MS
    bars = [Bar(int(r[0]), int(r[0]) + length, raw(r[1]), raw(r[2]), raw(r[3]), raw(r[4]),
                float(r[5]))
            for r in rows_of(path, ["start_ms", "open", "high", "low", "close", "volume",
                                    "turnover"])]
    return name, interval, bars


def read_funding(folder, name):
    """{settlement time in ms: rate in units}; empty where the folder has no file."""
    if not name.startswith("linear:"):
        return {}
    found = sorted(pathlib.Path(folder).glob(f"*-linear_{name.split(':')[1]}_funding.csv*"))
    rates = {}
    for path in found:
        for time_ms, rate in rows_of(path, ["time_ms", "rate"]):
            rates[int(time_ms)] = near(*_ratio(rate))
    return rates


def _ratio(text):
    """A decimal of any number of places as (numerator, denominator) of its value in units."""
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    whole, _, part = digits.partition(".")
    return sign * int(whole + part) * S, 10**len(part)


def funding_times(after_ms, until_ms, interval_ms):
    """Multiples of the interval with after < T <= until."""
    first = (after_ms // interval_ms + 1) * interval_ms
    return range(first, until_ms + 1, interval_ms)


