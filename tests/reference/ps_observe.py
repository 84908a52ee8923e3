"""The observation of each decision: the strategy's own numbers and the `chapter` features.

Without numpy only the former are compared, and the report says so. The features come from features_reference.py, which computes each row from windows over the arrays.
Doubles of another order of operations: equal within `TOLERANCE`, absolute or relative.
"""
import json

try:  # Only the features need it; without it the strategy's own numbers are compared alone.
    import numpy as np

    from features_reference import chapter_row
except ImportError:
    np = None

TOLERANCE = 1e-9
TAIL = 900  # bars of the past that an EMA of span 26 can still tell apart: (25/27)^900 < 1e-30
WARM_UP = 78


def chapter_rows(bars, wanted):
    """{open_ms: row} of the bars whose open_ms is wanted; zeros until the set is warm."""
    close = np.array([b.close / 1e9 for b in bars])
    volume = np.array([b.volume for b in bars])
    since, rows = 0, {}
    for t, bar in enumerate(bars):
        if t > 0 and bar.open_ms != bars[t - 1].close_ms:
            since = t
        if bar.open_ms not in wanted:
            continue
        if t - since + 1 < WARM_UP:
            rows[bar.open_ms] = [0.0] * 11
            continue
        first = max(since, t - TAIL)
        rows[bar.open_ms] = chapter_row(close[first:t + 1], volume[first:t + 1], t - first)
    return rows


def own_numbers(bars, settings):
    """{open_ms: [fast mean, slow mean, fast / slow]} of sma_cross; zeros while it fills."""
    fast, slow, since, rows = settings["fast"], settings["slow"], 0, {}
    for t, bar in enumerate(bars):
        if t > 0 and bar.open_ms != bars[t - 1].close_ms:
            since = t
        if t - since + 1 < slow:
            rows[bar.open_ms] = [0.0, 0.0, 0.0]
            continue
        means = [sum(b.close for b in bars[t + 1 - n:t + 1]) / n / 1e9 for n in (fast, slow)]
        rows[bar.open_ms] = means + [means[0] / means[1]]
    return rows


def computed(session, strategy):
    """{(instrument, open_ms): observation}; None where the settings are not computed here."""
    if strategy["name"] != "sma_cross" or strategy["features"] not in ("chapter", "none"):
        return None
    found = {}
    for i in session.instruments:
        bars = [b for name, b in session.used_bars if name == i.name]
        wanted = {d.bar.open_ms for d in session.decisions if d.instrument == i.name}
        own = own_numbers(bars, strategy)
        features = chapter_rows(bars, wanted) if np and strategy["features"] == "chapter" else {}
        for open_ms in sorted(wanted):
            found[i.name, open_ms] = own[open_ms] + list(features.get(open_ms, []))
    return found


def compares_features(strategy):
    return np is not None and strategy["features"] == "chapter"


def near_enough(a, b):
    """Of the recorded a and the computed b."""
    if np is None:
        a = a[:len(b)]
    return len(a) == len(b) and all(abs(x - y) <= TOLERANCE * max(1.0, abs(x), abs(y))
                                    for x, y in zip(a, b))


def recorded(rows):
    found = {}
    for r in rows:
        observation = json.loads(r["detail"])["observation"]
        if observation:
            found[r["instrument"], r["bar_open_ns"] // 10**6] = observation
    return found
