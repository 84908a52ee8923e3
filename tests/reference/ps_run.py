"""A whole paper session from bars, rates and settings, in the order of docs/reference/engine.md."""
from dataclasses import dataclass, field

from ps_decide import STRATEGIES, Sizer
from ps_gate import Gate
from ps_memory import duration_ms
from ps_numbers import cut, unit
from ps_venue import Books, Order, PaperVenue


@dataclass
class Decision:
    instrument: str
    bar: object
    outcome: str = ""
    reason: str = ""
    weight: float = None
    confidence: float = None
    position: int = 0
    wanted: int = 0
    equity: int = 0
    sizing: list = field(default_factory=list)
    controls: list = field(default_factory=list)
    orders: list = field(default_factory=list)  # (Order, approved, refused_by)


def seen_of(bars, warm_up_bars, first_live_ms, until_ms):
    """(bars of the warm-up, live bars) of one instrument."""
    before = [b for b in bars if b.close_ms <= first_live_ms]
    return (before[max(0, len(before) - warm_up_bars):],
            [b for b in bars if first_live_ms < b.close_ms <= until_ms])


class Session:
    """`bars`: {name: [Bar]}; `rates`: {name: {ms: rate}}; `config`: the resolved TOML; `strategies`: {name: strategy} where it is
    none of the rules."""

    def __init__(self, config, instruments, bars, rates, first_live_ms, until_ms, strategies=None):
        engine, paper = config["engine"], config["paper"]
        for key, value in (("order_style", "market"), ("marks", "bars")):
            if engine[key] != value:
                raise NotImplementedError(f"engine.{key} = {engine[key]!r} is not computed here")
        if paper["fill_mode"] != "bar":
            raise NotImplementedError("only paper.fill_mode = bar is computed here")
        self.instruments, self.bars = instruments, bars
        self.capital = unit(engine["capital"])
        self.books = Books(self.capital, instruments)
        self.venue = PaperVenue(paper, self.books, rates)
        interval, sizing = engine["interval"], config["risk"]["sizing"]
        self.interval, self.strategy = interval, config["strategy"]
        shares = dict(text.split("=") for text in sizing["shares"])
        equal = min(1.0 / len(instruments), sizing["share_max"])
        shares = {i.name: float(shares.get(i.name, equal)) for i in instruments}
        self.gate = Gate(config, self.capital, instruments, shares, rates)
        self.slots = {}
        for i in instruments:
            fee = paper["spot_taker_fee_bps" if i.spot else "linear_taker_fee_bps"]
            cost = fee / 1e4 + paper["half_spread_bps"] / 1e4
            strategy = (strategies[i.name] if strategies
                        else STRATEGIES[config["strategy"]["name"]](config["strategy"], i))
            self.slots[i.name] = (strategy, Sizer(sizing, i, shares[i.name], interval, cost))
        self.barrier_ms, self.now = duration_ms(engine["barrier"]), 0
        self.warm_up_bars = config["feed"]["warm_up_bars"]
        self.first_live_ms, self.until_ms = first_live_ms, until_ms
        self.next_open = {}
        self.decisions, self.orders, self.equity_points, self.used_bars = [], [], [], []

    def run(self):
        live = {}
        for i in self.instruments:
            before, after = seen_of(self.bars[i.name], self.warm_up_bars, self.first_live_ms, self.until_ms)
            for bar in before:
                self._warm_up(i, bar)
            for bar in after:
                live.setdefault(bar.close_ms, []).append((i, bar))
        closes = sorted(live)
        for close_ms in closes:
            rows = live[close_ms]
            # Bars that are not all there wait for the barrier; without one, each is decided as it comes.
            apart = self.barrier_ms == 0
            for group in [[row] for row in rows] if apart else [rows]:
                for i, bar in group:
                    self._bar(i, bar)
                # What still waits for others when the run ends is recorded, and nothing is sent for it.
                last = close_ms == closes[-1] and group[-1] is rows[-1]
                waits = not apart and len(rows) < len(self.instruments)
                self._decide(group, stopping=last and waits)

    @staticmethod
    def _side(i, weight):
        """The unit position of sizing.md, `u`."""
        if weight is None or (i.spot and weight < 0.0):
            return 0
        return (weight > 0.0) - (weight < 0.0)

    def _watch_holes(self, i, bar):
        expected = self.next_open.get(i.name, bar.open_ms)
        self.next_open[i.name] = bar.close_ms
        if bar.open_ms != expected:
            self.slots[i.name][0].reset()
        self.gate.of[i.name].hold_missing = bar.open_ms != expected

    def _warm_up(self, i, bar):
        self.used_bars.append((i.name, bar))
        self._watch_holes(i, bar)
        self.gate.of[i.name].hold_missing = False
        self.venue.on_warmup(i, bar)
        self.gate.on_bar(i.name, bar)
        strategy, sizer = self.slots[i.name]
        weight, _, _ = strategy.on_bar(bar.close)
        self.gate.on_target(i.name, bar.close, self._side(i, weight))
        equity = self.books.equity()
        steps, _, _, _, _ = sizer.size(bar.close, weight, 0, 0, equity, False)
        self.decisions.append(Decision(i.name, bar, "warming_up", "bar from before the run", weight,
                                       None if weight is None else 1.0, equity=equity, sizing=steps))

    def _bar(self, i, bar):
        self.used_bars.append((i.name, bar))
        heard = len(self.venue.fills)
        self.venue.on_bar(i, bar)
        for fill in self.venue.fills[heard:]:
            self.gate.on_fill(bar.close_ms, i, fill, fill["before"], fill["after"])
        self._watch_holes(i, bar)
        self.gate.on_bar(i.name, bar)

    def _decide(self, batch, stopping):
        equity = self.books.equity()
        self.gate.close_ms = batch[0][1].close_ms
        # Without a barrier nothing is told between a bar and its decision.
        self.gate.whole = len(batch) == len(self.instruments) or self.barrier_ms == 0
        # Bars that came wait for those that did not (engine.md).
        self.now = self.gate.close_ms + (0 if self.gate.whole else self.barrier_ms)
        self.gate.on_equity(self.now, equity)
        placed = []
        for i, bar in batch:
            self.decisions.append(self._decide_one(i, bar, equity, placed, stopping))
        for i, order in placed:
            self.venue.submit(i, order)
        self.equity_points.append(dict(close_ms=batch[0][1].close_ms, equity=equity,
                                       cash=self.books.cash, gross=self.books.gross()))

    def _decide_one(self, i, bar, equity, placed, stopping):
        strategy, sizer = self.slots[i.name]
        position = self.books.positions[i.name]
        held = position.quantity
        weight, reason, warming = strategy.on_bar(bar.close)
        self.gate.on_target(i.name, bar.close, self._side(i, weight))
        steps, wanted, kept, why, dust = sizer.size(bar.close, weight, held, position.value, equity,
                                                    not warming and not stopping)
        d = Decision(i.name, bar, "", why or reason, weight, None if weight is None else 1.0,
                     held, held, equity, steps)
        if stopping:
            d.outcome, d.reason = "stopping", "the run ends: nothing is sent"
            return d
        if warming or weight is None:
            d.outcome, d.reason = ("warming_up" if warming else "no_target"), reason
            return d
        d.outcome = "unchanged"
        d.controls += [dust] if dust else []
        if kept or wanted == held:
            return d
        d.wanted = wanted
        side = "buy" if wanted > held else "sell"
        if held * wanted < 0:
            parts = [(abs(held), True, "c"), (abs(wanted), False, "o")]
        else:
            smaller = abs(wanted) < abs(held)
            parts = [(abs(wanted - held), smaller, "c" if smaller else "o")]
        parts = [(cut(quantity, i.lot), *how) for quantity, *how in parts]
        for ordinal, (quantity, reduce_only, purpose) in enumerate(p for p in parts if p[0]):
            order = Order(i.name, side, reduce_only, quantity, bar.close, bar.close_ms, purpose,
                          ordinal)
            still_open = [o for orders in self.venue.open.values() for o in orders]
            words = self.gate.review(self.now, order, i, self.books,
                                     still_open + [o for _, o in placed])
            approved = words[-1][1]
            d.controls += words
            d.orders.append((order, approved, "none" if approved else words[-1][0]))
            if approved:
                placed.append((i, order))
                self.orders.append(order)
        if d.orders:
            d.outcome = "ordered" if any(a for _, a, _ in d.orders) else "refused"
        return d
