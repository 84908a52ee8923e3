#include "connectors/live/account_start.hpp"

#include <fmt/format.h>

#include "connectors/live/order_text.hpp"

namespace proteus::live {

std::int64_t wanted_leverage(const LiveSettings& settings, const Instrument& instrument) {
  return std::min(instrument.leverage_max_e9, to_fixed_raw(settings.leverage));
}

void AccountStart::begin(Done done) {
  done_ = std::move(done);
  facts_ = {};
  steps_.clear();
  steps_.emplace_back([this] {
    read("/v5/user/query-api", "", [this](const std::string& body) -> Result<void> {
      BOOST_OUTCOME_TRY(facts_.key, codec_.key_info(body));
      return success();
    });
  });
  steps_.emplace_back([this] {
    read("/v5/account/info", "", [this](const std::string& body) -> Result<void> {
      BOOST_OUTCOME_TRY(facts_.account, codec_.account_info(body));
      return check_account(facts_, parts_.instruments, parts_.clock.venue_now());
    });
  });
  for (const Instrument& instrument : parts_.instruments) {
    const InstrumentId id = instrument.id;
    if (parts_.settings.profile != Profile::Demo)
      steps_.emplace_back([this, id] {
        const Instrument& one = parts_.instruments[id];
        read("/v5/account/fee-rate",
             fmt::format("category={}&symbol={}",
                         one.category == Category::Spot ? "spot" : "linear", one.symbol.view()),
             [this](const std::string& body) -> Result<void> {
               BOOST_OUTCOME_TRY(const auto rows, codec_.fees(body));
               facts_.fees.insert(facts_.fees.end(), rows.begin(), rows.end());
               return success();
             });
      });
    if (instrument.category != Category::Linear) continue;
    steps_.emplace_back([this, id] {
      const Instrument& one = parts_.instruments[id];
      set("/v5/position/switch-mode", switch_mode_text(one),
          fmt::format("one-way mode of {}", one.name()));
    });
    steps_.emplace_back([this, id] {
      const Instrument& one = parts_.instruments[id];
      set("/v5/position/set-leverage",
          set_leverage_text(one, wanted_leverage(parts_.settings, one)),
          fmt::format("leverage of {}", one.name()));
    });
  }
  if (parts_.settings.disconnect_protection)
    steps_.emplace_back([this] {
      set("/v5/order/disconnected-cancel-all", disconnect_text(parts_.settings.disconnect_window),
          "disconnect protection (live.disconnect_protection)");
    });
  next();
}

void AccountStart::next() {
  if (steps_.empty()) return end(std::move(facts_));
  const auto step = std::move(steps_.front());
  steps_.pop_front();
  step();
}

void AccountStart::read(const char* path, std::string query,
                        std::function<Result<void>(const std::string&)> use) {
  rest_.get(path, std::move(query), [this, path, use](Result<RestReply> reply) {
    if (reply.has_error()) return end(reply.error());
    if (const Result<void> used = use(reply.value().body); used.has_error())
      return end(
          used.error().code == ErrorCode::Refused
              ? used.error()
              : error(ErrorCode::Malformed, fmt::format("{}: {}", path, used.error().context)));
    next();
  });
}

void AccountStart::set(const char* path, std::string body, std::string what) {
  rest_.post(path, std::move(body), RequestKind::Setting, [this, what](Result<RestReply> reply) {
    if (reply.has_error()) return end(reply.error());
    if (reply.value().outcome(RequestKind::Setting) == Outcome::Done) return next();
    end(error(ErrorCode::Refused,
              fmt::format("the venue does not set the {}: {}", what, words_of(reply))));
  });
}

void AccountStart::end(Result<AccountFacts> result) {
  steps_.clear();
  if (!done_) return;
  const Done done = std::move(done_);
  done_ = nullptr;
  done(std::move(result));
}

}  // namespace proteus::live
