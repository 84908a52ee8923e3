"""All feature sets once more, written as window formulas over whole arrays.

Independent of the C++ streams: nothing here is incremental, every number is computed from the
definition in docs/reference/features.md with numpy. The bars come from integer arithmetic alone
(`make_bars`), so that the C++ test makes exactly the same ones.

  features_reference.py FOLDER          writes features_chapter.csv, _practitioner and _trend
  features_reference.py --check FOLDER  compares the files with a fresh computation (1e-12)
"""
import csv
import math
import pathlib
import sys

import numpy as np

BARS = 620
TREND_BARS = 1560
MINUTE_MS = 60_000
START_MS = 1_748_538_300_000  # 2025-05-29T17:05:00Z: in the middle of a quarter of an hour
TICK_RAW = 10_000_000  # one tick is 0.01, in units of 1e-9
ROWS_MAX = 360


def make_bars(count=BARS):
    """Integer bars: a walk in ticks with a calm, a frozen and a volumeless stretch.

    x <- x * 6364136223846793005 + 1442695040888963407 mod 2^64; a draw is x >> 33.
    Volume is draw / 1000 in one division of two exact doubles.
    """
    state = 42

    def draw(n):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % n

    bars, close = [], 1_000_000
    for i in range(count):
        frozen, calm, silent = 150 <= i < 200, 300 <= i < 360, 120 <= i < 200
        opened = close
        step = draw(2001) - 1000
        if calm:
            step = step // 100
        if draw(50) == 0:
            step *= 8
        wick_up, wick_down, volume = draw(300), draw(300), draw(5_000_000)
        if frozen:
            step = wick_up = wick_down = 0
        close = max(100_000, opened + step)
        bars.append({
            "open_ms": START_MS + i * MINUTE_MS,
            "high": max(opened, close) + wick_up,
            "low": min(opened, close) - wick_down,
            "close": close,
            "volume": 0.0 if silent else volume / 1000.0,
            "funding_known": i % 7 != 0,
            "funding_rate_e9": 100_000 + (i % 5) * 37_000 - (2_000_000 if i % 11 == 0 else 0),
        })
    return bars


def over(a, b):
    return a / b if b != 0.0 else 0.0


def adjusted_mean(values, span):
    """pandas' ewm(span=span, adjust=True).mean() of the last value, as one weighted mean."""
    weights = (1.0 - 2.0 / (span + 1.0)) ** np.arange(len(values) - 1, -1, -1.0)
    return float(np.dot(weights, values) / weights.sum())


def adjusted_z(values, span):
    weights = (1.0 - 2.0 / (span + 1.0)) ** np.arange(len(values) - 1, -1, -1.0)
    mean = np.dot(weights, values) / weights.sum()
    deviation = math.sqrt(np.dot(weights, (values - mean) ** 2) / weights.sum())
    return over(float(values[-1] - mean), deviation)


def clip(x):
    return min(10.0, max(-10.0, x))


CHAPTER = ["return_1", "return_5", "return_10", "sma_20", "ema_20", "volatility_20", "momentum_20",
           "rsi_14", "macd_12_26", "bollinger_20", "volume_20"]


def chapter_row(close, volume, t):
    c, window = close[t], close[t - 19:t + 1]
    returns = np.log(close[t - 19:t + 1] / close[t - 20:t])
    changes = np.diff(close[t - 14:t + 1])
    rises, falls = changes.clip(min=0).sum(), (-changes).clip(min=0).sum()
    before = close[t - 20:t]
    volumes = volume[t - 19:t + 1]
    used = volumes if volumes.sum() > 0 else np.abs(returns)
    return [c / close[t - 1] - 1, c / close[t - 5] - 1, c / close[t - 10] - 1,
            c / window.mean() - 1,
            c / adjusted_mean(close[:t + 1], 20) - 1,
            returns.std(),
            c / close[t - 20] - 1,
            rises / (rises + falls) if rises + falls > 0 else 0.5,
            (adjusted_mean(close[:t + 1], 12) - adjusted_mean(close[:t + 1], 26)) / c,
            over(c - before.mean(), 2 * before.std()) if before.std() > 1e-9 else 0.0,
            used[-1] / used.mean() - 1 if used.sum() > 0 else 0.0]


PRACTITIONER = ["scaled_return_1", "scaled_return_4", "scaled_return_16", "scaled_return_64",
                "scaled_return_256", "volatility_ratio", "range_z", "volume_z", "funding",
                "funding_known", "day_sin", "day_cos", "week_sin", "week_cos", "higher_trend",
                "higher_volatility"]


def practitioner_row(bars, close, t, per_higher=15, funding_hours=8):
    log_close = np.log(close[:t + 1])
    returns = np.diff(log_close)
    sigma = math.sqrt(adjusted_mean(returns ** 2, 60))
    row = [clip(over(log_close[t] - log_close[t - h], sigma * math.sqrt(h)))
           for h in (1, 4, 16, 64, 256)]
    long_square = np.mean(returns[-256:] ** 2)
    row.append(math.sqrt(np.mean(returns[-16:] ** 2) / long_square) - 1 if long_square > 0 else 0.0)
    row.append(adjusted_z(np.log(np.array([b["high"] / b["low"] for b in bars[:t + 1]])), 64))
    row.append(adjusted_z(np.sqrt(np.array([b["volume"] for b in bars[:t + 1]])), 64))
    bar = bars[t]
    bp_per_8h = bar["funding_rate_e9"] / 1e5 * (8 / funding_hours)
    row += [clip(bp_per_8h), 1.0] if bar["funding_known"] else [0.0, 0.0]
    closed_ms = bar["open_ms"] + MINUTE_MS
    day_ms = 86_400_000
    day = 2 * math.pi * (closed_ms % day_ms) / day_ms
    monday = 4 * day_ms  # 1970-01-05
    week = 2 * math.pi * ((closed_ms - monday) % (7 * day_ms)) / (7 * day_ms)
    row += [math.sin(day), math.cos(day), math.sin(week), math.cos(week)]
    # A higher bar ends where a close time is a multiple of its length; the first one is not whole.
    length = per_higher * MINUTE_MS
    ends = [i for i in range(per_higher - 1, t + 1)
            if (bars[i]["open_ms"] + MINUTE_MS) % length == 0]
    higher = log_close[ends]
    sigma_h = math.sqrt(adjusted_mean(np.diff(higher) ** 2, 16))
    row.append(clip(over(higher[-1] - higher[-5], 2 * sigma_h)))
    row.append(clip(sigma_h / (sigma * math.sqrt(per_higher)) - 1) if sigma > 0 else 0.0)
    return row


TREND = (["scaled_return_%d" % h for h in (1, 4, 12, 24, 72, 168, 336, 720, 1440)] +
         ["trend_8_24", "trend_32_96", "trend_128_384", "volatility_ratio", "volume_z", "funding"])


def trend_row(bars, close, t):
    log_close = np.log(close[:t + 1])
    returns = np.diff(log_close)
    sigma = math.sqrt(adjusted_mean(returns ** 2, 480))
    row = [clip(over(log_close[t] - log_close[t - h], sigma * math.sqrt(h)))
           for h in (1, 4, 12, 24, 72, 168, 336, 720, 1440)]
    for fast, slow in ((8, 24), (32, 96), (128, 384)):
        apart = math.log(adjusted_mean(close[:t + 1], fast) / adjusted_mean(close[:t + 1], slow))
        row.append(clip(over(apart, sigma * math.sqrt(slow))))
    row.append(min(3.0, math.sqrt(adjusted_mean(returns ** 2, 24)) / sigma - 1) if sigma > 0 else 0)
    row.append(adjusted_z(np.sqrt(np.array([b["volume"] for b in bars[:t + 1]])), 168))
    bar = bars[t]
    row.append(clip(bar["funding_rate_e9"] / 1e5 - 1) if bar["funding_known"] else 0.0)
    return row


def tables():
    longer = make_bars(TREND_BARS)
    closes = np.array([float(b["close"]) for b in longer])
    yield "features_trend.csv", TREND, [
        (t, longer[t]["close"], trend_row(longer, closes, t)) for t in range(1440, TREND_BARS)]
    bars = make_bars()
    close = np.array([float(b["close"]) for b in bars])
    volume = np.array([b["volume"] for b in bars])
    yield "features_chapter.csv", CHAPTER, [
        (t, bars[t]["close"], chapter_row(close, volume, t)) for t in range(77, 77 + ROWS_MAX)]
    yield "features_practitioner.csv", PRACTITIONER, [
        (t, bars[t]["close"], practitioner_row(bars, close, t))
        for t in range(256, 256 + ROWS_MAX)]


def main():
    check = "--check" in sys.argv
    folder = pathlib.Path(sys.argv[-1])
    worst = 0.0
    for name, names, rows in tables():
        if not check:
            with open(folder / name, "w", newline="\n") as f:
                f.write(",".join(["bar", "close_ticks"] + names) + "\n")
                for t, close, values in rows:
                    f.write(f"{t},{close}," + ",".join("%.17g" % v for v in values) + "\n")
            continue
        with open(folder / name) as f:
            kept = list(csv.reader(f))
        assert kept[0] == ["bar", "close_ticks"] + names and len(kept) == len(rows) + 1, name
        for line, (t, close, values) in zip(kept[1:], rows):
            assert [int(x) for x in line[:2]] == [t, close], (name, t)
            worst = max(worst, max(abs(float(a) - b) for a, b in zip(line[2:], values)))
    if check:
        print(f"largest difference {worst:.3g}")
        sys.exit(0 if worst <= 1e-12 else 1)


if __name__ == "__main__":
    main()
