"""What the gate remembers of an instrument and of the run, risk-controls.md "The ones that remember".

Times are in ms of venue time, of the event that the gate hears of.
"""
import math
from collections import deque

from ps_numbers import S, bps, near, up
from sizing_reference import Moments

INT64_MAX = 2**63 - 1
DAY_MS = 24 * 3600 * 1000
SPAN_60 = 1.0 - 2.0 / 61.0
UNITS = {"ns": 1e-6, "us": 1e-3, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": DAY_MS}


def duration_ms(text):
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    return int(float(digits) * UNITS[text[len(digits):]])


class Either(int):
    """A number that may be another one: what lies at a window's edge is in or out by the moments that only
    the feed knows."""

    def __new__(cls, value, others):
        made = super().__new__(cls, value)
        made.all = {value, *others}
        return made

    def __eq__(self, other):
        return int(other) in self.all

    __hash__ = int.__hash__


def over_window(entries, now, window, edge_ms, of):
    """of(what is inside), for each cut that the edge allows; entries begin with their time, in order.

    A time is known to `edge_ms` on both sides; 0: exactly.
    """
    surely = [e for e in entries if e[0] >= now - window + edge_ms]
    maybe = [e for e in entries if now - window - edge_ms <= e[0] < now - window + edge_ms]
    exact = of([e for e in entries if e[0] >= now - window])
    if not edge_ms or not maybe:
        return exact
    return Either(exact, [of(maybe[cut:] + surely) for cut in range(len(maybe) + 1)])


class PriceDrift:
    """3: how much worse than their references the fills of the window were."""

    def __init__(self, limits):
        self.window, self.limit = duration_ms(limits["price_drift_window"]), bps(limits["price_drift_bps"])
        self.fills = deque(maxlen=64)

    def on_fill(self, now, order, price, quantity):
        value = near(order.reference * quantity, S)
        self.fills.append((now, order.sign * (near(price * quantity, S) - value), value))

    def actual(self, now, edge_ms=0):
        def mean(counted):
            if len(counted) < 3:
                return 0
            return up(sum(f[1] for f in counted) * S, sum(f[2] for f in counted))
        return over_window(self.fills, now, self.window, edge_ms, mean)


class Executions:
    """7: executed increases of each side; the instrument stops when a side has too many."""

    def __init__(self, limits):
        self.window, self.limit = duration_ms(limits["executions_window"]), limits["executions_max"]
        self.heard = {"buy": deque(), "sell": deque()}
        self.stopped = None

    def on_execution(self, now, side):
        self.heard[side].append((now,))
        if self.actual(now, side) >= self.limit and self.stopped is None:
            self.stopped = self.actual(now, side)

    def actual(self, now, side, edge_ms=0):
        return over_window(self.heard[side], now, self.window, edge_ms, len)


class RecentOrders:
    """8: approved orders that a new one may be a copy of. Only of its kind: the two parts of a turn, one
    that closes and one that opens, are often of one size."""

    def __init__(self, limits):
        self.window = duration_ms(limits["duplicate_window"])
        self.approved = deque(maxlen=16)

    def actual(self, now, order, reduces):
        return sum(r == reduces and o.side == order.side and o.quantity == order.quantity
                   and o.reference == order.reference and now - t < self.window
                   for t, o, r in self.approved)


class LossStreak:
    """13: losing positions in a row, of each side, and the time they then wait. Less than a lot is no
    position: a spot purchase pays its fee in the base coin, and what no order can sell stays."""

    def __init__(self, limits, lot):
        self.lot = lot
        self.limit, self.cooldown = limits["loss_streak_max"], duration_ms(limits["cooldown"])
        self.streak, self.until = {1: 0, -1: 0}, {1: None, -1: None}
        self.before = 0  # the result when the position was opened

    def on_fill(self, now, held, result, left, result_after):
        """held, result: quantity and realised - fees - funding before the fill; left, ...: after."""
        held, left = (0 if abs(q) < self.lot else q for q in (held, left))
        if held == 0:
            self.before = result
        elif left == 0 or (left > 0) != (held > 0):
            side = 1 if held > 0 else -1
            lost = result_after - self.before < 0
            self.before = result_after
            if self.cooling(now, side):
                return
            self.streak[side] = self.streak[side] + 1 if lost else 0
            if self.streak[side] >= self.limit:
                self.until[side] = now + self.cooldown

    def cooling(self, now, side):
        until = self.until[side]
        if until is not None and now >= until:
            self.until[side], self.streak[side] = None, 0
        return self.until[side] is not None

    def word(self, now, side, reduces):
        waits = self.cooling(now, side)
        return "loss_streak", reduces or not waits, self.limit, self.streak[side]


class Messages:
    """6: one bucket for the run; times in ns."""

    def __init__(self, limits):
        self.cost = math.ceil(1e9 / limits["message_rate"])
        self.burst, room = limits["message_burst"], limits["message_room"]
        self.for_increases = math.floor(self.burst * (1.0 - room))
        self.t = 0

    def word(self, now_ms, reduces):
        actual = up(max(0, self.t - now_ms * 10**6), self.cost) + 1
        limit = self.burst if reduces else self.for_increases
        return "message_rate", reduces or actual <= limit, limit, actual

    def on_message(self, now_ms):
        self.t = max(self.t, now_ms * 10**6) + self.cost


class DailyLoss:
    """11: measured after all marks of a close."""

    def __init__(self, capital):
        self.begin, self.day, self.loss = capital, None, 0

    def measure(self, now_ms, equity):
        """The loss that is held against the limits; afterwards a new day may have begun."""
        measured, of = self.begin - equity, self.begin
        day = now_ms // DAY_MS
        if self.day is not None and day > self.day:
            self.begin = equity
        self.day = day if self.day is None else max(self.day, day)
        self.loss = self.begin - equity
        return measured, of


class Edge:
    """29: what positions brought before costs, at one unit."""

    def __init__(self, bars_min):
        self.bars_min = bars_min
        self.close = self.gross = 0.0
        self.u1 = self.u2 = self.bars = self.entries = 0

    def on_bar(self, close, u):
        if self.close > 0.0:
            self.gross = self.gross + self.u1 * (close / self.close - 1.0)
            self.bars += self.u1 != 0
            self.entries += self.u1 not in (0, self.u2)
        self.close, self.u2, self.u1 = close, self.u1, u

    def holding(self):
        return self.bars / self.entries if self.entries else 1.0

    def edge(self):
        if self.bars < self.bars_min:
            return None
        return self.gross / self.bars * self.holding()


class TrueRange:
    """14: the mean range of a bar, with the gap before it."""

    def __init__(self):
        self.mean_of, self.close = Moments(SPAN_60), None

    def on_bar(self, bar):
        before = self.close
        high = bar.high if before is None else max(bar.high, before)
        low = bar.low if before is None else min(bar.low, before)
        self.mean_of.add(high / 1e9 - low / 1e9)
        self.close = bar.close
