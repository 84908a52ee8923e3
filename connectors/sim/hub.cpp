#include "connectors/sim/hub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace proteus::sim {
namespace {

constexpr std::size_t kArgCharactersMax = 21'000;  // a connection, all subscriptions together
constexpr std::size_t kSpotArgsMax = 10;           // a request

constexpr Duration kIdleUsual = std::chrono::minutes{10};
constexpr Duration kIdleLook = std::chrono::seconds{30};

/// max_active_time of the address: "30s" to "600s", "1m" to "10m"; anything else is the usual one.
Duration idle_max_of(std::string_view query) {
  const Query params(query);
  const std::string_view text = params.value_or("max_active_time", {});
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end + 1 != text.data() + text.size() || value < 1 || value > 600)
    return kIdleUsual;
  if (*end != 's' && *end != 'm') return kIdleUsual;
  const Duration length =
      *end == 's' ? Duration{std::chrono::seconds{value}} : Duration{std::chrono::minutes{value}};
  return length >= kIdleLook && length <= kIdleUsual ? length : kIdleUsual;
}

std::shared_ptr<const std::string> shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace

struct Hub::Connection {
  Connection(ConnId number, Category what, FaultyLine way)
      : id(number), category(what), name(fmt::format("sim-{}", number)), line(std::move(way)) {}
  ConnId id;
  Category category;
  std::string name;
  FaultyLine line;
  std::map<std::string, TopicKey> topics;
  std::size_t arg_characters = 0;
  std::optional<PrivateSession> session;  ///< of a private connection
  Timestamp active{};                     ///< when it last said or heard something
  Duration idle_max{};                    ///< of a private connection
  bool muted = false;
  bool silent = false;  ///< a private stream that tells nothing but answers
  bool unpinged_frames = false;
  std::string awaited_pong;  ///< empty: none

  [[nodiscard]] bool subscribed() const {
    return !topics.empty() || (session && !session->topics.empty());
  }
};

Hub::Hub(Market& market, PrivateStream& orders, SimIo& io, FaultCounts& counts)
    : market_(market), orders_(orders), io_(io), counts_(counts) {}
Hub::~Hub() = default;

int Hub::connect(ConnId conn, std::string_view target, Timestamp now) {
  const std::size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const bool spot = path == "/v5/public/spot";
  const bool trade = path == "/v5/trade";
  const bool of_account = trade || path == "/v5/private";
  if (!spot && !of_account && path != "/v5/public/linear") return 404;
  closed(conn);
  const auto seed = mix(mix(static_cast<std::uint64_t>(market_.settings().seed), "line"), conn);
  auto connection = std::make_unique<Connection>(
      conn, spot ? Category::Spot : Category::Linear,
      FaultyLine(conn, io_, market_.settings().faults, FaultDice(seed, counts_)));
  connection->active = now;
  if (of_account) {
    connection->session.emplace(trade);
    connection->idle_max =
        idle_max_of(mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1));
  }
  connections_[conn] = std::move(connection);
  return 101;
}

void Hub::answer(Connection& connection, const Command& command, const Answer& what) {
  io_.send(connection.id,
           shared(answer_text(connection.category, what, connection.name, command.req_id)),
           FrameKind::Text);
}

void Hub::text(ConnId conn, std::string_view text, Timestamp now) {
  const auto found = connections_.find(conn);
  if (found == connections_.end() || found->second->muted) return;
  Connection& connection = *found->second;
  connection.active = now;
  if (connection.session) {
    StreamReply answer = orders_.answer(*connection.session, connection.name, text, now);
    if (orders_.take_early()) tell_accounts(now);
    if (answer.text.empty()) return;
    if (answer.delay > Duration{0}) return connection.line.later(answer.text, now + answer.delay);
    io_.send(conn, shared(std::move(answer.text)), FrameKind::Text);
    return;
  }
  const Command command = parse_command(text);
  std::vector<Channel*> fresh;
  const bool spot = connection.category == Category::Spot;
  switch (command.op) {
    case Command::Op::NotJson:
      return answer(connection, command,
                    {false, "Failed to decode incoming data:" + command.problem, ""});
    case Command::Op::Unknown:
      return answer(connection, command, {false, "error:invalid op", command.op_text});
    case Command::Op::Ping:
      return answer(connection, command, {true, "pong", "ping"});
    case Command::Op::Subscribe: {
      const std::string problem = subscribe(connection, command, fresh, now);
      answer(connection, command,
             problem.empty() ? Answer{true, spot ? "subscribe" : "", "subscribe"}
                             : Answer{false, problem, "subscribe"});
      break;
    }
    case Command::Op::Unsubscribe: {
      const std::string problem = unsubscribe(connection, command);
      answer(connection, command,
             problem.empty() ? Answer{true, spot ? "unsubscribe" : "", "unsubscribe"}
                             : Answer{false, problem, "unsubscribe"});
      break;
    }
  }
  for (Channel* channel : fresh) {
    std::string first = channel->topic->first(now);
    if (first.empty()) continue;
    connection.line.data(shared(std::move(first)), false, now);
    connection.unpinged_frames = true;
  }
}

Hub::Channel& Hub::channel(const TopicKey& key, const std::string& name) {
  Channel& channel = channels_[key];
  if (!channel.topic) channel.topic = make_topic(market_, key, name);
  return channel;
}

std::string Hub::subscribe(Connection& connection, const Command& command,
                           std::vector<Channel*>& fresh, Timestamp now) {
  if (!command.args || command.args->empty()) return "error:invalid args";
  const auto& args = *command.args;
  if (connection.category == Category::Spot && args.size() > kSpotArgsMax)
    return "error:args size >10";
  std::map<std::string, TopicKey> wanted;
  std::vector<TopicKey> order;
  std::size_t characters = connection.arg_characters;
  for (const std::string& name : args) {
    const auto key = parse_topic(market_, connection.category, name);
    if (!key) return "error:handler not found,topic:" + name;
    if (connection.topics.contains(name) || !wanted.emplace(name, *key).second)
      return "error:already subscribed,topic:" + name;
    order.push_back(*key);
    characters += name.size();
  }
  if (characters > kArgCharactersMax) return "error:args characters >21000";
  connection.arg_characters = characters;
  for (std::size_t i = 0; i < args.size(); ++i) {
    Channel& joined = channel(order[i], args[i]);
    if (joined.readers.empty()) joined.topic->wake(now);
    joined.readers.push_back(&connection);
    fresh.push_back(&joined);
  }
  connection.topics.merge(wanted);
  return {};
}

std::string Hub::unsubscribe(Connection& connection, const Command& command) {
  if (!command.args || command.args->empty()) return "error:invalid args";
  for (const std::string& name : *command.args)
    if (!connection.topics.contains(name)) return "error:handler not found,topic:" + name;
  for (const std::string& name : *command.args) {
    const auto found = connection.topics.find(name);
    if (found == connection.topics.end()) continue;  // Named twice in one request.
    std::erase(channels_.at(found->second).readers, &connection);
    connection.arg_characters -= name.size();
    connection.topics.erase(found);
  }
  return {};
}

void Hub::leave_all(Connection& connection) {
  for (const auto& [name, key] : connection.topics)
    std::erase(channels_.at(key).readers, &connection);
  connection.topics.clear();
}

void Hub::closed(ConnId conn) {
  const auto found = connections_.find(conn);
  if (found == connections_.end()) return;
  leave_all(*found->second);
  frames_of_closed_ += found->second->line.frames();
  connections_.erase(found);
}

std::vector<ConnId> Hub::connections() const {
  std::vector<ConnId> all;
  for (const auto& [id, connection] : connections_) all.push_back(id);
  return all;
}

void Hub::push(Timestamp now) {
  for (auto& [key, channel] : channels_) {
    if (channel.readers.empty()) continue;
    Push push = channel.topic->push(now);
    if (push.text.empty()) continue;
    const auto frame = shared(std::move(push.text));
    for (Connection* reader : channel.readers) {
      if (reader->muted) continue;
      reader->line.data(frame, push.confirm, now);
      reader->unpinged_frames = true;
    }
  }
}

void Hub::tell_accounts(Timestamp now) {
  orders_.tell(now, [&](AccountId account, std::string_view topic, Category category,
                        const PrivateStream::FrameOf& frame_of) {
    std::map<std::string, std::shared_ptr<const std::string>> frames;  // by name subscribed
    for (auto& [id, connection] : connections_) {
      if (!connection->session || connection->muted || connection->silent ||
          connection->session->account != account)
        continue;
      for (const std::string& name : connection->session->topics) {
        const bool of_all = name == topic;
        const bool of_this = name.ends_with(category == Category::Spot ? ".spot" : ".linear");
        if (private_topic(name) != topic || (!of_all && !of_this)) continue;
        if (topic == "execution" &&
            connection->line.dice().strikes(FaultKind::OmitExecution,
                                            market_.settings().faults.omit_execution_per_frame))
          continue;
        auto& frame = frames[name];
        if (!frame) frame = shared(frame_of(name));
        connection->line.data(frame, false, now);
        connection->active = now;
        connection->unpinged_frames = true;
      }
    }
  });
}

std::set<AccountId> Hub::guarded() const {
  std::set<AccountId> alive;
  for (const auto& [id, connection] : connections_) {
    const auto& session = connection->session;
    if (session && !connection->muted && session->account &&
        session->topics.contains(std::string(kGuardTopic)))
      alive.insert(*session->account);
  }
  return alive;
}

void Hub::release(Timestamp now) {
  for (auto& [id, connection] : connections_)
    if (!connection->muted) connection->line.release(now);
}

std::optional<Timestamp> Hub::next_release() const {
  std::optional<Timestamp> next;
  for (const auto& [id, connection] : connections_) {
    const auto due = connection->muted ? std::nullopt : connection->line.next_release();
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

void Hub::cut_idle(Timestamp now) {
  const SimSettings& settings = market_.settings();
  if (settings.paced) return;
  const auto stretched = [&](Duration length) {
    return Duration{static_cast<std::int64_t>(static_cast<double>(length.count()) *
                                              std::max(1.0, settings.speed))};
  };
  if (!looked_for_idle_) looked_for_idle_ = now;
  if (now < *looked_for_idle_ + stretched(kIdleLook)) return;
  looked_for_idle_ = now;
  for (const ConnId id : connections()) {
    const Connection& connection = *connections_.at(id);
    // A muted one is there for its reader's deadlines, and ends by its own.
    if (!connection.session || connection.muted) continue;
    if (now < connection.active + stretched(connection.idle_max)) continue;
    closed(id);
    io_.drop(id);
  }
}

void Hub::pass_minutes(std::int64_t minutes) {
  const SimFaults& faults = market_.settings().faults;
  for (const ConnId id : connections()) {
    for (std::int64_t i = 0; i < minutes && open(id); ++i) {
      FaultDice& chance = dice(id);
      if (faults.drop_per_minute > 0 && chance.draws().unit() < faults.drop_per_minute) {
        cut(id, FaultKind::Drop);
      } else if (faults.mute_per_minute > 0 && chance.draws().unit() < faults.mute_per_minute) {
        mute(id);
      } else if (faults.silent_per_minute > 0 && chance.draws().unit() < faults.silent_per_minute) {
        silence(id);
      }
    }
  }
}

void Hub::before_close() {
  const double chance = market_.settings().faults.drop_at_close;
  for (const ConnId id : connections()) {
    Connection& connection = *connections_.at(id);
    if (!connection.subscribed() || !dice(id).strikes(FaultKind::DropAtClose, chance)) continue;
    closed(id);
    io_.drop(id);
  }
}

std::size_t Hub::readers() const {
  return static_cast<std::size_t>(std::ranges::count_if(connections_, [](const auto& entry) {
    return !entry.second->muted && entry.second->subscribed();
  }));
}

bool Hub::ping_readers(bool all) {
  bool any = false;
  for (auto& [id, connection] : connections_) {
    if (connection->muted || !connection->subscribed()) continue;
    if (!all && !connection->unpinged_frames) continue;
    connection->unpinged_frames = false;
    connection->awaited_pong = std::to_string(++pings_);
    io_.ping(id, connection->awaited_pong);
    any = true;
  }
  return any;
}

void Hub::pong(ConnId conn, std::string_view payload) {
  const auto found = connections_.find(conn);
  if (found != connections_.end() && found->second->awaited_pong == payload)
    found->second->awaited_pong.clear();
}

bool Hub::awaits_pong() const {
  return std::ranges::any_of(connections_, [](const auto& entry) {
    const Connection& reader = *entry.second;
    return !reader.awaited_pong.empty() && !reader.muted && reader.subscribed();
  });
}

void Hub::cut(ConnId conn, FaultKind why) {
  dice(conn).count(why);
  closed(conn);
  io_.drop(conn);
}

void Hub::mute(ConnId conn) {
  Connection& connection = *connections_.at(conn);
  if (connection.muted) return;
  connection.muted = true;
  connection.line.dice().count(FaultKind::Mute);
  io_.mute(conn, true);
}

void Hub::silence(ConnId conn) {
  Connection& connection = *connections_.at(conn);
  if (!connection.session || connection.session->trade || connection.silent) return;
  connection.silent = true;
  connection.line.dice().count(FaultKind::Silent);
}

void Hub::cut_all() {
  for (const ConnId id : connections()) {
    closed(id);
    io_.drop(id);
  }
}

FaultDice& Hub::dice(ConnId conn) { return connections_.at(conn)->line.dice(); }

std::uint64_t Hub::frames() const {
  std::uint64_t sum = frames_of_closed_;
  for (const auto& [id, connection] : connections_) sum += connection->line.frames();
  return sum;
}

}  // namespace proteus::sim
