"""What an instrument's closed bar leads to: strategy, sizing, gate.

Written from docs/reference/strategies.md, sizing.md and risk-controls.md.
"""
import math
from collections import deque

from ps_numbers import BARS_PER_YEAR, S, bps, cut, down, near, unit, up
from sizing_reference import Moments, Shadow


class SmaCross:
    def __init__(self, settings, instrument):
        self.fast, self.slow, self.spot = settings["fast"], settings["slow"], instrument.spot
        self.reset()

    def reset(self):
        self.closes = deque(maxlen=self.slow)

    def on_bar(self, close):
        """(weight or None, reason, still warming up)."""
        self.closes.append(close)
        if len(self.closes) < self.slow:
            return None, "the slow window is still filling", True
        closes = list(self.closes)
        left, right = sum(closes[-self.fast:]) * self.slow, sum(closes) * self.fast
        if left > right:
            return 1.0, "fast mean above slow mean: long", False
        if left == right:
            return None, "fast mean equals slow mean: keep what is held", False
        if self.spot:
            return 0.0, "fast mean below slow mean: flat, spot has no short", False
        return -1.0, "fast mean below slow mean: short", False


class Flat:
    def __init__(self, settings, instrument):
        pass

    def reset(self):
        pass

    def on_bar(self, close):
        return 0.0, "flat holds nothing", False


class BuyAndHold(Flat):
    def on_bar(self, close):
        return 1.0, "buy and hold is always long", False


STRATEGIES = {"sma_cross": SmaCross, "flat": Flat, "buy_and_hold": BuyAndHold}


class Sizer:
    """One instrument's sizing, sizing.md."""

    def __init__(self, c, instrument, share, interval, cost):
        self.c, self.instrument, self.cost = c, instrument, cost
        self.allotment = share * c["gross_max"]
        self.bars_per_year = BARS_PER_YEAR[interval]
        half_life = c["kelly_half_life"]
        self.shadow = Shadow(c | {"kelly_half_life": None if half_life == "off" else half_life}, cost)
        self.returns = Moments(1.0 - 2.0 / (c["volatility_span"] + 1.0))
        self.close = 0.0

    def teach(self, close, u):
        """"What each bar teaches"; u is what this bar's target makes of the unit position."""
        if self.close > 0.0:
            self.returns.add(math.log(close / self.close))
        self.shadow.on_close(close)
        self.close, self.shadow.held = close, u

    def kelly_steps(self, x):
        """The five steps of "Kelly"; the last one's weight is what is left of x."""
        def at_most(limit):
            return math.copysign(min(abs(x), limit), x)
        raw, samples, shrinkage = self.shadow.estimate()
        share, f = self.c["kelly_fraction"], max(raw * shrinkage, 0.0)
        cap = self.c["kelly_floor"]
        if self.shadow.seasoned(self.c["kelly_bars_min"], self.c["kelly_trips_min"]):
            cap = max(share * f, cap)
        return [("kelly_" + self.c["kelly"], at_most(max(raw, 0.0)), raw),
                ("kelly_samples", at_most(max(raw, 0.0)), samples),
                ("kelly_shrinkage", at_most(f), shrinkage),
                ("kelly_fraction", at_most(share * f), share), ("kelly_cap", at_most(cap), cap)]

    def volatility_factor(self):
        if len(self.returns.samples) < self.c["volatility_returns_min"]:
            return 0.0
        sigma = math.sqrt(self.returns.variance()) * math.sqrt(self.bars_per_year)
        if sigma == 0.0:
            return self.c["volatility_scale_max"]
        return min(self.c["volatility_target"] / sigma, self.c["volatility_scale_max"])

    def minimum_word(self, price, quantity):
        """Control 30: (control, passed, limit, actual) of the venue's least for a quantity."""
        if quantity < self.instrument.quantity_min:
            return "dust_and_minimum", False, self.instrument.quantity_min, quantity
        value, least = near(price * quantity, S), self.instrument.notional_min
        return "dust_and_minimum", value >= least, least, value

    def settle_dust(self, close_raw, held, wanted):
        """(wanted, kept, reason or None, word or None)."""
        reason = told = None
        if wanted != 0:
            word = self.minimum_word(close_raw, abs(wanted))
            if not word[1]:
                reason, told = "the wanted position is below the venue's minimum: none", word
                wanted = 0
        if self.instrument.spot and wanted < held:
            sold = cut(held - wanted, self.instrument.lot)
            control, passed, limit, value = self.minimum_word(close_raw, sold)
            if sold == 0 or not passed:
                reason = "what would be sold is below the venue's minimum: held as it is"
                return held, True, reason, (control, False, limit, value)
        return wanted, False, reason, told

    def size(self, close_raw, weight, held, value_raw, equity_raw, may_trade):
        """(steps, wanted, kept, reason, word of control 30); every weight of these strategies is in range."""
        close = close_raw / 1e9
        x = weight
        if weight is None:
            self.teach(close, 0)
            return [], held, True, None, None
        if self.instrument.spot and x < 0.0:
            x = 0.0
        self.teach(close, (x > 0.0) - (x < 0.0))
        steps = [("target", x, weight)]
        x = x * 1.0
        steps.append(("confidence", x, 1.0))
        factor = self.volatility_factor()
        x = min(max(x * factor, -1.0), 1.0)
        steps.append(("volatility_target", x, factor))
        reason = "volatility is not known yet: no position" if factor == 0.0 else None
        steps += self.kelly_steps(x)
        x = steps[-1][1]
        equity = equity_raw / 1e9
        solvent = equity_raw > 0
        w = x * self.allotment if solvent else 0.0
        steps.append(("allocation", w, self.allotment))
        if not solvent:
            reason = "there is no equity left: no position"
        current = (value_raw / 1e9) / equity if solvent else 0.0
        band = self.c["no_trade_band"] * self.allotment
        kept = w != 0.0 and abs(w - current) < band
        w = current if kept else w
        steps.append(("no_trade_band", w, band))
        if kept or not may_trade:
            return steps, held, True, reason, None
        wanted = cut(math.trunc(w * equity / close * 1e9), self.instrument.lot)
        wanted, kept, dust, word = self.settle_dust(close_raw, held, wanted)
        return steps, wanted, kept, dust or reason, word
