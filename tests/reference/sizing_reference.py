#!/usr/bin/env python3
"""Sizing computed again from docs/reference/sizing.md alone, for tests/golden/sizing.csv.

Standard library only. Every double follows the order of operations on that page; the moments are
also computed from their definition (weighted sums over all samples) and must agree.

    python3 tests/reference/sizing_reference.py > tests/golden/sizing.csv
"""

import math
import sys

SCALE = 10**9
BARS_PER_YEAR = 365.0  # one day
COST = {False: 0.00055 + 0.0001, True: 0.001 + 0.0001}  # of a change by one unit; True: spot


class Random:
    """A 64-bit linear congruential generator: the same numbers everywhere."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2.0**53

    def normal(self):
        return sum(self.uniform() for _ in range(12)) - 6.0


class Moments:
    def __init__(self, decay):
        self.decay, self.samples = decay, []
        self.w = self.w2 = self.mean = self.s = 0.0

    def add(self, x):
        self.samples.append(x)
        self.w = self.decay * self.w + 1.0
        self.w2 = self.decay * self.decay * self.w2 + 1.0
        off = x - self.mean
        self.mean = self.mean + off / self.w
        self.s = self.decay * self.s + off * (x - self.mean)

    def variance(self):
        if len(self.samples) < 2:
            return 0.0
        return self.s / (self.w - self.w2 / self.w)

    def effective(self):
        return self.w * self.w / self.w2 if self.samples else 0.0

    def check_definition(self):
        n = len(self.samples)
        if n < 2:
            return
        weights = [self.decay ** (n - 1 - i) for i in range(n)]
        w, w2 = math.fsum(weights), math.fsum(a * a for a in weights)
        mean = math.fsum(a * x for a, x in zip(weights, self.samples)) / w
        var = math.fsum(a * (x - mean) ** 2 for a, x in zip(weights, self.samples)) / (w - w2 / w)
        assert math.isclose(self.mean, mean, rel_tol=1e-9, abs_tol=1e-15), (self.mean, mean)
        assert math.isclose(self.variance(), var, rel_tol=1e-9, abs_tol=1e-18)
        assert math.isclose(self.effective(), w * w / w2, rel_tol=1e-9)


class Shadow:
    def __init__(self, decay, cost):
        self.returns, self.cost = Moments(decay), cost
        self.close, self.held, self.before, self.bars = 0.0, 0, 0, 0

    def on_close(self, close):
        if self.close > 0.0:
            self.returns.add(self.held * (close / self.close - 1.0) - self.cost * abs(self.held - self.before))
            self.bars += self.held != 0
        self.close, self.before = close, self.held

    def fraction(self):
        mu, var, periods = self.returns.mean, self.returns.variance(), self.returns.effective()
        if not (mu > 0.0 and var > 0.0 and periods > 0.0):
            return 0.0
        sr2 = mu * mu / var
        return mu / var * (sr2 / (sr2 + 1.0 / periods))


CONFIGS = [
    dict(name="default", kelly_half_life=None, shares=[0.25, 0.25], gross_max=1.0, floor=0.05,
         bad="flat"),
    dict(name="other", kelly_half_life=200, shares=[0.6, 0.4], gross_max=0.9, floor=0.0, bad="hold"),
]
INSTRUMENTS = [  # spot, lot, least quantity, least value: all in units of 1e-9
    dict(spot=False, lot=SCALE // 1000, quantity_min=SCALE // 1000, notional_min=5 * SCALE),
    dict(spot=True, lot=SCALE // 100000, quantity_min=0, notional_min=5 * SCALE),
]


def divide_near(a, b):
    q, r = divmod(abs(a), b)
    q += 2 * r >= b
    return q if a >= 0 else -q


def notional(price, quantity):
    return divide_near(price * quantity, SCALE)


def cut(value, step):
    return (1 if value >= 0 else -1) * (abs(value) // step * step)


def below_minimum(inst, price, quantity):
    return quantity < inst["quantity_min"] or notional(price, quantity) < inst["notional_min"]


class Sizer:
    def __init__(self, config, index):
        self.c, self.inst = config, INSTRUMENTS[index]
        half = config["kelly_half_life"]
        self.shadow = Shadow(0.5 ** (1.0 / half) if half else 1.0, COST[self.inst["spot"]])
        self.logs = Moments(1.0 - 2.0 / (60.0 + 1.0))
        self.close = 0.0
        self.allotment = config["shares"][index] * config["gross_max"]

    def size(self, close_raw, target, confidence, held, value, equity):
        close = close_raw / 1e9
        if self.close > 0.0:
            self.logs.add(math.log(close / self.close))
        self.shadow.on_close(close)
        self.close = close
        keep = (None, held, True)
        if target is None:
            self.shadow.held = 0
            return keep
        if not (abs(target) <= 1.0 and 0.0 <= confidence <= 1.0):
            self.shadow.held = 0
            return ([(0.0, 0.0)], held, True) if self.c["bad"] == "hold" else ([(0.0, 0.0)], 0, False)
        steps = []
        x = 0.0 if self.inst["spot"] and target < 0.0 else target
        self.shadow.held = (x > 0.0) - (x < 0.0)
        steps.append((x, target))
        x = x * confidence
        steps.append((x, confidence))
        if len(self.logs.samples) < 20:
            factor = 0.0
        else:
            sigma = math.sqrt(self.logs.variance()) * math.sqrt(BARS_PER_YEAR)
            factor = min(0.5 / sigma, 2.0) if sigma > 0.0 else 2.0
        x = min(max(x * factor, -1.0), 1.0)
        steps.append((x, factor))
        cap = self.c["floor"]
        if self.shadow.bars >= 100:
            cap = max(0.25 * self.shadow.fraction(), cap)
        x = math.copysign(min(abs(x), cap), x)
        steps.append((x, cap))
        weight = x * self.allotment if equity > 0 else 0.0
        steps.append((weight, self.allotment))
        current = (value / 1e9) / (equity / 1e9) if equity > 0 else 0.0
        band = 0.01 * self.allotment
        kept = weight != 0.0 and abs(weight - current) < band
        if kept:
            weight = current
        steps.append((weight, band))
        if kept:
            return steps, held, True
        wanted = cut(math.trunc(weight * (equity / 1e9) / close * 1e9), self.inst["lot"])
        if wanted != 0 and below_minimum(self.inst, close_raw, abs(wanted)):
            wanted = 0
        if self.inst["spot"] and wanted < held:
            sold = cut(held - wanted, self.inst["lot"])
            if sold == 0 or below_minimum(self.inst, close_raw, sold):
                return steps, held, True
        return steps, wanted, False


def run(out):
    columns = ["config", "instrument", "bar", "close", "target", "confidence", "held", "value", "equity",
               "steps"]
    for name in ("target", "confidence", "volatility", "kelly", "allocation", "band"):
        columns += [f"{name}_weight", f"{name}_factor"]
    columns += ["wanted", "unchanged"]
    out.write(",".join(columns) + "\n")
    for number, config in enumerate(CONFIGS):
        random = Random(20250529 + number)
        sizers = [Sizer(config, i) for i in range(2)]
        price = [106631.1, 2650.0]
        raw = [round(p * 1e9) for p in price]
        held, equity = [0, 0], 100000 * SCALE
        for bar in range(400):
            for i in range(2):
                # Calm, then wild and rising, then falling; a target that is often right, then not.
                drift = 0.0028 if bar < 260 else -0.002
                noise = 0.008 if bar < 60 else 0.025
                step = drift + noise * random.normal()
                target, confidence = max(-1.0, min(1.0, 0.8 + 0.5 * random.normal())), 0.4 + 0.6 * random.uniform()
                if bar >= 300:
                    target = -target
                if bar % 37 == 5:
                    target = None
                elif bar % 53 == 7:
                    target = [float("nan"), 1.5, float("-inf")][bar % 3]
                elif bar % 41 == 9:
                    target = 0.0
                if bar % 61 == 30:
                    target, confidence = 0.0002, 1.0  # a wish below the venue's minimum
                before = raw[i]
                price[i] *= math.exp(step)
                raw[i] = round(price[i] * 100) * (SCALE // 100)
                equity += held[i] * (raw[i] - before) // SCALE
                value = notional(raw[i], held[i])
                steps, wanted, unchanged = sizers[i].size(raw[i], target, confidence, held[i], value, equity)
                row = [number, i, bar, raw[i], "" if target is None else repr(target), repr(confidence), held[i],
                       value, equity, len(steps or [])]
                for k in range(6):
                    row += [repr(v) for v in steps[k]] if steps and k < len(steps) else ["", ""]
                out.write(",".join(str(v) for v in row + [wanted, int(unchanged)]) + "\n")
                held[i] = wanted
            if bar % 50 == 49:
                for sizer in sizers:
                    sizer.logs.check_definition()
                    sizer.shadow.returns.check_definition()


if __name__ == "__main__":
    run(sys.stdout)
