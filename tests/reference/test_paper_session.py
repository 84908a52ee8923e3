#!/usr/bin/env python3
"""Known answers of the pieces of paper_session.py, and proof that its comparison can fail.

The journal of the second half is made here from a small computed session, in the tables of
docs/reference/session.md: equal at first, then with one value changed at a time.

    python3 -m unittest discover -s tests/reference
"""
import contextlib
import json
import pathlib
import shutil
import sqlite3
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import ps_compare  # noqa: E402
import ps_decide  # noqa: E402
import ps_numbers  # noqa: E402
import ps_gate  # noqa: E402
import ps_memory  # noqa: E402
import ps_observe  # noqa: E402
import ps_run  # noqa: E402
import ps_venue  # noqa: E402
from ps_numbers import S, Bar, Instrument  # noqa: E402

BTC = Instrument("linear:BTCUSDT", S // 10, S // 1000, S // 1000, 500 * S, 5 * S, 100 * S,
                 8 * 3600 * 1000)
PAPER = dict(half_spread_bps=1.0, impact_bps=10.0, linear_taker_fee_bps=5.5,
             spot_taker_fee_bps=10.0, leverage=3.0, maintenance_margin_bps=50.0, assumed_funding_bps=1.0)
LIMITS = dict(capital_at_risk_max=1.0, price_band_bps=200.0, order_value_max=0.25,
              quantity_volume_max=0.1, position_max=0.5, gross_max=1.0, drawdown_max=0.2,
              drawdown_halt=0.3, jump_max=0.25, stage="paper", override_file="",
              price_drift_bps=50.0, price_drift_window="1h", message_rate=10.0, message_burst=200,
              message_room=0.25, executions_max=200, executions_window="1h", duplicate_window="10s",
              open_order_value_max=1.0, daily_loss_max=0.05, loss_streak_max=20, cooldown="30m",
              leverage_max=2.0, liquidation_ranges_min=10.0, paper_order_cap=250_000.0,
              paper_gross_cap=1_000_000.0)
SIZING = dict(volatility_target=0.5, volatility_scale_max=2.0, volatility_span=60,
              volatility_returns_min=20, kelly_fraction=0.25, kelly_floor=0.05,
              kelly_bars_min=100, kelly_half_life="off", kelly="continuous", kelly_confidence=1.0,
              kelly_trips_min=20, kelly_drawdown=0.3, kelly_drawdown_chance=0.1, gross_max=1.0, share_max=0.25, shares=[],
              no_trade_band=0.01, bad_output="flat")
CONFIG = {"engine": dict(instruments=[BTC.name], interval="1m", capital=10000.0, barrier="0s", marks="bars",
                         order_style="market"),
          "strategy": dict(name="sma_cross", fast=5, slow=12, features="none"),
          "risk": dict(sizing=SIZING, limits=LIMITS), "paper": PAPER | {"fill_mode": "bar"},
          "feed": dict(warm_up_bars=40)}
MINUTE = ps_numbers.MINUTE_MS


def venue(held=0, capital=10_000 * S):
    books = ps_venue.Books(capital, [BTC])
    books.positions[BTC.name].quantity = held
    return ps_venue.PaperVenue(PAPER, books, {BTC.name: {28_800_000: 100_000}})


class Funding(unittest.TestCase):
    def charged(self, held, told_by_sim):
        v = venue()
        v.told_by_sim, v.rates = told_by_sim, {BTC.name: {}}
        v.books.positions[BTC.name].quantity = held
        v.settled_to[BTC.name] = 0
        v._settle(BTC, 28_800_000, 100_000 * S)
        return v.funding[0]["rate"], v.funding[0]["amount"], v.funding[0]["assumed"]

    def test_a_rate_that_nobody_knows_is_charged_to_whoever_holds(self):
        self.assertEqual(self.charged(S, False), (100_000, 10 * S, 1))
        self.assertEqual(self.charged(-S, False), (-100_000, 10 * S, 1))

    def test_the_simulated_exchange_names_one_where_its_files_have_none(self):
        self.assertEqual(self.charged(-S, True), (100_000, -10 * S, 0))


class Numbers(unittest.TestCase):
    def test_a_price_is_read_without_passing_through_a_double(self):
        self.assertEqual(ps_numbers.raw("106631.1"), 106_631_100_000_000)
        with self.assertRaises(ValueError):
            ps_numbers.raw("0.0000000001")

    def test_rounding_up_goes_toward_plus_infinity_on_both_sides_of_zero(self):
        self.assertEqual([ps_numbers.up(n, 4) for n in (5, -5)], [2, -1])
        self.assertEqual([ps_numbers.near(n, 2) for n in (3, -3)], [2, -2])

    def test_the_page_of_the_simulated_exchange_describes_the_instruments(self):
        docs = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference"
        known = ps_numbers.table_from_docs(docs / "sim.md")
        self.assertEqual(known["linear:BTCUSDT"], BTC)
        self.assertEqual((known["spot:ETHUSDT"].quantity_min, known["spot:ETHUSDT"].lot), (0, 10_000))

    def test_the_second_of_an_id_is_seven_digits_of_base_36(self):
        self.assertEqual(ps_compare.base36(1_748_628_360, 7), "0sx36a0")


class Venue(unittest.TestCase):
    def test_a_buy_is_worsened_by_spread_and_root_impact_and_rounded_up_to_the_tick(self):
        # A quarter of the volume: 1 bp + 10 bp x 0.5 = 6 bp of 104 000 is 62.4.
        self.assertEqual(venue().worsened(BTC, 104_000 * S, 1, S // 4, 1.0), 104_062_400_000_000)
        # 6 bp of 104 000.1 is 62.40006: 104 062.50006, up to 104 062.6, and down for a sale.
        base = 104_000_100_000_000
        self.assertEqual(venue().worsened(BTC, base, 1, S // 4, 1.0), 104_062_600_000_000)
        self.assertEqual(venue().worsened(BTC, base, -1, S // 4, 1.0), 103_937_600_000_000)

    def test_without_volume_the_whole_impact_is_paid(self):
        self.assertEqual(venue().worsened(BTC, 100_000 * S, 1, S, 0.0), 100_110 * S)

    def test_the_fee_is_rounded_up_at_the_last_place(self):
        # 0.024 x 104 143.8 x 0.00055 = 1.37469816; 1e-9 of quantity costs a whole unit of fee.
        self.assertEqual(venue().fees(BTC, 1, 104_143_800_000_000, 24_000_000), (1_374_698_160, 0))
        self.assertEqual(venue().fees(BTC, 1, S, 1), (1, 0))

    def test_a_long_pays_positive_funding_and_a_short_receives_it_cut(self):
        for held, amount in ((24_000_000, 249_540_001), (-24_000_000, -249_540_000)):
            v = venue(held)
            v.settled_to[BTC.name] = 0
            v._settle(BTC, 28_800_000, 103_975_000_020_834)
            # 0.024 x 103 975.000020834 = 2 495.400000500016 (near: ...000500), x 0.0001
            self.assertEqual([f["amount"] for f in v.funding], [amount])
            self.assertEqual(v.books.cash, 10_000 * S - amount)

    def test_funding_is_settled_once_and_on_no_empty_position(self):
        v = venue(0)
        v.settled_to[BTC.name] = 0
        v._settle(BTC, 28_800_000, 100 * S)
        v.books.positions[BTC.name].quantity = S
        v._settle(BTC, 28_800_000, 100 * S)
        self.assertEqual(v.funding, [])

    def test_a_turn_over_zero_realises_what_was_held_and_opens_the_rest(self):
        books = ps_venue.Books(10_000 * S, [BTC])
        books.fill(BTC, S, 100 * S, 0, 0, 0)
        books.fill(BTC, -3 * S, 110 * S, 0, 0, 0)
        p = books.positions[BTC.name]
        self.assertEqual((p.quantity, p.cost, p.realised), (-2 * S, -220 * S, 10 * S))
        self.assertEqual(books.cash, 10_010 * S)


def new_gate(**limits):
    """A day's loss of 25 % is let pass: what is asked for here is drawdown."""
    limits = LIMITS | {"daily_loss_max": 0.99} | limits
    config = CONFIG | {"risk": dict(sizing=SIZING, limits=limits)}
    return ps_gate.Gate(config, 10_000 * S, [BTC], {BTC.name: 0.25}, {BTC.name: {}})


def order_of(side, quantity=S // 100, reference=100_000 * S):
    return ps_venue.Order(BTC.name, side, False, quantity, reference, 0, "o", 0)


class Remembering(unittest.TestCase):
    """Known answers of "The ones that remember"."""

    def test_drift_is_the_mean_of_three_fills_or_nothing_and_forgets_by_the_window(self):
        drift = ps_memory.PriceDrift(LIMITS)
        for n, price in enumerate((101, 102, 103)):
            self.assertEqual(drift.actual(n), 0)
            drift.on_fill(n, order_of("buy", S, 100 * S), price * S, S)
        self.assertEqual(drift.actual(2), 20_000_000)  # 6 of 300
        self.assertEqual(drift.actual(3_600_000), 20_000_000)
        self.assertEqual(drift.actual(3_600_001), 0)  # the first is older than the window
        drift.on_fill(3, order_of("sell", S, 100 * S), 110 * S, S)  # 10 better
        self.assertEqual(drift.actual(3), -10_000_000)

    def test_what_lies_at_the_edge_of_a_window_is_in_or_out_where_moments_are_not_known(self):
        runs = ps_memory.Executions(LIMITS)
        for t in (0, 5_000, 60_000):
            runs.on_execution(t, "buy")
        now = 3_600_000
        self.assertEqual(runs.actual(now, "buy"), 3)
        self.assertEqual(runs.actual(now + 1, "buy"), 2)
        told = runs.actual(now, "buy", 10_000)
        self.assertEqual([n for n in range(5) if told == n], [1, 2, 3])
        self.assertEqual((("x", told) == ("x", 2), ("x", 0) == ("x", told)), (True, False))

    def test_a_bucket_empties_with_time_and_keeps_room_for_reductions(self):
        bucket = ps_memory.Messages(LIMITS)
        for n in range(150):
            self.assertEqual(bucket.word(1000, False), ("message_rate", True, 150, n + 1))
            bucket.on_message(1000)
        self.assertEqual(bucket.word(1000, False), ("message_rate", False, 150, 151))
        self.assertEqual(bucket.word(1000, True), ("message_rate", True, 200, 151))
        self.assertEqual(bucket.word(1050, False)[3], 151)  # half of a message is one
        self.assertEqual(bucket.word(1100, False)[3], 150)

    def test_a_streak_cools_its_side_down_and_begins_anew(self):
        streak = ps_memory.LossStreak(LIMITS | {"loss_streak_max": 2}, lot=1)
        for now in (10, 20):
            streak.on_fill(now, 0, 0, 5, -1)
            streak.on_fill(now, 5, -1, 0, -3)
        self.assertEqual(streak.word(20, 1, False), ("loss_streak", False, 2, 2))
        self.assertEqual(streak.word(20, -1, False), ("loss_streak", True, 2, 0))
        self.assertEqual(streak.word(1_800_020, 1, False), ("loss_streak", True, 2, 0))

    def test_a_spot_position_ends_where_less_than_a_lot_is_left(self):
        streak = ps_memory.LossStreak(LIMITS | {"loss_streak_max": 2}, lot=10)
        for now, dust in ((10, 0), (20, 4)):  # the second is bought on what the first left
            streak.on_fill(now, dust, 0, 999 + dust, -1)
            streak.on_fill(now, 999 + dust, -1, dust + 4, -3)
        self.assertEqual(streak.word(20, 1, False), ("loss_streak", False, 2, 2))

    def test_a_day_that_is_over_does_not_begin_again(self):
        daily = ps_memory.DailyLoss(100)
        for now, equity in ((ps_memory.DAY_MS, 100), (ps_memory.DAY_MS - 1, 90)):
            daily.measure(now, equity)
        self.assertEqual(daily.measure(ps_memory.DAY_MS + 1, 80), (20, 100))

    def test_the_close_at_midnight_belongs_to_the_day_that_it_ends(self):
        daily = ps_memory.DailyLoss(100)
        self.assertEqual(daily.measure(ps_memory.DAY_MS - 60_000, 95), (5, 100))
        self.assertEqual(daily.measure(ps_memory.DAY_MS, 90), (10, 100))
        self.assertEqual((daily.begin, daily.loss), (90, 0))
        self.assertEqual(daily.measure(ps_memory.DAY_MS + 60_000, 85), (5, 90))

    def test_an_edge_is_the_mean_of_a_bar_for_as_long_as_a_position_lasts(self):
        edge = ps_memory.Edge(4)
        for close, u in ((100.0, 1), (101.0, 1), (102.01, 0), (90.0, 1), (90.9, 1)):
            edge.on_bar(close, u)
            self.assertIsNone(edge.edge())
        edge.on_bar(91.809, 0)  # four bars of 1 % in two positions
        self.assertAlmostEqual(edge.edge(), 0.02)
        self.assertEqual(edge.holding(), 2.0)

    def test_a_true_range_counts_the_gap_before_the_bar(self):
        ranges = ps_memory.TrueRange()
        ranges.on_bar(Bar(0, 1, 0, 12 * S, 10 * S, 11 * S, 1.0))
        self.assertEqual(ranges.mean_of.mean, 2.0)
        ranges.on_bar(Bar(1, 2, 0, 15 * S, 14 * S, 14 * S, 1.0))  # 15 - 11
        self.assertAlmostEqual(ranges.mean_of.mean, (2.0 * 59 / 61 + 4.0) / (1 + 59 / 61))

    def test_the_distance_to_liquidation_is_what_the_equity_bears(self):
        gate, books = new_gate(), ps_venue.Books(10_000 * S, [BTC])
        books.positions[BTC.name].mark = 100_000 * S
        order = order_of("buy", S // 10)
        # E - 10 000 x 0.005 = 9 950, over 0.1 x 0.995.
        self.assertEqual(gate._distance(order, BTC, books, [], 10_000 * S), 100_000 * S)
        books.positions[BTC.name].quantity = -S // 10
        self.assertEqual(gate._distance(order, BTC, books, [], 0), ps_memory.INT64_MAX)


class Decide(unittest.TestCase):
    def test_equal_means_keep_the_position(self):
        rule = ps_decide.SmaCross(dict(fast=1, slow=3), BTC)
        told = [rule.on_bar(c)[0] for c in (1, 3, 2, 5, 1)]
        self.assertEqual(told, [None, None, None, 1.0, -1.0])

    def test_reaching_the_drawdown_limit_does_not_latch_and_passing_it_does(self):
        gate = new_gate()
        gate.on_equity(0, 8_000 * S)
        self.assertEqual(gate.state, ps_gate.ACTIVE)
        gate.on_equity(0, 8_000 * S - 1)
        self.assertEqual((gate.state, gate.drawdown), (ps_gate.REDUCING, 200_000_001))

    def test_while_reducing_only_a_reduction_passes(self):
        gate = new_gate()
        gate.on_equity(0, 7_500 * S)
        books = ps_venue.Books(10_000 * S, [BTC])
        books.positions[BTC.name].quantity = S // 100
        books.positions[BTC.name].mark = 100_000 * S
        for side, passed in (("sell", True), ("buy", False)):
            order = ps_venue.Order(BTC.name, side, False, S // 100, 100_000 * S, 0, "o", 0)
            words = gate.review(0, order, BTC, books, [])
            self.assertEqual(words[-1][1], passed, side)
            self.assertEqual(words[0][0], "drawdown")


def small_session():
    """Three hundred integer bars with a trend, over a funding time; fills on several crosses."""
    state, close, bars = 7, 1_000_000, []
    for n in range(300):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        opened, close = close, close + (state >> 33) % 1201 - 600
        open_ms = 28_800_000 + (n - 200) * MINUTE
        bars.append(Bar(open_ms, open_ms + MINUTE, *(x * S // 10 for x in (
            opened, max(opened, close) + 5, min(opened, close) - 5, close)), 50.0))
    session = ps_run.Session(CONFIG, [BTC], {BTC.name: bars}, {BTC.name: {28_800_000: 100_000}},
                             bars[60].open_ms, bars[-1].close_ms)
    session.run()
    return session


def units(control):
    return {"limit": {"raw": control[2]}, "actual": {"raw": control[3]}}


def write_journal(session, path):
    """The computed session in the tables that the daemon would have written."""
    db = sqlite3.connect(path)

    def table(name, rows):
        columns = list(rows[0])
        db.execute(f"CREATE TABLE {name} (record INTEGER PRIMARY KEY, {', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        db.executemany(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})",
                       [tuple(r.values()) for r in rows])

    def order_id(order):
        key = ps_compare.order_key(session, order)
        second = ps_compare.base36(order.decided_ms // 1000, 7)
        return "-".join(["pcode", key[:3], second, key[4:]])

    table("meta", [{"key": "session", "value": "code"}])
    table("bars", [{"instrument": name, "interval": "1m", "open_time_ns": b.open_ms * 10**6,
                    "volume": b.volume}
                   | {k: ps_compare.decimal(getattr(b, k)) for k in ("open", "high", "low", "close")}
                   | {f"{k}_raw": getattr(b, k) for k in ("open", "high", "low", "close")}
                   for name, b in session.used_bars])
    decisions, observations = [], ps_observe.computed(session, session.strategy)
    for key, row in ps_compare.computed_decisions(session).items():
        d = next(d for d in session.decisions if d.bar.open_ms == key[1])
        seen = observations.get(key, [])
        detail = {"observation": seen, "sizing": [{"id": i, "weight": w, "factor": f} for i, w, f in d.sizing],
                  "controls": [{"control": c[0], "passed": c[1]} | units(c) for c in d.controls],
                  "orders": [{"id": order_id(o), "side": o.side, "reduce_only": o.reduce_only,
                              "quantity": ps_compare.decimal(o.quantity), "approved": a,
                              "refused_by": by} for o, a, by in d.orders]}
        plain = {k: v for k, v in row.items() if k not in ("sizing", "controls", "orders")}
        decisions.append(plain | {"instrument": key[0], "bar_open_ns": key[1] * 10**6,
                                  "time_ns": d.bar.close_ms * 10**6, "detail": json.dumps(detail)})
    table("decisions", decisions)
    db.execute("CREATE TABLE refusals (record, ordinal, instrument, control, control_number, "
               "allowed_raw, actual_raw)")
    orders = list(zip(session.orders, ps_compare.computed_orders(session).values()))
    table("orders", [row | {"instrument": o.instrument, "id": order_id(o), "decided_ns": o.decided_ms * 10**6}
                     for o, row in orders])
    fills = zip(session.venue.fills, ps_compare.computed_fills(session).values())
    table("fills", [{k: v for k, v in row.items() if k not in ("order", "time_ms")}
                    | {"instrument": f["instrument"], "order_id": order_id(f["order"]),
                       "time_ns": f["time_ms"] * 10**6} for f, row in fills])
    table("funding", [row | {"instrument": key[0], "time_ns": key[1] * 10**6}
                      for key, row in ps_compare.computed_funding(session).items()])
    table("equity", list(ps_compare.computed_equity(session).values()))
    db.commit()
    db.close()


class Comparison(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.session = small_session()
        write_journal(cls.session, cls.folder / "whole.sqlite")

    def differing(self, statement, weights_near=0.0):
        """Tables that differ after the statement changed exactly one row."""
        path = self.folder / "changed.sqlite"
        shutil.copy(self.folder / "whole.sqlite", path)
        with contextlib.closing(sqlite3.connect(path)) as db:
            self.assertEqual(db.execute(statement).rowcount, 1)
            db.commit()
        report = ps_compare.compare(path, self.session, weights_near)
        self.assertEqual(report["equal"], all(t["first_difference"] is None for t in report["tables"]))
        if not weights_near:
            self.assertFalse(report["equal"])
        return {t["table"]: t["first_difference"] for t in report["tables"]
                if t["first_difference"]}

    def test_what_was_written_from_the_computation_is_equal_and_not_empty(self):
        report = ps_compare.compare(self.folder / "whole.sqlite", self.session)
        self.assertTrue(report["equal"], report)
        rows = {t["table"]: t["rows"] for t in report["tables"]}
        self.assertGreater(min(rows[t] for t in ("bars", "decisions", "orders", "fills", "funding",
                                                 "equity")), 0, rows)
        self.assertGreater(rows["fills"], 10)

    def test_one_unit_of_one_value_is_seen_and_named(self):
        for table, column in (("bars", "close_raw"), ("bars", "volume"),
                              ("decisions", "wanted_raw"), ("decisions", "equity_raw"),
                              ("orders", "quantity_raw"), ("fills", "price_raw"),
                              ("fills", "fee_raw"), ("fills", "slippage_raw"),
                              ("funding", "amount_raw"), ("equity", "cash_raw")):
            with self.subTest(table=table, column=column):
                record = f"(SELECT record FROM {table} ORDER BY record LIMIT 1)"
                found = self.differing(
                    f"UPDATE {table} SET {column} = {column} + 1 WHERE record = {record}")
                self.assertEqual(list(found), [table])
                self.assertIn(column, found[table]["columns"])

    def test_the_last_equity_point_is_the_final_one(self):
        found = self.differing("UPDATE equity SET equity_raw = equity_raw - 1 WHERE record = "
                               "(SELECT max(record) FROM equity)")
        self.assertEqual(sorted(found), ["equity", "final"])

    def test_another_outcome_or_weight_is_seen(self):
        first = "(SELECT min(record) FROM decisions WHERE outcome = 'ordered')"
        for change in ("outcome = 'late'", "weight = 0.5", "reason = 'other'",
                       "detail = replace(detail, '\"approved\": true', '\"approved\": false')",
                       "detail = replace(detail, '\"factor\": 0.25', '\"factor\": 0.5')"):
            with self.subTest(change=change):
                found = self.differing(f"UPDATE decisions SET {change} WHERE record = {first}")
                self.assertEqual(list(found), ["decisions"])

    def test_weights_may_be_near_where_networks_have_made_them(self):
        first = "(SELECT min(record) FROM decisions WHERE outcome = 'ordered')"
        for apart, near, differing in ((1e-8, 0.0, True), (1e-8, 1e-6, False), (1e-5, 1e-6, True)):
            found = self.differing(f"UPDATE decisions SET weight = weight + {apart} WHERE record = {first}", near)
            self.assertEqual("decisions" in found, differing)

    def test_an_observation_is_compared_beyond_the_noise_of_doubles(self):
        found = self.differing("UPDATE decisions SET detail = replace(detail, '\"observation\": [', "
                               "'\"observation\": [1') "
                               "WHERE record = (SELECT max(record) FROM decisions)")
        self.assertEqual(list(found), ["observed"])
        a = [99_951.23, 0.5]
        self.assertTrue(ps_observe.near_enough(a, [99_951.23 * (1 + 1e-12), 0.5]))
        self.assertFalse(ps_observe.near_enough(a, [99_951.23, 0.5 + 1e-8]))

    def test_a_row_too_few_and_a_row_too_many_are_seen(self):
        found = self.differing("DELETE FROM bars WHERE record = 7")
        self.assertIsNone(found["bars"]["recorded"])
        found = self.differing(
            "INSERT INTO funding SELECT 99, position_raw, mark_raw, rate_raw, rate_assumed, "
            "amount_raw, instrument, time_ns + 1000000 FROM funding LIMIT 1")
        self.assertIsNone(found["funding"]["computed"])

    def test_a_decision_before_its_close_or_long_after_breaks_a_rule(self):
        for shift in (-1, 10_001):
            found = self.differing(f"UPDATE decisions SET time_ns = time_ns + {shift} * 1000000 "
                                   "WHERE record = 41")
            self.assertIn("rule", found["decisions"]["columns"])

    def test_the_same_bar_twice_breaks_a_rule(self):
        found = self.differing("INSERT INTO bars SELECT 9999, instrument, interval, open_time_ns, "
                               "volume, open, high, low, close, open_raw, high_raw, low_raw, "
                               "close_raw FROM bars WHERE record = 3")
        self.assertIn("rule", found["bars"]["columns"])


if __name__ == "__main__":
    unittest.main()
