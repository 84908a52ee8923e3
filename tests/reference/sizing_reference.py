#!/usr/bin/env python3
"""Sizing computed again from docs/reference/sizing.md alone, for tests/golden/sizing.csv.

Standard library only. Every double follows the order of operations on that page; what is kept in
running sums is also computed from its definition over all samples (moments, round trips, the bound
on drawdowns) and must agree.

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


class Trips:
    """The discrete form: round trips, and the odds they show."""

    def __init__(self, decay, cost, confidence):
        self.decay, self.cost, self.z = decay, cost, confidence
        self.open = self.wins = self.losses = self.won = self.lost = self.squares = 0.0
        self.closed, self.bars, self.results = 0, [], []  # results: (bar of the closing, R)

    def on_bar(self, u1, u2, change):
        self.bars.append((u1, change))
        if self.decay != 1.0:
            self.wins, self.losses = self.decay * self.wins, self.decay * self.losses
            self.won, self.lost = self.decay * self.won, self.decay * self.lost
            self.squares = self.decay * self.decay * self.squares
        if u1 != u2:
            if u2 != 0:
                self.close(self.open - self.cost)
            self.open = -self.cost if u1 != 0 else 0.0
        if u1 != 0:
            self.open = self.open + u1 * change

    def close(self, result):
        if result > 0.0:
            self.wins, self.won = self.wins + 1.0, self.won + result
        else:
            self.losses, self.lost = self.losses + 1.0, self.lost - result
        self.squares, self.closed = self.squares + 1.0, self.closed + 1

    def estimate(self):
        """(raw, samples, shrinkage)"""
        losses, lost, squares = self.losses, self.lost, self.squares
        if self.open < 0.0:
            losses, lost, squares = losses + 1.0, lost - self.open, squares + 1.0
        weight = self.wins + losses
        if weight == 0.0:
            return 0.0, 0.0, 0.0
        n, z = weight * weight / squares, self.z
        if self.wins == 0.0:
            return 0.0, n, 0.0
        p = self.wins / weight
        odds = (lost / losses) / (self.won / self.wins) if losses > 0.0 else 0.0
        spread = z * math.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n))
        low = (p + z * z / (2.0 * n) - spread) / (1.0 + z * z / n)
        raw, careful = p - (1.0 - p) * odds, low - (1.0 - low) * odds
        return raw, n, careful / raw if careful > 0.0 else 0.0

    def check_definition(self):
        """Trips cut out of the list of bars; Wilson's bound as the p0 that lies z errors below p."""
        trips, i, last = [], 0, len(self.bars)
        while i < last:
            side, j = self.bars[i][0], i
            while j < last and self.bars[j][0] == side:
                j += 1
            if side != 0:
                result = math.fsum(side * change for _, change in self.bars[i:j]) - self.cost
                if j < last:
                    trips.append((self.decay ** (last - 1 - j), result - self.cost))
                elif result < 0.0:
                    trips.append((1.0, result))
            i = j
        if not any(r > 0.0 for _, r in trips):
            return
        won = [(w, r) for w, r in trips if r > 0.0]
        lost = [(w, -r) for w, r in trips if r <= 0.0]
        weight = math.fsum(w for w, _ in trips)
        p = math.fsum(w for w, _ in won) / weight
        n = weight**2 / math.fsum(w * w for w, _ in trips)

        def mean(pairs):
            return math.fsum(w * r for w, r in pairs) / math.fsum(w for w, _ in pairs) if pairs else 0.0
        b_inverse = mean(lost) / mean(won)
        low, high = 0.0, p
        for _ in range(200):
            middle = (low + high) / 2.0
            if p - middle > self.z * math.sqrt(middle * (1.0 - middle) / n):
                low = middle
            else:
                high = middle
        raw, samples, shrinkage = self.estimate()
        assert math.isclose(samples, n, rel_tol=1e-9), (samples, n)
        assert math.isclose(raw, p - (1.0 - p) * b_inverse, rel_tol=1e-8, abs_tol=1e-10)
        careful = max(0.0, low - (1.0 - low) * b_inverse)
        assert math.isclose(max(raw * shrinkage, 0.0), careful, rel_tol=1e-7, abs_tol=1e-9)


class Sample:
    """The drawdown form: returns in bins, and the largest fraction that keeps the bound."""

    def __init__(self, decay, drawdown, chance):
        self.decay, self.v = decay, 1.0
        self.power = math.log(chance) / math.log(1.0 - drawdown)
        self.bins, self.returns, self.bar = {}, [], 0  # bins: [W, S] by place on the line
        self.solved = (0.0, 0.0)

    @staticmethod
    def place(g):
        size = abs(g)
        if size < 2.0**-16:
            n = 1
        elif size >= 1.0:
            n = 65
        else:
            part, exponent = math.frexp(size)
            n = 2 + 4 * (exponent + 15) + math.trunc((part - 0.5) * 8.0)
        return -n if g < 0.0 else n

    def on_bar(self, counts, g):
        self.bar += 1
        if self.decay != 1.0:
            self.v = self.v / self.decay
        if counts:
            self.returns.append((self.bar, g))
            b = self.bins.setdefault(self.place(g), [0.0, 0.0])
            b[0], b[1] = b[0] + self.v, b[1] + self.v * g
        if self.bar % 128 == 0:
            if self.decay != 1.0:
                for b in self.bins.values():
                    b[0], b[1] = b[0] / self.v, b[1] / self.v
                self.v = 1.0
            self.solved = (self.solve(), float(len(self.returns)))

    def solve(self):
        points = [(self.bins[k][0], self.bins[k][1], self.bins[k][1] / self.bins[k][0])
                  for k in sorted(self.bins)]
        total = gain = 0.0
        for w, s, _ in points:
            total, gain = total + w, gain + s
        if not gain > 0.0:
            return 0.0
        low, high = 0.0, min(100.0, -1.0 / points[0][2]) if points[0][2] < 0.0 else 100.0
        for _ in range(40):
            f = 0.5 * (low + high)
            slope = 0.0
            for _, s, m in points:
                slope = slope + s / (1.0 + f * m)
            fits = slope >= 0.0
            if fits:
                expected = 0.0
                for w, _, m in points:
                    expected = expected + w * (1.0 + f * m) ** -self.power
                fits = expected <= total
            low, high = (f, high) if fits else (low, f)
        return low

    def check_definition(self):
        """Over the returns themselves, without bins: the conditions hold just below and not just above."""
        if self.bar % 128 != 0:
            return
        f = self.solved[0]
        weighted = [(self.decay ** (self.bar - bar), g) for bar, g in self.returns]
        if f == 0.0:
            assert math.fsum(w * g for w, g in weighted) <= 1e-12
            return

        def kept(f):
            if min(1.0 + f * g for _, g in weighted) <= 0.0:
                return False
            slope = math.fsum(w * g / (1.0 + f * g) for w, g in weighted)
            expected = math.fsum(w * ((1.0 + f * g) ** -self.power - 1.0) for w, g in weighted)
            return slope >= 0.0 and expected <= 0.0
        assert kept(f * 0.985), f  # a bin loses less than half a percent of the mean square
        assert not kept(f * 1.015), f


class Shadow:
    def __init__(self, config, cost):
        half = config["kelly_half_life"]
        decay = 0.5 ** (1.0 / half) if half else 1.0
        self.form = config["kelly"]
        self.returns, self.cost = Moments(decay), cost
        self.trips = Trips(decay, cost, config["kelly_confidence"])
        self.sample = Sample(decay, config["kelly_drawdown"], config["kelly_drawdown_chance"])
        self.close, self.held, self.before, self.bars = 0.0, 0, 0, 0

    def on_close(self, close):
        if self.close > 0.0:
            change = close / self.close - 1.0
            earned = self.held * change - self.cost * abs(self.held - self.before)
            self.returns.add(earned)
            self.trips.on_bar(self.held, self.before, change)
            if self.form == "drawdown":
                self.sample.on_bar(self.held != 0 or self.before != 0, earned)
            self.bars += self.held != 0
        self.close, self.before = close, self.held

    def estimate(self):
        """(raw, samples, shrinkage)"""
        if self.form == "discrete":
            return self.trips.estimate()
        mu, var, periods = self.returns.mean, self.returns.variance(), self.returns.effective()
        raw = shrinkage = 0.0
        if var > 0.0 and periods > 0.0:
            sr2 = mu * mu / var
            raw = mu / var
            shrinkage = sr2 / (sr2 + 1.0 / periods) if mu > 0.0 else 0.0
        if self.form == "drawdown":
            return self.sample.solved[0], self.sample.solved[1], shrinkage
        return raw, periods, shrinkage

    def seasoned(self, bars_min, trips_min):
        return self.bars >= bars_min and (self.form != "discrete" or self.trips.closed >= trips_min)

    def check_definition(self):
        self.returns.check_definition()
        self.trips.check_definition()
        self.sample.check_definition()


PLAIN = dict(kelly="continuous", kelly_half_life=None, shares=[0.25, 0.25], gross_max=1.0, floor=0.05,
             bad="flat", kelly_fraction=0.25, kelly_confidence=1.0, kelly_trips_min=20,
             kelly_drawdown=0.3, kelly_drawdown_chance=0.1)
CONFIGS = [
    PLAIN,
    PLAIN | dict(kelly_half_life=200, shares=[0.6, 0.4], gross_max=0.9, floor=0.0, bad="hold"),
    PLAIN | dict(kelly="discrete", kelly_fraction=1.0, floor=0.0, kelly_trips_min=5, kelly_confidence=0.5),
    PLAIN | dict(kelly="discrete", kelly_half_life=300, floor=0.01),
    PLAIN | dict(kelly="drawdown", kelly_fraction=1.0, floor=0.0),
    PLAIN | dict(kelly="drawdown", kelly_half_life=150, floor=0.01, kelly_drawdown=0.1, kelly_drawdown_chance=0.4),
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
        self.shadow = Shadow(config, COST[self.inst["spot"]])
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
        raw, samples, shrinkage = self.shadow.estimate()
        share, floor = self.c["kelly_fraction"], self.c["floor"]
        fraction = max(raw * shrinkage, 0.0)
        cap = floor
        if self.shadow.seasoned(100, self.c["kelly_trips_min"]):
            cap = max(share * fraction, floor)

        def at_most(limit):
            return math.copysign(min(abs(x), limit), x)
        steps.append((at_most(max(raw, 0.0)), raw))
        steps.append((at_most(max(raw, 0.0)), samples))
        steps.append((at_most(fraction), shrinkage))
        steps.append((at_most(share * fraction), share))
        x = at_most(cap)
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


STEPS = ("target", "confidence", "volatility", "form", "samples", "shrinkage", "fraction", "kelly",
         "allocation", "band")


def run(out):
    columns = ["config", "instrument", "bar", "close", "target", "confidence", "held", "value", "equity",
               "steps"]
    for name in STEPS:
        columns += [f"{name}_weight", f"{name}_factor"]
    columns += ["wanted", "unchanged"]
    out.write(",".join(columns) + "\n")
    for number, config in enumerate(CONFIGS):
        random = Random(20250529 + number)
        sizers = [Sizer(config, i) for i in range(2)]
        price = [106631.1, 2650.0]
        raw = [round(p * 1e9) for p in price]
        held, equity = [0, 0], 100000 * SCALE
        for bar in range(400 if number < 2 else 290):
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
                told = number < 2 or bar % 2 == 0  # Every second row of the later ones: a smaller file.
                row = [number, i, bar, raw[i], "" if target is None else repr(target), repr(confidence), held[i],
                       value, equity, len(steps or []) if told else ""]
                for k in range(len(STEPS)):
                    row += [repr(v) for v in steps[k]] if told and steps and k < len(steps) else ["", ""]
                out.write(",".join(str(v) for v in row + [wanted, int(unchanged)]) + "\n")
                held[i] = wanted
            if bar % 50 == 49 or bar % 128 == 0:
                for sizer in sizers:
                    sizer.logs.check_definition()
                    sizer.shadow.check_definition()


if __name__ == "__main__":
    run(sys.stdout)
