"""The tables of journal.sqlite (docs/reference/session.md) against a computed session.

Every table becomes {key: row} twice, once as recorded and once as computed; a row is a dict of the
columns that are compared. Times that only the feed knows are checked here as rules, and what fails
a rule stands in the recorded row under `rule`.
"""
import json
import sqlite3

import ps_observe
from ps_numbers import S, raw

NS = 10**6
BEFORE = "bar from before the run"
NUMBERS = {"kill": 15, "drawdown": 12, "stale_data": 18, "absurd_data": 19, "price_collar": 2,
           "order_quantity": 5, "order_value": 4, "position_limit": 9, "capital_threshold": 1,
           "dust_and_minimum": 30, "price_drift": 3, "message_rate": 6, "repeated_execution": 7,
           "duplicate_order": 8, "open_order_value": 10, "daily_loss": 11, "loss_streak": 13,
           "leverage": 14, "stage": 26, "expected_edge": 29}
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(n, width):
    text = ""
    for _ in range(width):
        n, digit = divmod(n, 36)
        text = DIGITS[digit] + text
    return text


def late_limit_ms(bar):
    return min(10_000, (bar.close_ms - bar.open_ms) // 4)


class Recorded:
    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.db.row_factory = sqlite3.Row
        self.code = self.db.execute("SELECT value FROM meta WHERE key = 'session'").fetchone()[0]

    def rows(self, query):
        return self.db.execute(query).fetchall()

    def has(self, table):
        return bool(self.rows(f"SELECT 1 FROM sqlite_master WHERE type='table' AND name='{table}'"))


def short(order_id, code):
    """An id without what only the run knows: the session's code and the second."""
    prefix, instrument, second, tail = order_id.split("-")
    if prefix != "p" + code:
        return f"{order_id} is not of session {code}"
    return f"{instrument}-{tail}"


def blind(control, word):
    """Limit and actual of a control whose numbers come from the ticker stream: not compared."""
    if control == "stale_data":
        return [None, None]
    if control == "price_collar":
        return [word[0], None]
    return list(word)


# ---------------------------------------------------------------------------- decisions

def recorded_decisions(recorded, closes):
    found = {}
    for r in recorded.rows("SELECT * FROM decisions ORDER BY record"):
        detail = json.loads(r["detail"])
        key = (r["instrument"], r["bar_open_ns"] // NS)
        row = {k: r[k] for k in ("outcome", "reason", "weight", "confidence", "close_raw",
                                 "position_raw", "wanted_raw", "equity_raw")}
        row["sizing"] = [(s["id"], s["weight"], s["factor"]) for s in detail["sizing"]]
        row["controls"] = [
            (c["control"], c["passed"], *blind(c["control"], (c["limit"]["raw"], c["actual"]["raw"])))
            for c in detail["controls"]]
        row["orders"] = [(short(o["id"], recorded.code), o["side"], o["reduce_only"],
                          o["quantity"], o["approved"], o["refused_by"]) for o in detail["orders"]]
        delay_ms = r["time_ns"] / NS - closes.get(key, r["time_ns"] / NS)
        if key in found:
            row["rule"] = "a second record of this bar"
        elif r["reason"] != BEFORE and not 0 <= delay_ms <= 10_000:
            row["rule"] = f"decided {delay_ms} ms after the close"
        elif any(o["id"].split("-")[2] != base36(r["time_ns"] // 10**9, 7)
                 for o in detail["orders"]):
            row["rule"] = "an order's id does not carry the second of its decision"
        found[key] = row
    return found


def decimal(units):
    sign, units = "-" if units < 0 else "", abs(units)
    part = f"{units % S:09d}".rstrip("0")
    return f"{sign}{units // S}" + (f".{part}" if part else "")


def order_key(session, order):
    index = [i.name for i in session.instruments].index(order.instrument)
    return f"{base36(index, 3)}-{order.purpose}{base36(order.ordinal, 3)}"


def computed_decisions(session):
    found = {}
    for d in session.decisions:
        found[d.instrument, d.bar.open_ms] = {
            "outcome": d.outcome, "reason": d.reason, "weight": d.weight,
            "confidence": d.confidence, "close_raw": d.bar.close,
            "position_raw": d.position, "wanted_raw": d.wanted, "equity_raw": d.equity,
            "sizing": d.sizing,
            "controls": [(c, p, *blind(c, (limit, actual))) for c, p, limit, actual in d.controls],
            "orders": [(order_key(session, o), o.side, o.reduce_only, decimal(o.quantity), a, by)
                       for o, a, by in d.orders]}
    return found


def settle_weights(recorded, computed, near):
    """Weights that are no more than `near` apart become equal: of networks that were computed in another precision."""
    def close(a, b):
        return a is not None and b is not None and abs(a - b) <= near
    for key in recorded.keys() & computed.keys():
        theirs, ours = recorded[key], computed[key]
        if close(theirs["weight"], ours["weight"]):
            theirs["weight"] = ours["weight"]
        if len(theirs["sizing"]) == len(ours["sizing"]) and all(
                a[0] == b[0] and close(a[1], b[1]) and close(a[2], b[2])
                for a, b in zip(theirs["sizing"], ours["sizing"])):
            theirs["sizing"] = ours["sizing"]


def recorded_refusals(recorded):
    found = {}
    for r in recorded.rows("SELECT f.*, d.bar_open_ns FROM refusals f LEFT JOIN decisions d "
                           "USING (record) ORDER BY f.record, f.ordinal"):
        key = (r["instrument"], (r["bar_open_ns"] or 0) // NS, r["ordinal"])
        found[key] = {"control": r["control"], "number": r["control_number"],
                      "words": blind(r["control"], (r["allowed_raw"], r["actual_raw"]))}
    return found


def computed_refusals(session):
    found = {}
    for d in session.decisions:
        failed = [w for w in d.controls if not w[1]]
        for n, (control, _, limit, actual) in enumerate(failed):
            found[d.instrument, d.bar.open_ms, n] = {
                "control": control, "number": NUMBERS[control],
                "words": blind(control, (limit, actual))}
    return found


# ---------------------------------------------------------------------------- orders and fills

def recorded_orders(recorded):
    """Keyed by instrument and place among the orders of the instrument. What the last bars led to is open when the run is told to
    end, and the engine takes it back: the computation, which ends with the last bar, has it open."""
    found, counts = {}, {}
    rows = recorded.rows("SELECT * FROM orders ORDER BY record")
    last = max((r["record"] for r in recorded.rows("SELECT record FROM fills")), default=0)
    for r in rows:
        n = counts[r["instrument"]] = counts.get(r["instrument"], 0) + 1
        if r["ended_by"] == "by_engine" and r["record"] > last:
            r = dict(r) | {"state": "acknowledged", "ended_by": "none"}
        found[r["instrument"], n] = {
            "id": short(r["id"], recorded.code), "side": r["side"], "type": r["type"],
            "reduce_only": bool(r["reduce_only"]), "quantity_raw": r["quantity_raw"],
            "reference_raw": r["reference_raw"], "state": r["state"], "ended_by": r["ended_by"],
            "filled_raw": r["filled_raw"], "sends": r["sends"]}
    return found


def computed_orders(session):
    found, counts = {}, {}
    for o in session.orders:
        n = counts[o.instrument] = counts.get(o.instrument, 0) + 1
        found[o.instrument, n] = {
            "id": order_key(session, o), "side": o.side, "type": "market",
            "reduce_only": o.reduce_only, "quantity_raw": o.quantity, "reference_raw": o.reference,
            "state": o.state, "ended_by": o.ended_by, "filled_raw": o.filled, "sends": 1}
    return found


def recorded_fills(recorded):
    found, counts = {}, {}
    for r in recorded.rows("SELECT * FROM fills ORDER BY record"):
        n = counts[r["instrument"]] = counts.get(r["instrument"], 0) + 1
        row = {k: r[k] for k in ("side", "liquidity", "liquidation", "quantity_raw", "price_raw",
                                 "fee_raw", "fee_base_raw", "slippage_raw")}
        found[r["instrument"], n] = row | {"order": short(r["order_id"], recorded.code),
                                           "time_ms": r["time_ns"] / NS}
    return found


def computed_fills(session):
    found, counts = {}, {}
    for f in session.venue.fills:
        n = counts[f["instrument"]] = counts.get(f["instrument"], 0) + 1
        found[f["instrument"], n] = {
            "side": f["side"], "liquidity": "taker", "liquidation": 0,
            "quantity_raw": f["quantity"], "price_raw": f["price"], "fee_raw": f["fee"],
            "fee_base_raw": f["fee_base"], "slippage_raw": f["slippage"],
            "order": order_key(session, f["order"]), "time_ms": f["time_ms"]}
    return found


# ---------------------------------------------------------------------------- money and bars

def recorded_funding(recorded):
    return {(r["instrument"], r["time_ns"] / NS): {
        k: r[k] for k in ("position_raw", "mark_raw", "rate_raw", "rate_assumed", "amount_raw")}
        for r in recorded.rows("SELECT * FROM funding")}


def computed_funding(session):
    return {(f["instrument"], f["time_ms"]): {
        "position_raw": f["position"], "mark_raw": f["mark"], "rate_raw": f["rate"],
        "rate_assumed": f["assumed"], "amount_raw": f["amount"]} for f in session.venue.funding}


def recorded_equity(recorded):
    return {n: {k: r[k] for k in ("equity_raw", "cash_raw", "gross_raw")}
            for n, r in enumerate(recorded.rows("SELECT * FROM equity ORDER BY record"))}


def computed_equity(session):
    return {n: {f"{k}_raw": e[k] for k in ("equity", "cash", "gross")}
            for n, e in enumerate(session.equity_points)}


def recorded_final(recorded):
    r = recorded.rows("SELECT * FROM equity ORDER BY record DESC LIMIT 1")
    return {"last": {k: r[0][k] for k in ("equity_raw", "cash_raw")} if r else {}}


def computed_final(session):
    e = session.equity_points[-1]
    return {"last": {"equity_raw": e["equity"], "cash_raw": e["cash"]}}


def recorded_bars(recorded, interval):
    """Of the decision interval; each bar once and in order is a rule, here and in feed.md."""
    found, newest = {}, {}
    for r in recorded.db.execute("SELECT * FROM bars WHERE interval = ? ORDER BY record",
                                 (interval,)):
        key = (r["instrument"], r["interval"], r["open_time_ns"] / NS)
        row = {k: r[k] for k in ("open_raw", "high_raw", "low_raw", "close_raw", "volume")}
        if any(raw(r[k]) != r[f"{k}_raw"] for k in ("open", "high", "low", "close")):
            row["rule"] = "text and units of a price differ"
        if key in found:
            row["rule"] = "a second row of this bar"
        elif key[2] < newest.get(r["instrument"], 0):
            row["rule"] = "older than the bar before it"
        newest[r["instrument"]] = key[2]
        found[key] = row
    return found


def computed_bars(session):
    return {(name, session.interval, b.open_ms): {
        "open_raw": b.open, "high_raw": b.high, "low_raw": b.low, "close_raw": b.close,
        "volume": b.volume} for name, b in session.used_bars}


# ---------------------------------------------------------------------------- the whole

def held_against(name, recorded, computed):
    """Counts, and the first difference by the order of the computed rows, then the recorded."""
    equal, first = 0, None
    keys = list(computed) + [k for k in recorded if k not in computed]
    for key in keys:
        mine, theirs = computed.get(key), recorded.get(key)
        if mine == theirs:
            equal += 1
        elif first is None:
            both = mine is not None and theirs is not None
            columns = sorted(k for k in {**(mine or {}), **(theirs or {})}
                             if not both or mine.get(k) != theirs.get(k))
            first = {"key": key, "columns": columns, "recorded": theirs, "computed": mine}
    return {"table": name, "rows": len(keys), "equal": equal, "recorded": len(recorded),
            "computed": len(computed), "first_difference": first}


def compare(path, session, weights_near=0.0):
    recorded = Recorded(path)
    closes = {(name, b.open_ms): b.close_ms for name, b in session.used_bars}
    decided = recorded_decisions(recorded, closes), computed_decisions(session)
    if weights_near:
        settle_weights(*decided, weights_near)
    tables = [
        held_against("decisions", *decided),
        held_against("refusals", recorded_refusals(recorded), computed_refusals(session)),
        held_against("orders", recorded_orders(recorded), computed_orders(session)),
        held_against("fills", recorded_fills(recorded), computed_fills(session)),
        held_against("funding", recorded_funding(recorded), computed_funding(session)),
        held_against("equity", recorded_equity(recorded), computed_equity(session)),
        held_against("final", recorded_final(recorded), computed_final(session))]
    observed = ps_observe.computed(session, session.strategy)
    if observed is not None:
        rows = ps_observe.recorded(recorded.rows("SELECT * FROM decisions ORDER BY record"))
        for key in rows.keys() & observed.keys():
            if ps_observe.near_enough(rows[key], observed[key]):
                rows[key] = observed[key]
        tables.append(held_against("observed", *({k: {"observation": v} for k, v in side.items()}
                                                 for side in (rows, observed))))
    if recorded.has("bars"):
        tables.insert(0, held_against("bars", recorded_bars(recorded, session.interval),
                                      computed_bars(session)))
    outcomes = dict(recorded.db.execute("SELECT outcome, count(*) FROM decisions GROUP BY 1"))
    last = session.equity_points[-1]
    return {"equal": all(t["rows"] == t["equal"] for t in tables), "tables": tables,
            "bars_compared": recorded.has("bars"),
            "features_compared": ps_observe.compares_features(session.strategy), "recorded_outcomes": outcomes,
            "last_decided_equity_computed": decimal(last["equity"]),
            "final_equity_computed": decimal(session.books.equity())}


def show(report):
    print(f"{'table':<10} {'rows':>8} {'equal':>8} {'differ':>8}")
    for t in report["tables"]:
        print(f"{t['table']:<10} {t['rows']:>8} {t['equal']:>8} {t['rows'] - t['equal']:>8}")
    if not report["bars_compared"]:
        print("bars: the journal has no such table, so closed bars were not compared")
    if not report["features_compared"]:
        print("observed: features were not compared (they need numpy, and the chapter set)")
    for t in report["tables"]:
        if t["first_difference"]:
            d = t["first_difference"]
            print(f"\n{t['table']}: first difference at {d['key']}, in {', '.join(d['columns'])}")
            print(f"  recorded {d['recorded']}\n  computed {d['computed']}")
    print(f"\noutcomes recorded: {report['recorded_outcomes']}")
    print(f"equity computed: {report['last_decided_equity_computed']} at the last decision, "
          f"{report['final_equity_computed']} after the last bar")
    print("all equal" if report["equal"] else "NOT equal")
