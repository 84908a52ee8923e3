"""A small made market as kline and funding files: what the parity tests play where no recorded data is at hand.

Three perpetuals whose ticks and lots stand in docs/reference/sim.md, one-minute bars, with holes of one and of many
bars (each instrument its own), a minute without volume, and one without range. Prices are exact multiples of the tick.
"""
import csv
import pathlib
import random

START_MS = 1_748_736_000_000  # 2025-06-01T00:00:00Z
MINUTE_MS = 60_000
MARKETS = {  # decimals of the tick, first price in ticks, decimals of the lot, typical volume in lots
    "BTCUSDT": (1, 1_046_000, 3, 12_000),
    "ETHUSDT": (2, 252_700, 2, 40_000),
    "SOLUSDT": (2, 15_640, 1, 30_000),
}
HOLES = {"BTCUSDT": {700}, "ETHUSDT": {700, 701, *range(1500, 1600)}, "SOLUSDT": set(range(2000, 2005))}


def decimal(units, places):
    sign, text = "-" if units < 0 else "", str(abs(units)).rjust(places + 1, "0")
    return f"{sign}{text[:-places]}.{text[-places:]}"


def write(folder, minutes, seed):
    """Writes the files below `folder`; returns (kline files in instrument order, folder of funding files)."""
    folder = pathlib.Path(folder)
    funding = folder / "funding"
    funding.mkdir(parents=True)
    files = []
    for name, (places, price, lot_places, volume) in MARKETS.items():
        draw = random.Random(f"{seed} {name}")
        path = folder / f"bybit-linear_{name}_1m.csv"
        files.append(path)
        with path.open("w", newline="") as out:
            rows = csv.writer(out, lineterminator="\n")
            rows.writerow("start_ms,open,high,low,close,volume,turnover".split(","))
            for minute in range(minutes):
                trend = 0.0001 if (minute // 240) % 2 == 0 else -0.0001  # long enough to be followed
                move = round(price * draw.gauss(trend, 0.0008))
                quiet = minute % 997 == 500
                close = price if quiet else max(1, price + move)
                spread = 0 if quiet else round(abs(draw.gauss(0, 0.0004)) * price)
                low, high = min(price, close) - spread, max(price, close) + spread
                lots = 0 if quiet else 1 + int(volume * draw.expovariate(1.0))
                if minute not in HOLES[name]:
                    rows.writerow([START_MS + minute * MINUTE_MS, *(decimal(p, places) for p in (price, high, low, close)),
                                   decimal(lots, lot_places), ""])
                price = close
        with (funding / f"bybit-linear_{name}_funding.csv").open("w", newline="") as out:
            rows = csv.writer(out, lineterminator="\n")
            rows.writerow(["time_ms", "rate"])
            for hours in range(0, minutes // 60 + 9, 8):
                rows.writerow([START_MS + hours * 3_600_000, decimal(draw.randint(-20_000, 30_000), 8)])
    return files, funding
