#include "tools/app/trading.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <random>

#include "connectors/net/loop.hpp"
#include "connectors/storage/record_room.hpp"
#include "strategies/make_strategy.hpp"
#include "tools/app/advice.hpp"
#include "tools/app/gate_costs.hpp"
#include "tools/app/told/build_id.hpp"
#include "tools/app/version.hpp"

namespace proteus::app {
namespace {

SessionCode draw_session_code() {
  std::random_device device;
  std::array<std::uint8_t, 13> bytes{};
  for (auto& b : bytes) b = static_cast<std::uint8_t>(device());
  return make_session_code(bytes);
}

}  // namespace

Result<std::unique_ptr<Trading>> Trading::open(const Loaded& loaded, std::string_view mode,
                                               Timestamp start, std::optional<SessionCode> code) {
  storage::SessionStart about;
  // No order of a replay reaches anybody: of one recording each has the same names, and one hash.
  if (!code && mode == "replay") code = make_session_code({});
  about.code = code ? *code : draw_session_code();
  about.start = start;
  about.mode = mode;
  about.version = kVersion;
  about.config_toml = loaded.resolved;
  about.config_hash = loaded.hash;
  about.build = told::build_id();
  auto session = storage::Session::create(loaded.settings.session.folder, about);
  if (session.has_error())
    return advised(session.error(), "set session.folder to one that can be written to");
  std::unique_ptr<Trading> made(new Trading(loaded, mode, about.code, std::move(session.value())));
  made->can_resume_ = mode != "replay";
  BOOST_OUTCOME_TRY(made->journal_,
                    storage::WalJournal::create(
                        made->session_.wal_path(), {about.code, loaded.hash.c_str(), mode, start},
                        storage::wal_options(loaded.settings.storage, mode)));
  BOOST_OUTCOME_TRY(made->storage_,
                    storage::StorageThread::start(*made->journal_, made->session_.sqlite_path(),
                                                  loaded.settings.storage, &net::Loop::wall_now));
  if (made->can_resume_) made->watch(Telling::Silent);  // What it remembers is in the snapshots.
  return made;
}

std::uint64_t Trading::seed() const {
  std::uint64_t seed = 0;
  for (const char letter : code_.view()) seed = seed * 31 + static_cast<unsigned char>(letter);
  return seed;
}

void Trading::watch(Telling telling) {
  watched_ = std::make_unique<WatchedJournal>(*journal_, instruments_, telling);
}

void Trading::accompany(const MakeNeighbour& make) { neighbour_ = make(ears()); }

Result<void> Trading::build(const InstrumentTable& instruments, Timestamp now) {
  BOOST_OUTCOME_TRY(assemble(instruments, neighbour_ ? *neighbour_ : ears()));
  for (const Instrument& instrument : instruments)
    engine_->on_input(InstrumentChanged{instrument}, now, now);
  return success();
}

Result<void> Trading::assemble(const InstrumentTable& instruments, Journal& log) {
  const Settings& s = settings_;
  instruments_ = instruments;
  std::vector<std::unique_ptr<Strategy>> strategies;
  const auto board = std::make_shared<features::MarketBoard>();
  const strategies::PolicyParts parts{s.policy, models_, std::make_shared<strategies::PolicyDesk>(),
                                      &learner_, board};
  const strategies::ForecastParts forecast{s.forecast, forecasters_, board};
  for (const Instrument& instrument : instruments_) {
    BOOST_OUTCOME_TRY(auto strategy,
                      strategies::make_strategy(s.strategy, instrument, s.engine.interval,
                                                models_.empty() ? nullptr : &parts,
                                                forecasters_.empty() ? nullptr : &forecast, board));
    strategies.push_back(std::move(strategy));
  }
  BOOST_OUTCOME_TRY(risk::check(s.sizing, s.limits, instruments_));
  const Money capital = Money::from_raw(to_fixed_raw(s.engine.capital));
  gate_.emplace(s.sizing, s.limits, instruments_, s.engine.interval, gate_costs(s.paper), capital);
  if (mode_ == "live") {
    auto made = std::make_unique<live::LiveVenue>(code_, instruments_.size());
    live_ = made.get();
    venue_ = std::move(made);
  } else {
    auto made =
        std::make_unique<paper::PaperVenue>(s.paper, s.engine.interval, capital, instruments_);
    paper_ = made.get();
    venue_ = std::move(made);
  }
  if (surround_) venue_ = surround_(std::move(venue_));
  engine_ = std::make_unique<Engine>(s.engine, instruments_, code_, std::move(strategies), *gate_,
                                     *venue_, log);
  return success();
}

void Trading::learn_with(Learner& learner) {
  const auto awaited = [this](InstrumentId id) {
    const PolicyStatus* const status = engine_->policy_status(id);
    return status == nullptr ? 0U : status->awaited;
  };
  std::vector<AdaptationFailed> lost;
  for (const Instrument& instrument : instruments_) {
    const std::uint32_t ordinal = awaited(instrument.id);
    if (ordinal != 0 && !learner_.keeps(instrument.id, ordinal))
      lost.push_back({instrument.id, ordinal, kStretchLost});
  }
  learner_.open(learner, awaited);
  for (const AdaptationFailed& failed : lost)
    engine_->on_input(failed, engine_->now(), engine_->now());
}

void Trading::hear_learner(EventBody answer, Timestamp at) {
  const auto* proposed = std::get_if<AdaptationProposed>(&answer);
  if (proposed != nullptr && !storage::fits_record(answer)) {
    AdaptationFailed failed{proposed->instrument, proposed->ordinal, {}};
    failed.cause = std::string_view{
        fmt::format("its {} weights are more than a record of the log holds: set adapt_weights to "
                    "head",
                    proposed->weights.size())};
    answer = failed;
  }
  engine_->on_input(std::move(answer), at, at);
}

Result<void> Trading::finish(const std::string& cause, Timestamp now) {
  if (engine_) {
    const Timestamp at = std::max(engine_->now(), now);
    engine_->on_input(OperatorCommand{OperatorAction::Stop, cause.c_str()}, at, at);
  }
  learner_.close();
  if (watched_) watched_->tell();
  const Result<void> written = journal_->finish();
  if (written && engine_ && can_resume_) begin_segment();
  storage_->drain();
  return written;
}

void Trading::abandon() {
  const bool keep = resumed();
  engine_.reset();
  storage_.reset();
  retold_.reset();
  journal_.reset();
  if (keep) return;
  std::error_code ignored;
  std::filesystem::remove_all(session_.folder(), ignored);
}

}  // namespace proteus::app
