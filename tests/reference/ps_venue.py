"""The paper venue in bar mode and the books, for market orders.

Written from docs/reference/paper-venue.md; sections are named beside the rules. Limit and stop
orders are not computed: a session that has them is refused by `paper_session.py`.
"""
import math
from dataclasses import dataclass, field

from ps_numbers import S, bps, cut, down, funding_times, near, unit, up, zero

EIGHT_HOURS_MS = 8 * 3600 * 1000
ASSUMED_BY_SIM = 100_000  # sim.md: a rate the source does not know is shown as 0.0001


@dataclass
class Position:
    """Section 5: the books of one instrument."""
    quantity: int = 0
    cost: int = 0
    realised: int = 0
    fees: int = 0
    funding: int = 0
    slippage: int = 0
    mark: int = 0

    @property
    def value(self):
        return near(self.mark * self.quantity, S)

    @property
    def result(self):
        """What closed parts brought, with all that was paid."""
        return self.realised - self.fees - self.funding


@dataclass
class Order:
    """A market order, and what became of it."""
    instrument: str
    side: str
    reduce_only: bool
    quantity: int
    reference: int
    decided_ms: int
    purpose: str
    ordinal: int
    state: str = "sent"
    ended_by: str = "none"
    filled: int = 0
    fills: list = field(default_factory=list)

    @property
    def sign(self):
        return 1 if self.side == "buy" else -1


class Books:
    def __init__(self, capital, instruments):
        self.instruments = instruments
        self.capital = self.cash = capital
        self.positions = {i.name: Position() for i in instruments}

    def equity(self):
        total = self.cash
        for i in self.instruments:
            p = self.positions[i.name]
            total += p.value if i.spot else p.value - p.cost
        return total

    def gross(self):
        return sum(abs(p.value) for p in self.positions.values())

    def check(self):
        """The line of section 5 that holds after every event, to the unit."""
        parts = sum(p.realised + (p.value - p.cost) - p.fees - p.funding
                    for p in self.positions.values())
        if self.equity() - self.capital != parts:
            raise AssertionError(f"equity {self.equity()} is not capital plus {parts}")

    def _add(self, p, x, n):
        p.quantity += x
        p.cost += n

    def _close(self, p, x, n):
        whole = abs(p.quantity)
        c = abs(x)
        released = p.cost if c == whole else zero(p.cost * c, whole)
        p.realised += -n - released
        p.cost -= released
        p.quantity += x
        return -n - released

    def fill(self, instrument, x, price, fee, fee_base, slippage):
        p = self.positions[instrument.name]
        n = up(price * x, S)
        realised = 0
        if p.quantity == 0 or (p.quantity > 0) == (x > 0):
            if fee_base:
                self._add(p, x - fee_base, n - fee)
            else:
                self._add(p, x, n)
        elif abs(x) <= abs(p.quantity):
            realised = self._close(p, x, n)
        else:
            x_close = -p.quantity
            n_close = up(price * x_close, S)
            realised = self._close(p, x_close, n_close)
            self._add(p, x - x_close, n - n_close)
        p.fees += fee
        p.slippage += slippage
        if instrument.spot:
            self.cash -= n if fee_base else n + fee
        else:
            self.cash += realised - fee

    def settle(self, instrument, amount):
        self.positions[instrument.name].funding += amount
        self.cash -= amount


class PaperVenue:
    """Fills, funding and margin. `books` are those of the engine: the same, by section 5."""

    def __init__(self, settings, books, rates):
        self.books = books
        self.rates = rates  # {instrument: {time: rate}}
        self.assumed = bps(settings["assumed_funding_bps"])
        self.told_by_sim = True  # Else (files straight into the engine) a rate may be known to nobody.
        self.half_spread = settings["half_spread_bps"]
        self.impact = settings["impact_bps"]
        self.taker = {False: bps(settings["linear_taker_fee_bps"]),
                      True: bps(settings["spot_taker_fee_bps"])}
        self.leverage = unit(settings["leverage"])
        self.maintenance = bps(settings["maintenance_margin_bps"])
        self.open = {i.name: [] for i in books.instruments}
        self.last = {i.name: 0 for i in books.instruments}
        self.settled_to = {i.name: None for i in books.instruments}
        self.fills, self.funding = [], []

    # ------------------------------------------------------------------ bars (section 2)

    def on_warmup(self, instrument, bar):
        self.last[instrument.name] = bar.close
        self.books.positions[instrument.name].mark = bar.close
        self.settled_to[instrument.name] = bar.close_ms

    def on_bar(self, instrument, bar):
        name = instrument.name
        previous = self.last[name] or bar.open
        if self.settled_to[name] is None:  # Listed while the run goes on: its first bar starts its clock.
            self.settled_to[name] = bar.open_ms
        self._settle(instrument, bar.open_ms, previous)
        arriving, self.open[name] = self.open[name], []
        for order in arriving:
            if bar.close_ms <= order.decided_ms:
                self.open[name].append(order)
            else:
                self._arrive(instrument, order, bar)
        self._refuse_liquidation(instrument, bar)
        self._settle(instrument, bar.close_ms - 1, previous)
        self._settle(instrument, bar.close_ms, bar.close)
        self.last[name] = bar.close
        self.books.positions[name].mark = bar.close
        self.books.check()

    # ------------------------------------------------------------------ fills (sections 3, 4, 7)

    def worsened(self, instrument, base, sign, quantity, volume):
        q = min(1.0, (quantity / 1e9) / volume) if volume > 0 else 1.0
        s = unit((self.half_spread + self.impact * math.sqrt(q)) / 1e4)
        tick = instrument.tick
        if sign > 0:
            return max(1, up(base * (S + s), tick * S)) * tick
        return max(1, down(base * (S - s), tick * S)) * tick

    def fees(self, instrument, sign, price, quantity):
        """(fee in quote, fee in base)."""
        rate = self.taker[instrument.spot]
        if not instrument.spot:
            return up(up(price * quantity, S) * rate, S), 0
        if sign < 0:
            return up(down(price * quantity, S) * rate, S), 0
        fee_base = up(quantity * rate, S)
        return up(price * fee_base, S), fee_base

    def _arrive(self, instrument, order, bar):
        position = self.books.positions[instrument.name]
        quantity = order.quantity
        if order.reduce_only:
            against = max(0, -order.sign * position.quantity)
            quantity = min(quantity, cut(against, instrument.lot))
        if quantity == 0:
            order.state, order.ended_by = "cancelled", "reduce_only_nothing_to_reduce"
            return
        price = self.worsened(instrument, bar.open, order.sign, quantity, bar.volume)
        reason = None if order.reduce_only else self._unaffordable(instrument, order, quantity, price)
        if reason:
            order.state, order.ended_by = "cancelled", reason
            return
        fee, fee_base = self.fees(instrument, order.sign, price, quantity)
        slippage = up(abs(price - bar.open) * quantity, S)
        before = (position.quantity, position.result)
        self.books.fill(instrument, order.sign * quantity, price, fee, fee_base, slippage)
        order.filled, order.state = quantity, "filled"
        self.fills.append(dict(time_ms=bar.open_ms, instrument=instrument.name, order=order,
                               side=order.side, quantity=quantity, price=price, fee=fee,
                               fee_base=fee_base, slippage=slippage, before=before,
                               after=(position.quantity, position.result)))

    def submit(self, instrument, order):
        """Section 8: what the door asks of a market order that the gate let pass."""
        reason = None
        if not order.reduce_only:
            reason = self._unaffordable(instrument, order, order.quantity,
                                        self.last[instrument.name])
        if reason:
            order.state, order.ended_by = "rejected", reason
        else:
            order.state = "acknowledged"
            self.open[instrument.name].append(order)

    def _limit_of(self, instrument):
        return min(self.leverage, instrument.leverage_max)

    def _increase(self, position, signed):
        return max(0, abs(position + signed) - abs(position)) if position * signed >= 0 else max(
            0, abs(signed) - abs(position))

    def _unaffordable(self, instrument, order, quantity, price):
        free = self.books.equity()
        spoken_cash = sold = 0
        for i in self.books.instruments:
            p = self.books.positions[i.name]
            if not i.spot:
                free -= up(abs(p.value) * S, self._limit_of(i))
            for o in self.open[i.name]:
                if o is order or o.reduce_only:
                    continue
                if not i.spot:
                    part = self._increase(p.quantity, o.sign * o.quantity)
                    free -= up(near(self.last[i.name] * part, S) * S, self._limit_of(i))
                elif o.side == "buy":
                    need = up(self.last[i.name] * o.quantity, S)
                    spoken_cash += need + up(need * self.taker[True], S)
                elif i is instrument:
                    sold += o.quantity
        held = self.books.positions[instrument.name].quantity
        if not instrument.spot:
            part = self._increase(held, order.sign * quantity)
            margin = up(near(price * part, S) * S, self._limit_of(instrument))
            return "insufficient_margin" if part and margin > free else None
        if order.side == "sell":
            return "insufficient_balance" if quantity > held - sold else None
        need = up(price * quantity, S)
        need += up(need * self.taker[True], S)
        spare = min(free, self.books.cash) - spoken_cash
        return "insufficient_balance" if need > spare else None

    def _refuse_liquidation(self, instrument, bar):
        """A liquidation is not computed here; a session that comes to one is refused."""
        p = self.books.positions[instrument.name]
        if instrument.spot or p.quantity == 0:
            return
        extreme = bar.low if p.quantity > 0 else bar.high
        kept, p.mark = p.mark, extreme
        equity, gross = self.books.equity(), sum(
            abs(self.books.positions[i.name].value) for i in self.books.instruments if not i.spot)
        p.mark = kept
        if equity <= up(gross * self.maintenance, S):
            raise NotImplementedError(f"{instrument.name}: liquidated in the bar {bar.open_ms}")

    # ------------------------------------------------------------------ funding (section 6)

    def _settle(self, instrument, until_ms, mark):
        name = instrument.name
        since = self.settled_to[name]
        if not instrument.funding_ms or since is None or until_ms <= since:
            return
        self.settled_to[name] = until_ms
        position = self.books.positions[name].quantity
        for time_ms in funding_times(since, until_ms, instrument.funding_ms):
            if position == 0:
                continue
            rate = self.rates[name].get(time_ms, ASSUMED_BY_SIM if self.told_by_sim else None)
            nobody_knows = rate is None
            if nobody_knows:
                rate = up(self.assumed * instrument.funding_ms, 8 * 3_600_000)
                rate = rate if position > 0 else -rate
            value = near(mark * position, S)
            amount = up(value * rate, S)
            self.books.settle(instrument, amount)
            self.funding.append(dict(time_ms=time_ms, instrument=name, position=position,
                                     mark=mark, rate=rate, amount=amount,
                                     assumed=int(nobody_knows)))
