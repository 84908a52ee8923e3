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


ACTIVE, REDUCING, HALTED = 0, 1, 2


class Gate:
    """risk-controls.md for market orders of a run whose feed is fresh and whose operator is quiet.

    What only the ticker stream knows (ages, the mark beside the close) is taken as fresh and
    near; `hold_missing` stands while a hole in an instrument's bars is not two bars past.
    """

    def __init__(self, limits, capital, instruments):
        self.limits = {k: unit(v) for k, v in limits.items() if isinstance(v, float)}
        self.band = bps(limits["price_band_bps"])
        self.volume_share = limits["quantity_volume_max"]
        self.capital, self.peak = capital, capital
        self.drawdown = self.latched_drawdown = 0
        self.state = ACTIVE
        self.volumes = {i.name: Moments(1.0 - 2.0 / 61.0) for i in instruments}
        self.closes = {i.name: 0 for i in instruments}
        self.hold_missing = {i.name: False for i in instruments}

    def on_bar(self, name, bar):
        self.closes[name] = bar.close
        self.volumes[name].add(bar.volume)

    def on_equity(self, equity):
        """All marks of a close are in. Beyond a limit it latches."""
        self.peak = max(self.peak, equity)
        self.drawdown = up((self.peak - equity) * S, self.peak)
        state = ACTIVE
        if self.drawdown > self.limits["drawdown_max"]:
            state = HALTED if self.drawdown > self.limits["drawdown_halt"] else REDUCING
        if state > self.state:
            self.state, self.latched_drawdown = state, self.drawdown

    def review(self, order, instrument, books, open_orders):
        """[(control, passed, limit, actual)]; None where only the feed knows the number."""
        held = books.positions[instrument.name].quantity
        same_side = sum(o.quantity for o in open_orders
                        if o.instrument == instrument.name and o.side == order.side)
        opposite = held * order.sign < 0
        reduces = opposite and (order.quantity <= abs(held) - same_side
                                or (order.reduce_only and not instrument.spot))
        words = []
        for word in self._controls(order, instrument, books, open_orders, reduces):
            words.append(word)
            if not word[1]:
                break
        return words

    def _controls(self, order, instrument, books, open_orders, reduces):
        limits, name = self.limits, instrument.name
        passes_until = REDUCING if reduces else ACTIVE
        if self.state == ACTIVE:
            yield "kill", True, passes_until, self.state
        told = max(self.latched_drawdown, self.drawdown) if self.state else self.drawdown
        limit = limits["drawdown_halt" if self.state == HALTED else "drawdown_max"]
        yield "drawdown", self.state <= passes_until, limit, told
        if self.hold_missing[name]:
            yield "absurd_data", False, 0, 1
        yield "stale_data", True, None, None
        yield "absurd_data", True, limits["jump_max"], 0
        yield "price_collar", True, self.band, None
        yield self._order_quantity(order, instrument, reduces)
        equity = books.equity()
        value = near(order.reference * order.quantity, S)

        def share(key, of):
            return down(limits[key] * of, S)
        yield "order_value", reduces or value <= share("order_value_max", equity), share(
            "order_value_max", equity), value
        own, gross = self._exposures(order, instrument, books, open_orders)
        for control, key, of, actual in (
                ("position_limit", "position_max", equity, own),
                ("position_limit", "gross_max", equity, gross),
                ("capital_threshold", "capital_at_risk_max", self.capital, gross)):
            yield control, reduces or actual <= share(key, of), share(key, of), actual
        yield ("dust_and_minimum", reduces or value >= instrument.notional_min,
               instrument.notional_min, value)

    def _order_quantity(self, order, instrument, reduces):
        """Control 5: the venue's largest, and for what increases also a share of the volume."""
        limit, q = instrument.quantity_max_market, order.quantity
        share = self.volumes[order.instrument].mean * self.volume_share
        if reduces:
            return "order_quantity", True, limit, q
        if q < instrument.quantity_min:
            return "order_quantity", False, instrument.quantity_min, q
        if q % instrument.lot:
            return "order_quantity", False, instrument.lot, q
        if share > 0.0:
            limit = min(limit, max(unit(share), 1))
        return "order_quantity", q <= limit, limit, q

    def _exposures(self, order, instrument, books, open_orders):
        own = gross = 0
        for i in books.instruments:
            p = books.positions[i.name]
            price = p.mark or self.closes[i.name]
            sums = {"buy": 0, "sell": 0}
            for o in open_orders + [order]:
                if o.instrument == i.name:
                    sums[o.side] += o.quantity
            bought, sold = abs(p.quantity + sums["buy"]), abs(p.quantity - sums["sell"])
            gross += near(price * max(bought, sold), S)
            if i is instrument:
                own = near(price * (bought if order.side == "buy" else sold), S)
        return own, gross
