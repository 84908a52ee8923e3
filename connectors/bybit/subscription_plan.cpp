#include "connectors/bybit/subscription_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "connectors/bybit/topics.hpp"

namespace proteus::bybit {
namespace {

constexpr int kTriesMax = 3;
constexpr std::size_t kQuotesAndComma = 3;

std::vector<std::string> topics_of(std::string_view symbol, const std::vector<Interval>& intervals,
                                   bool tickers, int book_depth) {
  std::vector<std::string> topics;
  topics.reserve(intervals.size() + 2);
  for (const Interval interval : intervals) topics.push_back(kline_topic(interval, symbol));
  if (tickers) topics.push_back(ticker_topic(symbol));
  if (book_depth > 0) topics.push_back(book_topic(book_depth, symbol));
  return topics;
}

std::size_t chars(const std::vector<std::string>& topics) {
  std::size_t sum = 0;
  for (const std::string& topic : topics) sum += topic.size() + kQuotesAndComma;
  return sum;
}

}  // namespace

std::vector<StreamPlan> plan_streams(const InstrumentTable& instruments,
                                     const std::vector<Interval>& intervals, bool tickers,
                                     int book_depth, std::size_t args_chars_max) {
  std::vector<StreamPlan> plans;
  for (const Category category : {Category::Linear, Category::Spot}) {
    std::size_t used = 0;
    std::size_t number = 0;
    for (const Instrument& instrument : instruments) {
      if (instrument.category != category) continue;
      std::vector<std::string> topics =
          topics_of(instrument.symbol.view(), intervals, tickers, book_depth);
      const std::size_t size = chars(topics);
      if (number == 0 || used + size > args_chars_max) {
        StreamPlan& plan = plans.emplace_back();
        plan.category = category;
        plan.name = fmt::format("public:{}#{}", to_string(category), number++);
        plan.path = fmt::format("/v5/public/{}", to_string(category));
        used = 0;
      }
      used += size;
      plans.back().instruments.push_back(instrument.id);
      std::move(topics.begin(), topics.end(), std::back_inserter(plans.back().topics));
    }
  }
  return plans;
}

void Subscriptions::send_group(std::vector<std::string> topics, int tries, SteadyTime now,
                               Step& step) {
  Group group;
  group.req_id = fmt::format("s{}-{}", stream_, next_id_++);
  group.sent = now;
  group.tries = tries;
  step.send.push_back(command_text("subscribe", group.req_id, topics));
  group.topics = std::move(topics);
  pending_.push_back(std::move(group));
}

Subscriptions::Step Subscriptions::subscribe(const std::vector<std::string>& topics,
                                             SteadyTime now) {
  Step step;
  for (std::size_t i = 0; i < topics.size(); i += kGroupSize) {
    const auto first = topics.begin() + static_cast<std::ptrdiff_t>(i);
    const auto last =
        topics.begin() + static_cast<std::ptrdiff_t>(std::min(i + kGroupSize, topics.size()));
    send_group({first, last}, 1, now, step);
  }
  return step;
}

Subscriptions::Step Subscriptions::renew(const std::string& topic, SteadyTime now) {
  Step step;
  // Its answer is not waited for: if it fails, so will the subscription, with "already subscribed".
  step.send.push_back(command_text("unsubscribe", fmt::format("u{}-{}", stream_, next_id_++),
                                   std::vector<std::string>{topic}));
  send_group({topic}, 1, now, step);
  return step;
}

Subscriptions::Step Subscriptions::on_ack(const Ack& ack, SteadyTime now) {
  Step step;
  const auto found = std::find_if(pending_.begin(), pending_.end(), [&](const Group& group) {
    return group.req_id == ack.req_id.view();
  });
  if (found == pending_.end()) return step;
  Group group = std::move(*found);
  pending_.erase(found);
  if (ack.success) return step;
  if (group.topics.size() > 1) {
    for (std::string& topic : group.topics) send_group({std::move(topic)}, 1, now, step);
    return step;
  }
  if (ack.message.view().find("already subscribed") == std::string_view::npos)
    step.refused.push_back(
        Refusal{std::move(group.topics.front()), std::string(ack.message.view())});
  return step;
}

Subscriptions::Step Subscriptions::on_timer(SteadyTime now) {
  Step step;
  std::vector<Group> overdue;
  for (auto it = pending_.begin(); it != pending_.end();) {
    if (now - it->sent < ack_deadline_) {
      ++it;
      continue;
    }
    overdue.push_back(std::move(*it));
    it = pending_.erase(it);
  }
  for (Group& group : overdue) {
    if (group.tries >= kTriesMax) step.unanswered = true;
    send_group(std::move(group.topics), group.tries + 1, now, step);
  }
  return step;
}

}  // namespace proteus::bybit
