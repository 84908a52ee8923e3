#include "tools/app/verb_table.hpp"

#include "tools/app/told/verbs.hpp"
#include "tools/app/verb_journal_adaptations.hpp"
#include "tools/app/verbs.hpp"
#include "tools/record/verbs.hpp"

namespace proteus::app {
namespace {

// Name, what it does, its options, what it runs. In the order of the overview.
constexpr Verb kVerbs[] = {
    {"demo", "simulated exchange and paper daemon in one go; Ctrl-C ends both", declare_demo,
     run_demo},
    {"paper", "paper daemon on the venue that the settings name", declare_paper, run_paper},
    {"live", "the same with real orders, on the account whose keys it is given", declare_live,
     run_live},
    {"guard", "watches a live daemon; when it is missed, cancels its orders and closes",
     declare_guard, run_guard},
    {"sim", "simulated exchange on loopback, in the venue's own protocol", declare_run, run_sim},
    {"replay", "sessions, recorded feeds or kline files through the engine, no network",
     declare_replay, run_replay},
    {"status", "what a running daemon holds, earns and sees", declare_status, run_status},
    {"why", "the reason of a decision, step by step, now or in a past session", declare_why,
     run_why},
    {"report", "a page about what a session did, with JSON and CSV beside it", declare_report,
     run_report},
    {"halt", "cancels every order and trades no more until resume; positions stay", declare_halt,
     run_halt},
    {"reduce", "from now on positions only shrink, until resume", declare_reduce, run_reduce},
    {"resume", "lets a running daemon trade again after halt or reduce", declare_resume,
     run_resume},
    {"flatten", "halts and closes every position at the market", declare_flatten, run_flatten},
    {"beat", "tells a running daemon that its operator is there", declare_beat, run_beat},
    {"stop", "ends a running daemon cleanly", declare_stop, run_stop},
    {"doctor", "is all here that a daemon needs? looks at machine, disk and venue, trades nothing",
     declare_doctor, run_doctor},
    {"config check", "all that is wrong with the settings, at once", declare_check,
     run_config_check},
    {"config show", "every setting with its value, its origin and its meaning", declare_show,
     run_config_show},
    {"alarm test", "sends one alarm every way the settings name, and says what came of it",
     declare_alarm_test, run_alarm_test},
    {"diff", "where two sessions part and why, and what their profits differ by", declare_diff,
     run_diff},
    {"journal rebuild", "a session's journal.sqlite made again from its log",
     declare_journal_rebuild, run_journal_rebuild},
    {"journal verify", "everything that a session keeps, checked", declare_journal_verify,
     run_journal_verify},
    {"journal adaptations",
     "what a policy's adaptation proposed, what became of it, what it earned",
     declare_journal_adaptations, run_journal_adaptations},
    {"journal export", "a session's trades, fills, orders, decisions, ... as CSV or JSON lines",
     declare_journal_export, run_journal_export},
    {"journal recover", "a damaged log cut back to what is good, the rest kept aside",
     declare_journal_recover, run_journal_recover},
    {"record", "public streams of any topics written to disk, nothing traded", declare_record,
     run_record},
    {"fetch", "klines, mark prices, funding and instruments of the venue into files", declare_fetch,
     run_fetch},
    {"feed verify", "recorded feeds, checked: damage, order, gaps, counts", declare_feed_verify,
     run_feed_verify},
    {"feed info", "what recorded feeds hold: parts, frames, times", declare_feed_info,
     run_feed_info},
    {"feed cat", "frames of recorded feeds by receive time, a line each", declare_feed_cat,
     run_feed_cat},
    {"feed cut", "a span or some topics of recorded feeds as a feed of their own", declare_feed_cut,
     run_feed_cut},
    {"feed merge", "recorded feeds as one row of frames by receive time", declare_feed_merge,
     run_feed_merge},
    {"risk selftest", "fires every risk control with these settings and tells what each did",
     declare_selftest, run_selftest},
    {"train", "trains a policy or a forecaster on klines; Ctrl-C saves, --resume goes on",
     declare_train, run_train},
    {"evaluate", "judges a policy, or a recipe for one, walk-forward and net of all costs",
     declare_evaluate, run_evaluate},
    {"import yahoo", "CSV files of Yahoo Finance made into kline files to train and replay on",
     declare_import_yahoo, run_import_yahoo},
    {"import archive", "files of Bybit's public archive put together to kline files",
     declare_import_archive, run_import_archive},
    {"verify learning", "holds what learns and judges against problems whose answer is known",
     declare_verify_learning, run_verify_learning},
    {"version", "the version of this program", no_options, run_version},
};

}  // namespace

std::span<const Verb> all_verbs() { return kVerbs; }

}  // namespace proteus::app
