#include "tools/record/topic_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "connectors/bybit/topics.hpp"

namespace proteus::app::record {
namespace {

constexpr std::array<std::string_view, 4> kCategories = {"linear", "spot", "inverse", "option"};
constexpr std::size_t kQuotesAndComma = 3;

struct Split {
  std::string_view category;
  std::string_view topic;
};

Result<Split> split_topic(std::string_view text) {
  const std::size_t colon = text.find(':');
  Split split{"linear", text};
  if (colon != std::string_view::npos) split = {text.substr(0, colon), text.substr(colon + 1)};
  const bool plain = std::ranges::all_of(split.topic, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
  if (std::ranges::find(kCategories, split.category) == kCategories.end() || !plain ||
      split.topic.find('.') == std::string_view::npos)
    return error(ErrorCode::Malformed,
                 fmt::format("\"{}\" is no topic: write category:topic, as in "
                             "linear:kline.1.BTCUSDT, spot:publicTrade.BTCUSDT, "
                             "linear:orderbook.50.ETHUSDT (categories: {})",
                             text.substr(0, 60), fmt::join(kCategories, ", ")));
  return split;
}

}  // namespace

Result<std::vector<bybit::StreamPlan>> plan_topics(std::span<const std::string> topics) {
  std::vector<bybit::StreamPlan> plans;
  std::vector<Split> all;
  for (const std::string& text : topics) {
    BOOST_OUTCOME_TRY(const Split split, split_topic(text));
    all.push_back(split);
  }
  for (const std::string_view category : kCategories) {
    std::size_t used = 0;
    std::size_t number = 0;
    std::vector<std::string_view> seen;
    for (const Split& split : all) {
      if (split.category != category || std::ranges::find(seen, split.topic) != seen.end())
        continue;
      seen.push_back(split.topic);
      const std::size_t size = split.topic.size() + kQuotesAndComma;
      if (number == 0 || used + size > bybit::kArgsCharsMax) {
        bybit::StreamPlan& plan = plans.emplace_back();
        plan.category = category == "spot" ? Category::Spot : Category::Linear;
        plan.path = fmt::format("/v5/public/{}", category);
        plan.name = fmt::format("public-{}-{}", category, number++);
        used = 0;
      }
      used += size;
      plans.back().topics.emplace_back(split.topic);
    }
  }
  return plans;
}

Result<std::vector<std::string>> topics_of_session(const Settings& settings) {
  std::vector<std::string> topics;
  for (const std::string& text : settings.engine.instruments) {
    BOOST_OUTCOME_TRY(const InstrumentName name, parse_instrument_name(text));
    const auto add = [&](const std::string& topic) {
      topics.push_back(fmt::format("{}:{}", to_string(name.category), topic));
    };
    for (const std::string& interval : settings.feed.intervals)
      if (const auto length = parse_interval(interval))
        add(bybit::kline_topic(*length, name.symbol));
    if (settings.feed.tickers) add(bybit::ticker_topic(name.symbol));
    if (settings.feed.book_depth > 0)
      add(bybit::book_topic(static_cast<int>(settings.feed.book_depth), name.symbol));
  }
  return topics;
}

std::vector<InstrumentName> instruments_of(std::span<const bybit::StreamPlan> plans) {
  std::vector<InstrumentName> names;
  for (const bybit::StreamPlan& plan : plans) {
    const bool known = plan.path.ends_with("/linear") || plan.path.ends_with("/spot");
    for (const std::string& topic : plan.topics) {
      const std::string_view symbol = bybit::parse_topic(topic).symbol;
      if (!known || symbol.empty()) continue;
      const auto name =
          parse_instrument_name(fmt::format("{}:{}", to_string(plan.category), symbol));
      if (name && std::ranges::none_of(names, [&](const InstrumentName& other) {
            return other.category == name.value().category && other.symbol == name.value().symbol;
          }))
        names.push_back(name.value());
    }
  }
  return names;
}

}  // namespace proteus::app::record
