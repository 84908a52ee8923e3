"""What a trained policy says at every closed bar: market features, unit account, recurrent networks, trials, gradient steps.

After docs/reference/features.md (trend, market), checkpoints.md, strategies.md (policy) and learning.md ("A policy that trades"). Where those
were silent (unit account, trials, when stretches are cut and how they are judged) the program was read, and the pages say it now.
Nothing of it depends on books, sizing or limits: from bars and funding alone it makes the weights that a session is then told.
Networks are computed in double from the float32 weights and inputs of the files, so weights differ from the program's by its rounding.
"""
import hashlib
import json
import math
import struct
from collections import deque
from dataclasses import dataclass

import numpy as np

S = 10**9
HOUR_MS, EIGHT_HOURS_MS, YEAR_MS = 3_600_000, 8 * 3_600_000, 365 * 24 * 3_600_000
HORIZONS = (1, 4, 12, 24, 72, 168, 336, 720, 1440)
MARKET_FIRST = 5  # of HORIZONS: those that are also told relative to the market
TRENDS = ((8, 24), (32, 96), (128, 384))
FEATURES, OWN = 19, 7
TREND_WARM_UP, WARM_UP = 1441, 1442
FRESH_BARS = 24
SETTLE, SLACK, KINK = 48, 0.5, 1e-3


# ---------------------------------------------------------------------------- checkpoints

def read_checkpoint(path):
    """(metadata, {name: array}); the content hash is checked."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    about = header.pop("__metadata__")
    stored = about["content_hash"].encode()
    if hashlib.sha256(data.replace(stored, b"0" * 64)).hexdigest().encode() != stored:
        raise ValueError(f"{path}: the content hash is not that of the content")
    kinds = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "U8": "u1"}
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + x for x in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[begin:end], kinds[entry["dtype"]]).reshape(entry["shape"])
    return about, tensors


class Networks:
    """The policies of a folder; their arrays stand one after the other in the first dimension."""

    def __init__(self, paths):
        read = [read_checkpoint(path) for path in paths]
        self.hashes = [about["content_hash"] for about, _ in read]
        self.config = dict(line.split(" = ") for line in read[0][0]["config"].splitlines() if line)
        for key, value in (("core", "gru"), ("layers", "1"), ("belief", "0"), ("features", "market"), ("interval", "1h")):
            if self.config[key] != value:
                raise NotImplementedError(f"{key} = {self.config[key]} is not computed here")

        def stacked(name):
            return np.stack([tensors[name] for _, tensors in read]).astype(float)
        self.offset, self.factor = stacked("normaliser.offset"), stacked("normaliser.factor")
        self.limit = float(read[0][0]["normaliser_limit"])
        encoder = stacked("encoder_weight")
        self.encode_features, self.encode_own = encoder[:, :, :FEATURES], encoder[:, :, FEATURES:]
        self.encoder_bias = stacked("encoder_bias")
        self.w_in, self.b_in = stacked("core.weight_ih_l0"), stacked("core.bias_ih_l0")
        self.w_hidden, self.b_hidden = stacked("core.weight_hh_l0"), stacked("core.bias_hh_l0")
        self.head = np.concatenate([stacked("head_weight"), stacked("head_bias")[:, :, None]], axis=2)
        self.size, self.hidden = len(read), self.w_hidden.shape[2]

    def scaled(self, features):
        """[bars, FEATURES] to [bars, policies, FEATURES], as float32 holds them."""
        x = (features[:, None, :] - self.offset) * self.factor
        return np.clip(x, -self.limit, self.limit).astype(np.float32).astype(float)

    def encoded(self, scaled):
        """What the encoder makes of the features alone; the account's inputs are added bar by bar."""
        return np.einsum("pof,bpf->bpo", self.encode_features, scaled) + self.encoder_bias

    def trunk(self, encoded, own, memory):
        """GRU: gates in the order of its weights, reset, update, new. Returns the memory after it, which is what the head reads."""
        x = np.maximum(encoded + (self.encode_own @ own[:, :, None])[:, :, 0], 0.0)
        i = (self.w_in @ x[:, :, None])[:, :, 0] + self.b_in
        h = (self.w_hidden @ memory[:, :, None])[:, :, 0] + self.b_hidden
        n = self.hidden
        gates = 1.0 / (1.0 + np.exp(-(i[:, :2 * n] + h[:, :2 * n])))
        fresh = np.tanh(i[:, 2 * n:] + gates[:, :n] * h[:, 2 * n:])
        return fresh + gates[:, n:] * (memory - fresh)


def outputs(head, memory):
    """Logits of short, flat, long, and the value."""
    return (head[:, :, :-1] @ memory[..., None])[..., 0] + head[:, :, -1]


def chances_of(logits):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# ---------------------------------------------------------------------------- features and moves

class Ewm:
    """Mean of all values, weight (1 - 2/(s+1))^age, and their deviation under the same weights."""

    def __init__(self, span):
        self.keep = 1.0 - 2.0 / (span + 1.0)
        self.weight = self.mean = self.squares = 0.0

    def add(self, x):
        self.weight = self.keep * self.weight + 1.0
        off = x - self.mean
        self.mean += off / self.weight
        self.squares = self.keep * self.squares + off * (x - self.mean)
        return self.mean

    def z(self, x):
        d = math.sqrt(self.squares / self.weight)
        return (x - self.mean) / d if d > 0.0 else 0.0


def clip(x):
    return min(10.0, max(-10.0, x))


def over(a, b):
    return a / b if b != 0.0 else 0.0


class Trend:
    """Of one instrument, since its start or its last hole."""

    def __init__(self, funding_ms):
        self.per_8h = EIGHT_HOURS_MS / funding_ms if funding_ms else 1.0
        self.logs = deque(maxlen=HORIZONS[-1] + 1)
        self.variance, self.short_variance = Ewm(480), Ewm(24)
        self.means = [(Ewm(a), Ewm(b)) for a, b in TRENDS]
        self.volumes = Ewm(168)

    def add(self, bar, rate):
        """The row, or None while windows fill. rate: the last that was settled, or None."""
        log = math.log(bar.close / S)
        if self.logs:
            square = (log - self.logs[-1]) ** 2
            self.variance.add(square)
            self.short_variance.add(square)
        self.logs.append(log)
        for fast, slow in self.means:
            fast.add(bar.close / S)
            slow.add(bar.close / S)
        volume = math.sqrt(bar.volume) if bar.volume > 0.0 else 0.0
        self.volumes.add(volume)
        if len(self.logs) < TREND_WARM_UP:
            return None
        sigma = math.sqrt(self.variance.mean)
        row = [clip(over(log - self.logs[-1 - h], sigma * math.sqrt(h))) for h in HORIZONS]
        row += [clip(over(math.log(fast.mean / slow.mean), sigma * math.sqrt(span)))
                for (fast, slow), (_, span) in zip(self.means, TRENDS)]
        row.append(min(3.0, math.sqrt(self.short_variance.mean) / sigma - 1.0) if sigma > 0.0 else 0.0)
        row.append(self.volumes.z(volume))
        row.append(0.0 if rate is None else clip(rate / 1e5 * self.per_8h - 1.0))
        return row


class Board:
    """The mean over the symbols, as of the close before."""

    def __init__(self, names, bar_ms):
        self.posts = {name: {} for name in names}
        self.bar_ms = bar_ms

    def mean_before(self, close_ms):
        newest = []
        for posts in self.posts.values():
            times = [t for t in posts if t < close_ms]
            if times:
                newest.append((max(times), posts[max(times)]))
        if not newest:
            return None
        last = max(t for t, _ in newest)
        rows = [row for t, row in newest if last - t <= FRESH_BARS * self.bar_ms]
        return [sum(column) / len(rows) for column in zip(*rows)] if len(rows) > 1 else None

    def post(self, name, close_ms, row):
        posts = self.posts[name]
        posts[close_ms] = row
        if len(posts) > 64:
            del posts[min(posts)]


@dataclass
class Move:
    bar_return: float = 0.0  # less the known funding that longs paid
    assumed: float = 0.0
    scale: float = 0.0


class Moves:
    """What the close of a bar says to the unit account."""

    def __init__(self, market, unit, rates, funding_ms):
        self.market, self.unit, self.rates, self.funding_ms = market, unit, rates, funding_ms
        self.variance, self.close, self.seen = Ewm(market["volatility_span"]), 0, 0

    def add(self, bar):
        move = Move()
        if self.seen:
            ratio = bar.close / self.close
            move.bar_return = ratio - 1.0
            first = (bar.open_ms // self.funding_ms + 1) * self.funding_ms if self.funding_ms else bar.close_ms + 1
            for time_ms in range(first, bar.close_ms + 1, self.funding_ms or 1):
                rate = self.rates.get(time_ms)
                if rate is None:
                    move.assumed += self.market["assumed_funding"] * self.funding_ms / EIGHT_HOURS_MS
                else:
                    move.bar_return -= rate / S
            self.variance.add(math.log(ratio) ** 2)
        self.close, self.seen = bar.close, self.seen + 1
        deviation = math.sqrt(self.variance.mean)
        if self.seen > self.market["volatility_span"] and deviation > 0.0:
            move.scale = min(self.market["volatility_scale_max"], self.unit / deviation)
        return move


# ---------------------------------------------------------------------------- trials

class Trial:
    """All policies of one instrument on their way through its bars, each with its unit account."""

    def __init__(self, networks, market, unit):
        self.networks, self.market, self.unit = networks, market, unit
        self.head, self.renew = networks.head, True

    def begin(self):
        n = self.networks.size
        self.memory = np.zeros((n, self.networks.hidden))
        self.exposure, self.weight, self.profit, self.owed = (np.zeros(n) for _ in range(4))
        self.chances, self.value, self.reward = np.zeros((n, 3)), np.zeros(n), np.zeros(n)
        self.steps, self.renew = 0, False

    def step(self, encoded, move, decides):
        self.reward = (self.exposure * move.bar_return - np.abs(self.exposure) * move.assumed - self.owed) / self.unit
        self.owed = np.zeros(len(self.owed))
        self.profit = self.profit + self.reward
        own = np.empty((len(self.weight), OWN), np.float32)
        own[:, 0] = self.weight
        own[:, 1] = np.clip(self.profit / 10.0, -10.0, 10.0)
        own[:, 2] = np.float32(self.steps) / np.float32(self.market["trial_bars"])
        own[:, 3:6] = self.chances
        own[:, 6] = np.clip(self.reward, -10.0, 10.0)
        self.own = own.astype(float)
        self.memory = self.networks.trunk(encoded, self.own, self.memory)
        said = outputs(self.head, self.memory)
        self.chances, self.value = chances_of(said[:, :3]), said[:, 3]
        self.steps += 1
        if decides:
            self.weight = self.chances[:, 2] - self.chances[:, 0]
            exposure = self.weight * move.scale
            self.owed = self.market["cost"] * np.abs(exposure - self.exposure)
            self.profit = np.where(exposure * self.exposure <= 0.0, 0.0, self.profit)
            self.exposure = exposure

    def prepare(self, rows):
        """Before the bar is read: a trial that is over begins anew, through the rows before the bar."""
        if not self.renew and self.steps < self.market["trial_bars"]:
            return
        self.begin()
        for row in rows[-self.market["rebuild_bars"]:]:
            self.step(*row)


# ---------------------------------------------------------------------------- gradient adaptation

def net_returns(moves, chances, decides, unit, cost, kink):
    """([net of each bar, in units], exposures with the one before the first); moves: of the bars and, last, of the one behind them."""
    def size(x):
        return np.sqrt(x * x + kink * kink) - kink if kink else np.abs(x)
    weight = chances[:, 2] - chances[:, 0]
    held = np.zeros(len(weight) + 1)
    for t, (w, d) in enumerate(zip(weight, decides)):
        held[t + 1] = w * moves[t].scale if d else held[t]
    r = np.array([m.bar_return for m in moves[1:]])
    a = np.array([m.assumed for m in moves[1:]])
    return (held[1:] * r - size(held[1:]) * a - cost * size(np.diff(held))) / unit, held


def head_steps(head, memories, moves, decides, first, end, market, unit, steps, rate):
    """Plain gradient steps of one policy's head on minus the mean net return of the bars first to end."""
    features = np.concatenate([memories, np.ones((len(memories), 1))], axis=1)[:end]
    moves, decides = moves[:end + 1], decides[:end]
    r = np.array([m.bar_return for m in moves[1:]])
    a = np.array([m.assumed for m in moves[1:]])
    scale = np.array([m.scale for m in moves[:-1]])
    counts = np.arange(end) >= first
    # Which decision each bar holds: the derivative of its exposure goes there.
    at = np.maximum.accumulate(np.where(decides, np.arange(end), -1))
    for _ in range(steps):
        p = chances_of(features @ head[:3].T)
        _, held = net_returns(moves, p, decides, unit, market["cost"], KINK)

        def slope(x):
            return x / np.sqrt(x * x + KINK * KINK)
        by_held = np.where(counts, r - slope(held[1:]) * a, 0.0)
        by_change = np.where(counts, -market["cost"] * slope(np.diff(held)), 0.0)
        by_held = by_held + by_change
        by_held[:-1] -= by_change[1:]
        by_decision = np.zeros(end)
        np.add.at(by_decision, at[at >= 0], by_held[at >= 0])
        weight = p[:, 2] - p[:, 0]
        by_weight = by_decision * scale / ((end - first) * unit)
        by_logits = by_weight[:, None] * p * (np.array([-1.0, 0.0, 1.0]) - weight[:, None])
        head = head.copy()
        head[:3] += rate * (by_logits.T @ features)
    return head


class Governor:
    """Of one instrument: when it learns, whether what it learned is used, and when it goes again."""

    def __init__(self, settings, networks, market, unit):
        self.settings, self.networks, self.market, self.unit = settings, networks, market, unit
        self.bars = min(settings["adapt_bars"], market["trial_bars"] - market["rebuild_bars"])
        self.rows_needed = self.bars + market["rebuild_bars"]
        config = networks.config
        self.steps = settings["adapt_steps"] if settings["adapt_steps"] != "off" else int(config["inner_steps"]) or 5
        self.rate = settings["adapt_rate"] if settings["adapt_rate"] != "off" else float(config["inner_rate"])
        self.fell_sum = self.fell_mean = self.fell_squares = 0.0
        self.fell_seen = self.since_cut = self.version = self.versions = 0
        self.gain, self.said = 0.0, []

    def _fell(self, reward):
        """CUSUM over the reward's standardised values; the first bars only teach what is usual."""
        deviation = math.sqrt(self.fell_squares / (self.fell_seen - 1)) if self.fell_seen > 1 else 0.0
        z = (reward - self.fell_mean) / deviation if deviation > 0.0 else 0.0
        self.fell_seen += 1
        off = reward - self.fell_mean
        self.fell_mean += off / self.fell_seen
        self.fell_squares += off * (reward - self.fell_mean)
        if self.fell_seen <= SETTLE or self.settings["adapt_change"] <= 0.0:
            return False
        self.fell_sum = max(0.0, self.fell_sum - z - SLACK)
        if self.fell_sum <= self.settings["adapt_change"]:
            return False
        self.fell_seen, self.fell_mean, self.fell_squares, self.fell_sum = 0, 0.0, 0.0, 0.0
        return True

    def on_bar(self, close_ms, reward, base_reward, rows):
        """The heads to use from the next bar on, or None: those in use stay."""
        changed = None
        if self.version:
            self.gain += reward - base_reward
            if not self.gain > -self.settings["adapt_rollback"]:
                self.said.append((close_ms, "rolled_back", None, None))
                self.version, self.gain, changed = 0, 0.0, self.networks.head
        self.since_cut += 1
        fell = self._fell(reward)
        if len(rows) < self.rows_needed or not (fell or self.since_cut >= self.settings["adapt_every"]):
            return changed
        self.since_cut = 0
        heads, figures = self._learned(rows[-self.rows_needed:])
        if figures["kl"] > self.settings["adapt_kl_max"] or not (
                figures["held_adapted"] - figures["held_base"] > self.settings["adapt_margin"]):
            self.said.append((close_ms, "refused", "change" if fell else "periodic", figures))
            return changed
        self.said.append((close_ms, "adopted", "change" if fell else "periodic", figures))
        self.versions += 1
        self.version, self.gain = self.versions, 0.0
        return heads

    def _learned(self, rows):
        trial = Trial(self.networks, self.market, self.unit)
        trial.begin()
        memories = []
        for row in rows[:-1]:
            trial.step(*row)
            memories.append(trial.memory)
        memories = np.stack(memories)
        moves, decides = [row[1] for row in rows], np.array([row[2] for row in rows[:-1]])
        first, bars = self.market["rebuild_bars"], len(rows) - 1
        end = bars - int((bars - first) * self.settings["adapt_held_share"])
        heads, figures = [], dict(step_norm=0.0, kl=0.0, support_before=0.0, support_after=0.0, held_base=0.0, held_adapted=0.0)
        for n, base in enumerate(self.networks.head):
            head = head_steps(base, memories[:, n], moves, decides, first, end, self.market, self.unit, self.steps, self.rate)
            norm = math.sqrt(((head - base) ** 2).sum())
            longest = self.settings["adapt_norm_max"]
            if norm > longest:
                head, norm = base + (head - base) * (longest / norm), longest
            heads.append(head.astype(np.float32).astype(float))
            features = np.concatenate([memories[:, n], np.ones((bars, 1))], axis=1)
            p, q = (chances_of(features @ h[:3].T) for h in (base, heads[-1]))
            figures["step_norm"] = max(figures["step_norm"], norm)
            figures["kl"] = max(figures["kl"], float((p * np.log(p / q)).sum(axis=1).mean()))
            for name, chances in (("before", p), ("after", q)):
                net, _ = net_returns(moves, chances, decides, self.unit, self.market["cost"], 0.0)
                figures["support_" + name] += net[first:end].mean() / self.networks.size
                held = {"before": "held_base", "after": "held_adapted"}[name]
                figures[held] += net[end:].mean() / self.networks.size
        return np.stack(heads), figures


# ---------------------------------------------------------------------------- one instrument, and all of them

class Policy:
    """Of one instrument."""

    def __init__(self, instrument, settings, networks, market, unit, rates, board):
        self.name, self.spot, self.settings, self.networks = instrument.name, instrument.spot, settings, networks
        self.market, self.unit, self.rates, self.funding_ms = market, unit, rates, instrument.funding_ms
        self.board = board
        adapts = settings["adapt"]
        if adapts not in ("recurrent", "both"):
            raise NotImplementedError(f"policy.adapt = {adapts!r} is not computed here")
        self.governor = Governor(settings, networks, market, unit) if adapts == "both" else None
        self.reader, self.shadow = Trial(networks, market, unit), Trial(networks, market, unit)
        self.answered = False
        self.settled = None
        self.reset()

    def reset(self):
        self.trend = Trend(self.funding_ms)
        self.moves = Moves(self.market, self.unit, self.rates, self.funding_ms)
        self.rows, self.seen, self.posted = [], 0, False
        self.reader.renew = self.shadow.renew = True
        self.board.posts[self.name] = {}

    def features(self, bar):
        due = [t for t in self._grid(bar) if t in self.rates]
        if due:
            self.settled = self.rates[due[-1]]
        row = self.trend.add(bar, self.settled)
        if row is None:
            return None
        own = row[MARKET_FIRST:MARKET_FIRST + 4]
        self.board.post(self.name, bar.close_ms, own)
        ready, self.posted = self.posted, True
        if not ready:
            return None
        mean = self.board.mean_before(bar.close_ms)
        return row + ([clip(a - b) for a, b in zip(own, mean)] if mean else [0.0] * 4)

    def _grid(self, bar):
        if not self.funding_ms:
            return ()
        return range((bar.open_ms // self.funding_ms + 1) * self.funding_ms, bar.close_ms + 1, self.funding_ms)

    def on_bar(self, bar):
        """(weight or None, reason, still warming up, what it saw and said)."""
        features = self.features(bar)
        move = self.moves.add(bar)
        self.seen += 1
        if features is None or self.seen <= self.market["volatility_span"]:
            return self._waiting("features' windows"), None
        decides = bar.close_ms // (bar.close_ms - bar.open_ms) % self.market["decide_every"] == 0
        encoded = self.networks.encoded(self.networks.scaled(np.array([features])))[0]
        row = (encoded, move, decides)
        ready = len(self.rows) >= self.market["rebuild_bars"]
        governor = self.governor
        adapted = governor is not None and governor.version > 0
        if ready:
            self.reader.prepare(self.rows)
            if adapted:
                self.shadow.prepare(self.rows)
        self.rows.append(row)
        del self.rows[:-max(self.market["rebuild_bars"], governor.rows_needed if governor else 0)]
        if not ready:
            return self._waiting("policy's memory"), dict(features=features)
        self.reader.step(*row)
        self.answered = True
        r = self.reader
        words = dict(features=features, own=list(r.own[0]), chances=list(r.chances.mean(axis=0)), value=r.value.mean(),
                     reward=r.reward.mean(), trial_bar=r.steps, version=governor.version if governor else 0)
        weight = float(r.weight.mean())
        cut = self.spot and weight < 0.0
        side = "long" if weight > 0.0 else "short" if weight < 0.0 else "flat"
        reason = ("the last decision stands" if not decides
                  else "the policy is short: flat, spot has no short" if cut else "the policy is " + side)
        if governor:
            base = r.reward.mean()
            if adapted:
                self.shadow.step(*row)
                base = self.shadow.reward.mean()
            heads = governor.on_bar(bar.close_ms, r.reward.mean(), base, self.rows)
            if heads is not None:
                r.head, r.renew, self.shadow.renew = heads, True, True
        return (0.0 if cut else weight, reason, False), words

    def _waiting(self, what):
        fill = "are still filling" if what.endswith("windows") else "is still filling"
        anew = "fill anew" if what.endswith("windows") else "fills anew"
        return None, f"bars were missing: the {what} {anew}" if self.answered else f"the {what} {fill}", True


class Told:
    """A strategy of ps_run that says, bar by bar, what was computed before."""

    def __init__(self, answers):
        self.answers = iter(answers)

    def reset(self):
        pass

    def on_bar(self, close):
        return next(self.answers)


@dataclass
class Said:
    answers: dict  # {name: [answer]}, as the bars
    keys: dict  # {name: [(name, open_ms)]}
    words: dict  # {(name, open_ms): what was seen and said}
    steps: dict  # {name: [(close_ms, verdict, cause of the cut, figures)]}


def networks_of(folder):
    return Networks(sorted(folder.glob("seed-*.safetensors")))


def warm_up_bars(folder):
    config = networks_of(folder).config
    return max(WARM_UP, int(config["volatility_span"]) + 1) + int(config["rebuild_bars"])


def computed(config, folder, instruments, bars, rates):
    """Said. bars: {name: [Bar]}, as the session sees them."""
    networks = networks_of(folder)
    if networks.hashes != config["policy"]["content"]:
        raise ValueError(f"{folder}: not the checkpoints that the session traded")
    market = {k: float(networks.config[k]) for k in ("volatility_target", "volatility_scale_max", "cost", "assumed_funding")}
    market |= {k: int(networks.config[k]) for k in ("trial_bars", "rebuild_bars", "decide_every", "volatility_span")}
    unit = market["volatility_target"] * math.sqrt(HOUR_MS / YEAR_MS)
    board = Board([i.name for i in instruments], HOUR_MS)
    policies = {i.name: Policy(i, config["policy"], networks, market, unit, rates[i.name], board) for i in instruments}
    answers, words, before = {name: [] for name in policies}, {}, {}
    for close_ms, name, bar in sorted((bar.close_ms, name, bar) for name, rows in bars.items() for bar in rows):
        policy = policies[name]
        if before.get(name, bar.open_ms) != bar.open_ms:
            policy.reset()
        before[name] = close_ms
        answer, said = policy.on_bar(bar)
        answers[name].append(answer)
        if said:
            words[name, bar.open_ms] = said
    return Said(answers, {name: [(name, bar.open_ms) for bar in rows] for name, rows in bars.items()}, words,
                {name: p.governor.said if p.governor else [] for name, p in policies.items()})
