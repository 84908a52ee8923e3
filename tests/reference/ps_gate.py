"""The gate: every control's word on an order, in the order of risk-controls.md.

For market orders of a run whose operator is quiet and that needs no override. What only the ticker
stream knows (ages, the mark beside the close) is taken as fresh and near; `hold_missing` stands
while a hole in an instrument's bars is not two bars past.
"""
from ps_memory import (INT64_MAX, SPAN_60, Edge, Either, Executions, DailyLoss, LossStreak, Messages, PriceDrift,
                       RecentOrders, TrueRange)
from ps_numbers import INTERVAL_MS, S, bps, down, near, unit, up
from sizing_reference import Moments

ACTIVE, REDUCING, HALTED = 0, 1, 2
EIGHT_HOURS_MS = 8 * 3600 * 1000


class Memory:
    """Of one instrument."""

    def __init__(self, limits, sizing, lot):
        self.drift, self.executions = PriceDrift(limits), Executions(limits)
        self.recent, self.streak = RecentOrders(limits), LossStreak(limits, lot)
        self.edge, self.ranges = Edge(sizing["kelly_bars_min"]), TrueRange()
        self.volumes = Moments(SPAN_60)
        self.close = 0
        self.hold_missing = False
        self.unfilled = {}  # approved increases whose first fill was not heard yet, by id of object


class Gate:
    def __init__(self, config, capital, instruments, shares, rates):
        limits, sizing, paper = config["risk"]["limits"], config["risk"]["sizing"], config["paper"]
        if limits["stage"] != "paper" or limits["override_file"]:
            raise NotImplementedError("only the stage paper without overrides is computed here")
        self.limits = {k: unit(v) for k, v in limits.items() if isinstance(v, float)}
        self.band = bps(limits["price_band_bps"])
        self.volume_share, self.ranges_min = limits["quantity_volume_max"], limits["liquidation_ranges_min"]
        self.maintenance = bps(paper["maintenance_margin_bps"])
        self.paper, self.floor, self.gross_share = paper, sizing["kelly_floor"], sizing["gross_max"]
        self.shares, self.interval_s = shares, INTERVAL_MS[config["engine"]["interval"]] * 60.0
        self.capital, self.peak = capital, capital
        self.drawdown = self.latched_drawdown = 0
        self.state, self.latched_by = ACTIVE, None
        self.daily, self.messages = DailyLoss(capital), Messages(limits)
        self.edge_ms = 0  # how far the moments of the run may lie from those computed here
        self.rates = rates  # {instrument: {settlement time: rate}}
        self.last_told_stays = False  # True: where no rate is known for the next settlement, nothing is told, and the last one stands
        self.close_ms, self.whole = 0, True  # of the batch that is decided; whole: every bar came
        self.of = {i.name: Memory(limits, sizing, i.lot) for i in instruments}

    # ------------------------------------------------------------------ what it hears

    def on_bar(self, name, bar):
        memory = self.of[name]
        memory.close = bar.close
        memory.volumes.add(bar.volume)
        memory.ranges.on_bar(bar)

    def on_target(self, name, close_raw, u):
        self.of[name].edge.on_bar(close_raw / 1e9, u)

    def on_fill(self, now, instrument, fill, before, after):
        """before, after: (quantity, realised - fees - funding) of the position."""
        memory, order = self.of[instrument.name], fill["order"]
        memory.drift.on_fill(now, order, fill["price"], fill["quantity"])
        if memory.unfilled.pop(id(order), None):
            memory.executions.on_execution(now, order.side)
        memory.streak.on_fill(now, *before, *after)

    def on_equity(self, now, equity):
        """All marks of a close are in. Beyond a limit it latches."""
        self.peak = max(self.peak, equity)
        self.drawdown = up((self.peak - equity) * S, self.peak)
        measured, of = self.daily.measure(now, equity)
        if measured > max(0, down(self.limits["daily_loss_max"] * of, S)):
            raise NotImplementedError("a day's loss beyond its limit is not computed here")
        state = ACTIVE
        if self.drawdown > self.limits["drawdown_max"]:
            state = HALTED if self.drawdown > self.limits["drawdown_halt"] else REDUCING
        if state > self.state:
            self.state, self.latched_drawdown = state, self.drawdown

    def on_approved(self, now, order, reduces):
        memory = self.of[order.instrument]
        memory.recent.approved.append((now, order, reduces))
        self.messages.on_message(now)
        if not reduces:
            memory.unfilled[id(order)] = True

    # ------------------------------------------------------------------ what it says

    def review(self, now, order, instrument, books, open_orders):
        """[(control, passed, limit, actual)]; None where only the feed knows the number."""
        held = books.positions[instrument.name].quantity
        same_side = sum(o.quantity for o in open_orders
                        if o.instrument == instrument.name and o.side == order.side)
        opposite = held * order.sign < 0
        reduces = opposite and (order.quantity <= abs(held) - same_side
                                or (order.reduce_only and not instrument.spot))
        words = []
        for word in self._controls(now, order, instrument, books, open_orders, reduces):
            words.append(word)
            if not word[1]:
                return words
        self.on_approved(now, order, reduces)
        return words

    def _controls(self, now, order, instrument, books, open_orders, reduces):
        yield from self._standing(now, order, books.equity(), reduces)
        yield from self._data(now, order, reduces)
        yield from self._sizes(order, instrument, books, open_orders, reduces)
        yield self._edge(order, instrument, books, open_orders, reduces)
        value = near(order.reference * order.quantity, S)
        yield ("dust_and_minimum", reduces or value >= instrument.notional_min,
               instrument.notional_min, value)
        yield self.messages.word(now, reduces)

    def _standing(self, now, order, equity, reduces):
        memory = self.of[order.instrument]
        passes_until = REDUCING if reduces else ACTIVE
        if self.state == ACTIVE:
            yield "kill", True, passes_until, self.state
        told = max(self.latched_drawdown, self.drawdown) if self.state else self.drawdown
        limit = self.limits["drawdown_halt" if self.state == HALTED else "drawdown_max"]
        yield "drawdown", self.state <= passes_until, limit, told
        yield ("daily_loss", True, max(0, down(self.limits["daily_loss_max"] * self.daily.begin, S)),
               self.daily.begin - equity)
        runs = memory.executions
        actual = runs.actual(now, order.side, self.edge_ms) if runs.stopped is None else runs.stopped
        yield "repeated_execution", reduces or runs.stopped is None, runs.limit, actual
        yield memory.streak.word(now, order.sign, reduces)

    def _data(self, now, order, reduces):
        memory = self.of[order.instrument]
        if memory.hold_missing:
            yield "absurd_data", False, 0, 1
        yield "stale_data", True, None, None
        yield "absurd_data", True, self.limits["jump_max"], 0
        yield "price_collar", True, self.band, None
        drift = memory.drift.actual(now, self.edge_ms)
        yield "price_drift", reduces or drift <= memory.drift.limit, memory.drift.limit, drift
        copies = memory.recent.actual(now, order, reduces)
        yield "duplicate_order", reduces or copies == 0, 0, copies

    def _sizes(self, order, instrument, books, open_orders, reduces):
        limits, equity = self.limits, books.equity()
        yield self._order_quantity(order, instrument, reduces)
        value = near(order.reference * order.quantity, S)

        def word(control, limit, actual):
            return control, reduces or actual <= limit, limit, actual

        def share(key, of):
            return max(0, down(limits[key] * of, S))
        yield word("order_value", share("order_value_max", equity), value)
        waiting = sum(near(o.reference * o.quantity, S) for o in open_orders if not o.reduce_only)
        yield word("open_order_value", share("open_order_value_max", equity), waiting + value)
        own, gross, perpetual = self._exposures(order, instrument, books, open_orders)
        yield word("position_limit", share("position_max", equity), own)
        yield word("position_limit", share("gross_max", equity), gross)
        yield word("stage", limits["paper_order_cap"], value)
        yield word("stage", limits["paper_gross_cap"], gross)
        yield word("capital_threshold", share("capital_at_risk_max", self.capital), gross)
        if instrument.spot:
            return
        yield word("leverage", limits["leverage_max"],
                   up(perpetual * S, equity) if equity > 0 else INT64_MAX)
        distance = self._distance(order, instrument, books, open_orders, perpetual)
        least = unit(self.ranges_min * self.of[instrument.name].ranges.mean_of.mean)
        yield "leverage", reduces or distance >= least, least, distance

    def _order_quantity(self, order, instrument, reduces):
        """Control 5: the venue's largest, and for what increases also a share of the volume."""
        limit, q = instrument.quantity_max_market, order.quantity
        share = self.of[order.instrument].volumes.mean * self.volume_share
        if reduces:
            return "order_quantity", True, limit, q
        if q < instrument.quantity_min:
            return "order_quantity", False, instrument.quantity_min, q
        if q % instrument.lot:
            return "order_quantity", False, instrument.lot, q
        if share > 0.0:
            limit = min(limit, max(unit(share), 1))
        return "order_quantity", q <= limit, limit, q

    def _after(self, order, books, open_orders, name):
        """What the instrument holds if all buys, and if all sells, fill."""
        sums = {"buy": 0, "sell": 0}
        for o in [*open_orders, order]:
            if o.instrument == name:
                sums[o.side] += o.quantity
        held = books.positions[name].quantity
        return held + sums["buy"], held - sums["sell"]

    def _exposures(self, order, instrument, books, open_orders):
        own = gross = perpetual = 0
        for i in books.instruments:
            price = books.positions[i.name].mark or self.of[i.name].close
            bought, sold = (abs(q) for q in self._after(order, books, open_orders, i.name))
            worst = near(price * max(bought, sold), S)
            gross += worst
            perpetual += 0 if i.spot else worst
            if i is instrument:
                own = near(price * (bought if order.side == "buy" else sold), S)
        return own, gross, perpetual

    def _distance(self, order, instrument, books, open_orders, perpetual):
        q = self._after(order, books, open_orders, instrument.name)[order.side == "sell"]
        if q == 0:
            return INT64_MAX
        rest = max(0, books.equity() - up(perpetual * self.maintenance, S))
        factor = S - self.maintenance if q > 0 else S + self.maintenance
        return min(INT64_MAX, down(rest * S * S, abs(q) * factor))

    def _cost(self, instrument, order, holding, last_over):
        paper = self.paper
        fee = paper["spot_taker_fee_bps" if instrument.spot else "linear_taker_fee_bps"] / 1e4
        cost = 2.0 * (fee + paper["half_spread_bps"] / 1e4)
        if instrument.spot:
            return unit(cost)
        rate, every_ms = self._funding(instrument, order, last_over)
        return unit(cost + rate * (holding * self.interval_s / (every_ms / 1e3)))

    def _funding(self, instrument, order, last_over):
        """The rate as the order's side would pay it, and the time it is paid for.

        The feed names the settlement to come; up to `last_over` they are over.
        """
        every = instrument.funding_ms
        rates, next_ms = self.rates[instrument.name], (last_over // every + 1) * every
        rate = rates.get(next_ms)
        if rate is None and self.last_told_stays:
            rate = rates.get(max((t for t in rates if t < next_ms), default=None))
        if rate is None:
            return self.paper["assumed_funding_bps"] / 1e4, EIGHT_HOURS_MS
        return max(0.0, order.sign * (rate / 1e9)), every

    def _edge(self, order, instrument, books, open_orders, reduces):
        """A settlement at the close itself is over once every bar of the close is in; a whole batch is
        decided just before. Only the feed knows when the next rate was told."""
        memory = self.of[instrument.name]
        holding, edge = memory.edge.holding(), memory.edge.edge()
        before, after_it = (self._cost(instrument, order, holding, t)
                            for t in (self.close_ms - 1, self.close_ms))
        cost = before if self.whole else after_it
        if self.edge_ms:
            cost = Either(cost, [before, after_it])
        actual = INT64_MAX if edge is None else unit(edge)
        after = self._after(order, books, open_orders, instrument.name)[order.side == "sell"]
        value = near(order.reference * abs(after), S)
        allotment = self.shares[instrument.name] * self.gross_share
        floor = unit(self.floor * allotment * (books.equity() / 1e9)) + 1
        return "expected_edge", reduces or actual >= cost or value <= floor, cost, actual
