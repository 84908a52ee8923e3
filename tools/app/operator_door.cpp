#include "tools/app/operator_door.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "tools/app/json_object.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kReasonBytesMax = 100;
constexpr std::size_t kListenersMax = 64;  // of each kind; a further one is told so

std::optional<OperatorAction> action_of(std::string_view verb) {
  for (const OperatorAction action :
       {OperatorAction::Halt, OperatorAction::Reduce, OperatorAction::Flatten})
    if (verb == to_string(action)) return action;
  return std::nullopt;
}

bool still_open(const TradingView::OpenOrder& order, const TradingView& now) {
  return std::ranges::any_of(now.open, [&](const auto& other) { return other.id == order.id; });
}

std::string held_json(const TradingView& view) {
  JsonList list;
  for (const TradingView::Holding& held : view.held)
    list.add(JsonObject{}
                 .add("instrument", held.instrument)
                 .add("quantity", held.quantity)
                 .add("mark", held.mark)
                 .add("value", held.value)
                 .add("quote", held.quote));
  return list.text();
}

void answer(const net::Reply& reply, const std::string& json) {
  reply.line(json);
  reply.close();
}

std::string cause_of(OperatorAction action, std::string_view reason) {
  const std::string words = clean_reason(reason);
  return fmt::format("operator: {}", words.empty() ? std::string(to_string(action)) : words);
}

}  // namespace

bool settled(OperatorAction action, const TradingView& before, const TradingView& now) {
  switch (action) {
    case OperatorAction::Flatten:
      return now.flattening == 0 && now.open.empty();
    case OperatorAction::Halt:
      return std::ranges::none_of(before.open, [&](const auto& o) { return still_open(o, now); });
    case OperatorAction::Reduce:
      return std::ranges::none_of(
          before.open, [&](const auto& o) { return !o.reduce_only && still_open(o, now); });
    case OperatorAction::Resume:
    case OperatorAction::Stop:
      break;
  }
  return true;
}

std::string outcome_json(OperatorAction action, std::string_view session, const TradingView& before,
                         const TradingView& now) {
  const auto ended = std::ranges::count_if(
      before.open, [&](const auto& order) { return !still_open(order, now); });
  const auto closed = std::ranges::count_if(before.held, [&](const auto& was) {
    return std::ranges::none_of(now.held,
                                [&](const auto& is) { return is.instrument == was.instrument; });
  });
  JsonList holds;
  for (const std::string& hold : now.holds) {
    std::string quoted;
    json::append_text(quoted, hold);
    holds.add_raw(quoted);
  }
  return JsonObject{}
      .add("verb", action)
      .add("session", session)
      .add("venue_time", now.venue_time)
      .add("done", settled(action, before, now))
      .add("state_before", before.state)
      .add("state", now.state)
      .add("state_cause", now.cause)
      .add("orders_ended", ended)
      .add("orders_open", now.open.size())
      .add("positions_closed", closed)
      .add("positions_to_close", now.flattening)
      .add_raw("positions", held_json(now))
      .add_raw("holds", holds.text())
      .text();
}

std::string clean_reason(std::string_view words) {
  std::string out;
  while (!words.empty()) {
    const std::size_t length = std::max<std::size_t>(1, json::utf8_length(words));
    if (out.size() + length > kReasonBytesMax) break;
    const auto first = static_cast<unsigned char>(words.front());
    if (first >= 0x20 && first != 0x7f)
      out += words.substr(0, length);
    else
      out += ' ';
    words.remove_prefix(length);
  }
  const std::size_t from = out.find_first_not_of(' ');
  if (from == std::string::npos) return "";
  return out.substr(from, out.find_last_not_of(' ') + 1 - from);
}

Result<void> fit_for_socket(const std::string& socket) {
  const std::filesystem::path parent = std::filesystem::path(socket).parent_path();
  const std::string folder = parent.empty() ? std::string{"."} : parent.string();
  struct stat found {};
  if (::stat(folder.c_str(), &found) != 0)
    return success();  // Listening there tells what is wrong.
  const bool anybody = (found.st_mode & S_IWOTH) != 0 && (found.st_mode & S_ISVTX) == 0;
  if (anybody)
    return error(ErrorCode::Refused,
                 fmt::format("{}: anybody on this machine may put a socket of their own in the "
                             "daemon's place: chmod o-w {}",
                             folder, folder));
  if (found.st_uid != ::geteuid() && found.st_uid != 0 && (found.st_mode & S_ISVTX) == 0)
    return error(ErrorCode::Refused,
                 fmt::format("{}: the folder belongs to another user, who could put another socket "
                             "in the daemon's place: use a folder of your own",
                             folder));
  return success();
}

Result<std::unique_ptr<OperatorDoor>> OperatorDoor::open(net::Loop& loop, const std::string& path,
                                                         House& house) {
  std::error_code failed;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  std::unique_ptr<OperatorDoor> door(new OperatorDoor(loop, house));
  const auto said = [](const Error& cause, std::string_view instead) {
    return error(cause.code, fmt::format("the operator's socket cannot be opened: {}; {}",
                                         cause.context, instead));
  };
  constexpr std::string_view kElsewhere = "set session.socket to a path that can be used";
  if (const auto fit = fit_for_socket(path); fit.has_error()) return said(fit.error(), kElsewhere);
  auto opened = net::LocalServer::create(
      loop, path, [p = door.get()](std::string_view line, const net::Reply& reply) {
        p->on_line(line, reply);
      });
  if (opened.has_error())
    return said(opened.error(), opened.error().code == ErrorCode::Busy
                                    ? "stop the daemon that runs there (proteus stop), or set "
                                      "session.socket for this one"
                                    : kElsewhere);
  door->server_ = std::move(opened.value());
  return door;
}

void OperatorDoor::on_line(std::string_view line, const net::Reply& reply) {
  const std::size_t blank = line.find(' ');
  const std::string_view verb = line.substr(0, blank);
  const std::string_view rest =
      blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
  if (verb == "stop") {
    answer(reply, R"({"stopping":true})");
    house_.end(clean_reason(rest));
    return;
  }
  if (verb == "pulse") return answer(reply, house_.pulse());
  if (!house_.ready())
    return answer(reply,
                  error_json("starting: the venue has not told its instruments yet; only stop is "
                             "taken until it has"));
  const std::string heard = house_.heard();
  if (verb == "beat") return answer(reply, heard);
  if (verb == "status") return answer(reply, house_.status());
  if (verb == "watch") return watch(reply);
  if (verb == "why") return answer(reply, house_.why(rest));
  if (verb == "resume") return resume(rest, reply);
  if (const auto action = action_of(verb)) return obey(*action, rest, reply);
  answer(
      reply,
      error_json("unknown command; known: status, watch, why [INSTRUMENT], halt, reduce, resume, "
                 "flatten (each with [REASON]), beat, pulse, stop [REASON]"));
}

void OperatorDoor::watch(const net::Reply& reply) {
  if (watchers_.size() >= kListenersMax)
    return answer(reply, error_json("too many watch already: close one of the others"));
  reply.line(house_.status());
  watchers_.push_back(reply);
  if (watch_timer_.pending()) return;
  watch_timer_ = loop_.every(1s, [this] {
    std::erase_if(watchers_, [](const net::Reply& watcher) { return watcher.gone(); });
    if (watchers_.empty()) return watch_timer_.cancel();
    const std::string text = house_.status();
    for (const net::Reply& watcher : watchers_) watcher.line(text);
  });
}

void OperatorDoor::obey(OperatorAction action, std::string_view reason, const net::Reply& reply) {
  Follower follower{reply, action, house_.view(), ""};
  house_.command(action, cause_of(action, reason));
  if (!tell(follower)) return;
  if (followers_.size() >= kListenersMax) return reply.close();
  followers_.push_back(std::move(follower));
  if (!follow_timer_.pending()) follow_timer_ = loop_.every(100ms, [this] { look(); });
}

void OperatorDoor::resume(std::string_view reason, const net::Reply& reply) {
  const TradingView before = house_.view();
  if (before.state == TradingState::Active && !before.stopped)
    return answer(reply, error_json("trading is active: there is nothing to resume"));
  if (const std::string obstacle = house_.obstacle(); !obstacle.empty())
    return answer(reply, error_json("not resumed: " + obstacle));
  house_.command(OperatorAction::Resume, cause_of(OperatorAction::Resume, reason));
  const TradingView now = house_.view();
  if (now.state != TradingState::Active)
    return answer(reply, error_json(fmt::format("not resumed, trading is {}: {}",
                                                to_string(now.state), now.cause)));
  answer(reply, outcome_json(OperatorAction::Resume, house_.session(), before, now));
}

bool OperatorDoor::tell(Follower& follower) {
  if (follower.reply.gone()) return false;
  const TradingView now = house_.view();
  const bool done = settled(follower.action, follower.before, now);
  // The time and the marks move with every frame: they alone are no news.
  const std::string news = fmt::format("{} {} {} {} {}", to_string(now.state), now.open.size(),
                                       now.held.size(), now.flattening, done);
  if (news != follower.told)
    follower.reply.line(outcome_json(follower.action, house_.session(), follower.before, now));
  follower.told = news;
  if (done) follower.reply.close();
  return !done;
}

void OperatorDoor::look() {
  std::erase_if(followers_, [this](Follower& follower) { return !tell(follower); });
  if (followers_.empty()) follow_timer_.cancel();
}

}  // namespace proteus::app
