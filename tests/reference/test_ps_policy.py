#!/usr/bin/env python3
"""Known answers of the pieces of ps_policy.py; none without numpy."""
import math
import pathlib
import sys
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

try:
    import numpy as np

    import ps_policy
    from ps_policy import Board, Ewm, Governor, Move, Moves, Networks, Trial, head_steps, net_returns
except ImportError:
    np = None
from ps_numbers import S, Bar

SHIPPED = pathlib.Path(__file__).resolve().parents[2] / "models/shipped/policy-1h"
HOUR = 3_600_000
MARKET = dict(trial_bars=5, rebuild_bars=2, decide_every=1, volatility_span=4, volatility_target=0.5,
              volatility_scale_max=1.0, cost=0.001, assumed_funding=0.0001)


def bar(open_ms, close, volume=1.0):
    return Bar(open_ms, open_ms + HOUR, close, close, close, close, volume)


class Scripted:
    """Networks whose head says long, whatever they read."""
    size, hidden = 1, 1

    def __init__(self, logits):
        self.head = np.array([[[0.0, x] for x in (*logits, 0.0)]])

    def trunk(self, encoded, own, memory):
        return memory


@unittest.skipIf(np is None, "needs numpy")
class Account(unittest.TestCase):
    def test_a_change_is_paid_with_the_next_bar_and_profit_begins_with_the_position(self):
        trial = Trial(Scripted((0.0, 0.0, 800.0)), MARKET, unit=0.01)
        trial.begin()
        trial.step(None, Move(0.5, 0.0, 0.5), True)  # nothing is held: the bar brings nothing
        self.assertEqual((trial.reward[0], trial.weight[0], trial.exposure[0]), (0.0, 1.0, 0.5))
        trial.step(None, Move(0.02, 0.001, 0.25), False)  # 0.5 x 0.02 - 0.5 x 0.001 - 0.001 x 0.5
        self.assertAlmostEqual(trial.reward[0], (0.01 - 0.0005 - 0.0005) / 0.01, places=12)
        self.assertEqual(trial.exposure[0], 0.5)  # no decision: the scale changes nothing
        trial.step(None, Move(0.02, 0.0, 0.25), True)
        self.assertAlmostEqual(trial.profit[0], 0.9 + 1.0, places=12)  # same side: it goes on
        self.assertAlmostEqual(trial.owed[0], 0.001 * 0.25, places=15)
        self.assertEqual(trial.own[0, 2], float(np.float32(2) / np.float32(5)))

    def test_a_trial_that_is_over_begins_anew_with_the_last_rows(self):
        trial = Trial(Scripted((0.0, 0.0, 0.0)), MARKET, unit=0.01)
        rows = [(None, Move(), True)] * 3
        steps = []
        for _ in range(5):
            trial.prepare(rows)
            trial.step(*rows[0])
            steps.append(trial.steps)
        self.assertEqual(steps, [3, 4, 5, 3, 4])


@unittest.skipIf(np is None, "needs numpy")
class Features(unittest.TestCase):
    def test_an_ewm_is_the_weighted_mean_of_all_values(self):
        values, ewm = [3.0, 1.0, 4.0, 1.0, 5.0], Ewm(9)
        for x in values:
            ewm.add(x)
        weights = [0.8 ** age for age in reversed(range(5))]
        mean = sum(w * x for w, x in zip(weights, values)) / sum(weights)
        deviation = math.sqrt(sum(w * (x - mean) ** 2 for w, x in zip(weights, values)) / sum(weights))
        self.assertAlmostEqual(ewm.mean, mean, places=14)
        self.assertAlmostEqual(ewm.z(5.0), (5.0 - mean) / deviation, places=13)

    def test_the_mean_over_symbols_is_a_bar_old_and_leaves_out_who_is_silent(self):
        board = Board(["a", "b", "c"], HOUR)
        board.post("a", 100 * HOUR, [1.0])
        self.assertIsNone(board.mean_before(101 * HOUR))  # one is no market
        board.post("b", 100 * HOUR, [3.0])
        board.post("c", 75 * HOUR, [50.0])  # 25 bars behind
        self.assertIsNone(board.mean_before(75 * HOUR))
        self.assertEqual(board.mean_before(101 * HOUR), [2.0])

    def test_a_settlement_at_the_close_is_of_the_bar_and_one_nobody_knows_is_assumed(self):
        moves = Moves(MARKET, 0.01, {8 * HOUR: 1_000_000}, 8 * HOUR)
        self.assertEqual(moves.add(bar(6 * HOUR, 100 * S)).bar_return, 0.0)
        self.assertAlmostEqual(moves.add(bar(7 * HOUR, 101 * S)).bar_return, 0.01 - 0.001, places=15)
        for hour in range(8, 15):
            self.assertEqual(moves.add(bar(hour * HOUR, 101 * S)).assumed, 0.0)
        self.assertEqual(moves.add(bar(15 * HOUR, 101 * S)).assumed, 0.0001)


@unittest.skipIf(np is None, "needs numpy")
class Network(unittest.TestCase):
    def test_a_step_is_that_of_a_gru_written_out(self):
        networks = Networks([SHIPPED / "seed-1.safetensors"])
        _, raw = ps_policy.read_checkpoint(SHIPPED / "seed-1.safetensors")
        random = np.random.default_rng(1)
        scaled, own, h = random.normal(size=(1, 1, 19)), random.normal(size=(1, 7)), random.normal(size=(1, 16))
        found = networks.trunk(networks.encoded(scaled)[0], own, h)[0]
        x = [max(0.0, float(b) + sum(float(w) * v for w, v in zip(row, [*scaled[0, 0], *own[0]])))
             for row, b in zip(raw["encoder_weight"], raw["encoder_bias"])]

        def line(kind, k, v):
            return float(raw[f"core.bias_{kind}_l0"][k]) + sum(
                float(w) * y for w, y in zip(raw[f"core.weight_{kind}_l0"][k], v))
        for k in range(16):
            r, z = (1 / (1 + math.exp(-line("ih", g * 16 + k, x) - line("hh", g * 16 + k, h[0]))) for g in (0, 1))
            n = math.tanh(line("ih", 32 + k, x) + r * line("hh", 32 + k, h[0]))
            self.assertAlmostEqual(found[k], (1 - z) * n + z * h[0, k], places=12)


@unittest.skipIf(np is None, "needs numpy")
class Gradient(unittest.TestCase):
    def test_a_step_goes_along_the_slope_of_the_mean_net_return(self):
        random = np.random.default_rng(2)
        bars, first, unit, cost = 12, 4, 0.01, MARKET["cost"]
        memories, head = random.normal(size=(bars, 3)), random.normal(size=(4, 4))
        moves = [Move(*random.normal(scale=0.02, size=1), 0.0002 * (t % 3 == 0), 0.4 + 0.05 * (t % 4)) for t in range(bars + 1)]
        decides = np.arange(bars) % 3 == 1

        def mean(h):
            chances = ps_policy.chances_of(np.c_[memories, np.ones(bars)] @ h[:3].T)
            return net_returns(moves, chances, decides, unit, cost, ps_policy.KINK)[0][first:].mean()
        moved = head_steps(head, memories, moves, decides, first, bars, MARKET, unit, 1, 1.0) - head
        for i in range(3):
            for k in range(4):
                up, low = head.copy(), head.copy()
                up[i, k] += 1e-5
                low[i, k] -= 1e-5
                self.assertAlmostEqual(moved[i, k], (mean(up) - mean(low)) / 2e-5, places=7)
        self.assertFalse(moved[3].any())  # the value has no part in it


@unittest.skipIf(np is None, "needs numpy")
class Falls(unittest.TestCase):
    def test_a_reward_that_falls_short_is_told_once_and_not_before_it_has_settled(self):
        settings = dict(adapt_change=8.0, adapt_bars=2, adapt_steps=1, adapt_rate=1.0, adapt_every=10)
        networks = types.SimpleNamespace(config={}, head=None, size=1)
        governor = Governor(settings, networks, MARKET, 0.01)
        usual = [1.0 if n % 2 else -1.0 for n in range(48)]
        self.assertFalse(any(governor._fell(x) for x in usual))
        self.assertEqual([governor._fell(-6.0) for _ in range(3)], [False, True, False])


if __name__ == "__main__":
    unittest.main()
