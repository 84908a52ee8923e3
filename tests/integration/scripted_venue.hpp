// A venue of one linear instrument that says exactly what a test wants it to say: REST from a table
// of bars, frames word for word. Its time is the test's: frames and answers carry `now`.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/net/server.hpp"
#include "tests/integration/support.hpp"

namespace proteus::app {

struct Row {
  std::string open = "100";
  std::string high = "110";
  std::string low = "90";
  std::string close = "105";
  std::string volume = "12.5";
};

class ScriptedVenue {
 public:
  explicit ScriptedVenue(net::Loop& loop);

  /// Venue time that answers tell.
  Timestamp now = kMarketStart + std::chrono::hours{24};
  /// What REST has, by opening time.
  std::map<Timestamp, Row> rows;
  /// lotSizeFilter and priceFilter of BTCUSDT.
  std::string quantity_step = "0.001";
  std::string tick = "0.1";
  std::string quantity_max = "1000";
  /// nextPageCursor of every page of instruments.
  std::string cursor;
  /// What REST says in place of the truth, as long as it has something to say.
  std::function<std::optional<net::HttpAnswer>(const std::string& target)> instead;
  /// Nothing is answered any more.
  bool silent = false;

  [[nodiscard]] Overrides where() const;
  /// What a daemon needs to live by this venue's time.
  [[nodiscard]] static Overrides daemon();
  /// A daemon has subscribed to `topic`.
  [[nodiscard]] bool has_reader(const std::string& topic = "kline.1.BTCUSDT") const;
  [[nodiscard]] int subscriptions(const std::string& topic) const;

  void send(const std::string& frame);
  void send_binary(const std::string& bytes);
  /// A kline frame; `ts` defaults to now.
  [[nodiscard]] std::string kline(Timestamp open, const Row& row, bool confirm = true) const;
  /// Time goes to the end of the bar that opens at `open`, which REST then knows, and which is
  /// sent.
  void close_bar(Timestamp open, const Row& row);

 private:
  net::HttpAnswer answer(const std::string& target) const;
  void on_text(net::Connection from, std::string_view text);

  net::Connection reader_{};
  std::map<std::string, int> topics_;
  std::vector<net::Responder> kept_;  ///< requests that nobody answers
  std::unique_ptr<net::Server> server_;
};

}  // namespace proteus::app
