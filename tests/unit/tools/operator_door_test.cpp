// The door over a real socket, with a house that does as it is told.
#include "tools/app/operator_door.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "connectors/net/local_client.hpp"
#include "tools/app/command_view.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Cancels at once; positions close when the test says so.
class StubHouse final : public OperatorDoor::House {
 public:
  [[nodiscard]] bool ready() const override { return is_ready; }
  [[nodiscard]] std::string session() const override { return "S1"; }
  [[nodiscard]] std::string status() const override { return R"({"state":"active"})"; }
  [[nodiscard]] std::string why(std::string_view) const override { return "{}"; }
  [[nodiscard]] TradingView view() const override { return now; }
  void command(OperatorAction action, const std::string& cause) override {
    commands.push_back(std::string(to_string(action)) + "|" + cause);
    if (action == OperatorAction::Resume) {
      if (resumes) now.state = TradingState::Active;
      return;
    }
    now.state = action == OperatorAction::Reduce ? TradingState::Reducing : TradingState::Halted;
    now.cause = cause;
    now.open.clear();
  }
  [[nodiscard]] std::string obstacle() const override { return in_the_way; }
  void end(const std::string& reason) override { ended.push_back(reason); }
  std::string heard() override {
    ++beats;
    return R"({"heard":true})";
  }
  [[nodiscard]] std::string pulse() const override { return R"({"pulse":true})"; }

  bool is_ready = true;
  bool resumes = true;
  std::string in_the_way;
  TradingView now;
  std::vector<std::string> commands;
  std::vector<std::string> ended;
  int beats = 0;
};

class Door : public ::testing::Test {
 protected:
  Door() {
    std::string name = (std::filesystem::temp_directory_path() / "proteus-door-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    door_ = OperatorDoor::open(loop_, socket(), house_).value();
  }
  ~Door() override {
    door_.reset();
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::string socket() const { return (folder_ / "s/socket").string(); }

  /// All lines that come back for one, until the door closes or `longest` is over.
  std::vector<std::string> say(const std::string& line, Duration longest = 5s) {
    auto client = net::LocalClient::connect(socket());
    EXPECT_TRUE(client.has_value());
    EXPECT_TRUE(client.value().send_line(line).has_value());
    std::vector<std::string> lines;
    const Duration until = net::Loop::steady_now() + longest;
    while (net::Loop::steady_now() < until) {
      loop_.poll();
      auto got = client.value().read_line(1ms);
      if (got.has_error() && got.error().code == ErrorCode::Timeout) continue;
      if (got.has_error() || !got.value()) break;
      lines.push_back(*got.value());
      if (on_line) on_line();
    }
    return lines;
  }

  std::filesystem::path folder_;
  net::Loop loop_;
  StubHouse house_;
  std::unique_ptr<OperatorDoor> door_;
  std::function<void()> on_line;
};

TradingView::OpenOrder order(const char* id, bool reduce_only = false) { return {id, reduce_only}; }
TradingView::Holding holding(const char* name) {
  return {name, "USDT", Quantity::from_raw(1), Price{}, Money{}};
}

TEST_F(Door, TellsHaltWithItsReasonAndWhatEnded) {
  house_.now.open = {order("a"), order("b")};
  house_.now.held = {holding("linear:BTCUSDT")};
  const auto lines = say("halt too wild");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], AllOf(HasSubstr(R"("verb":"halt")"), HasSubstr(R"("done":true)"),
                              HasSubstr(R"("state_before":"active","state":"halted")"),
                              HasSubstr(R"("orders_ended":2,"orders_open":0)"),
                              HasSubstr(R"("instrument":"linear:BTCUSDT")")));
  EXPECT_THAT(house_.commands, ElementsAre("halt|operator: too wild"));
}

TEST_F(Door, FlattenIsToldUntilNothingIsHeld) {
  house_.now.held = {holding("linear:BTCUSDT"), holding("linear:ETHUSDT")};
  house_.now.flattening = 2;
  on_line = [this] {
    if (house_.now.held.empty()) return;
    house_.now.held.pop_back();
    --house_.now.flattening;
  };
  const auto lines = say("flatten");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], HasSubstr(R"("done":false)"));
  EXPECT_THAT(lines[1], AllOf(HasSubstr(R"("done":false)"), HasSubstr(R"("positions_closed":1)")));
  EXPECT_THAT(lines[2], AllOf(HasSubstr(R"("done":true)"), HasSubstr(R"("positions_closed":2)")));
}

TEST_F(Door, ResumeIsRefusedWhileSomethingStandsInTheWay) {
  house_.now.state = TradingState::Halted;
  house_.in_the_way = "the kill file is there";
  EXPECT_THAT(say("resume"), ElementsAre(R"({"error":"not resumed: the kill file is there"})"));
  EXPECT_TRUE(house_.commands.empty()) << "the engine must not hear of it";
  house_.in_the_way.clear();
  EXPECT_THAT(say("resume all is well"), ElementsAre(HasSubstr(R"("state":"active")")));
  EXPECT_THAT(house_.commands, ElementsAre("resume|operator: all is well"));
}

TEST_F(Door, ResumeThatTheGateRefusesIsAnError) {
  house_.now.state = TradingState::Halted;
  house_.now.cause = "drawdown";
  house_.resumes = false;
  EXPECT_THAT(say("resume"),
              ElementsAre(R"({"error":"not resumed, trading is halted: drawdown"})"));
}

TEST_F(Door, ResumeOfWhatIsActiveIsAnError) {
  EXPECT_THAT(say("resume"), ElementsAre(HasSubstr("nothing to resume")));
}

TEST_F(Door, TakesOnlyStopWhileItStarts) {
  house_.is_ready = false;
  EXPECT_THAT(say("halt"), ElementsAre(HasSubstr("starting")));
  EXPECT_TRUE(house_.commands.empty());
  EXPECT_THAT(say("stop late"), ElementsAre(R"({"stopping":true})"));
  EXPECT_THAT(house_.ended, ElementsAre("late"));
}

TEST_F(Door, EveryVerbCountsAsAWordOfTheOperator) {
  for (const char* line : {"beat", "status", "why", "halt", "nonsense"}) say(line);
  EXPECT_EQ(house_.beats, 5);
}

TEST_F(Door, NamesTheVerbsItKnows) {
  EXPECT_THAT(say("hallt"), ElementsAre(AllOf(HasSubstr("unknown command"), HasSubstr("flatten"))));
}

TEST_F(Door, OnlyTheOwnerMayOpenIt) {
  struct stat file {};
  ASSERT_EQ(::stat(socket().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
}

TEST_F(Door, AFolderThatAnybodyMayWriteIsRefused) {
  const std::string open = (folder_ / "open").string();
  std::filesystem::create_directory(open);
  ASSERT_EQ(::chmod(open.c_str(), 0777), 0);
  const auto refused = OperatorDoor::open(loop_, open + "/socket", house_);
  ASSERT_TRUE(refused.has_error());
  EXPECT_THAT(refused.error().context, HasSubstr("chmod o-w"));
  ASSERT_EQ(::chmod(open.c_str(), 01777), 0) << "as /tmp: nobody can remove another's file";
  EXPECT_TRUE(OperatorDoor::open(loop_, open + "/socket", house_).has_value());
}

TEST(Settled, ReduceWaitsForIncreasesAlone) {
  TradingView before, now;
  before.open = {order("up"), order("down", true)};
  now.open = before.open;
  EXPECT_FALSE(settled(OperatorAction::Reduce, before, now));
  EXPECT_FALSE(settled(OperatorAction::Halt, before, now));
  now.open = {order("down", true)};
  EXPECT_TRUE(settled(OperatorAction::Reduce, before, now));
  EXPECT_FALSE(settled(OperatorAction::Halt, before, now));
  now.open = {order("later")};
  EXPECT_TRUE(settled(OperatorAction::Halt, before, now)) << "that one is not of before";
}

TEST(Settled, FlattenNeedsNeitherPositionNorOrder) {
  TradingView now;
  EXPECT_TRUE(settled(OperatorAction::Flatten, now, now));
  now.open = {order("x", true)};
  EXPECT_FALSE(settled(OperatorAction::Flatten, now, now));
  now.open.clear();
  now.held = {holding("spot:BTCUSDT")};
  now.flattening = 1;
  EXPECT_FALSE(settled(OperatorAction::Flatten, now, now));
  now.flattening = 0;
  EXPECT_TRUE(settled(OperatorAction::Flatten, now, now)) << "dust that no order can close";
}

TEST(CleanReason, IsOneLineOfWholeLetters) {
  EXPECT_EQ(clean_reason("  a\nb\x1b[2J "), "a b [2J");
  EXPECT_EQ(clean_reason(""), "");
  EXPECT_EQ(clean_reason(" \t"), "");
  const std::string cut = clean_reason(std::string(99, 'x') + "\xc3\xa4");
  EXPECT_EQ(cut, std::string(99, 'x')) << "half a letter is none";
}

TEST(CommandView, TellsWhatIsHeldAfterAHaltAndHowToGoOn) {
  const std::string out = render_outcome(
      R"({"verb":"halt","done":true,"state":"halted","state_cause":"operator: x","orders_ended":2,
"orders_open":0,"positions":[{"instrument":"linear:BTCUSDT","quantity":"-0.001","value":"-106.3",
"quote":"USDT"}]})",
      "proteus");
  EXPECT_THAT(out, AllOf(HasSubstr("HALTED   operator: x\n"), HasSubstr("2 ended, 0 open"),
                         HasSubstr("-0.001 linear:BTCUSDT worth -106.30 USDT"),
                         HasSubstr("proteus flatten closes them"), HasSubstr("proteus resume")));
}

TEST(CommandView, ResumeNamesWhatStillHoldsOrdersBack) {
  const std::string out = render_outcome(
      R"({"verb":"resume","done":true,"state":"active","orders_ended":0,"orders_open":0,
"positions":[],"holds":["reconciling: the books differ"]})",
      "proteus");
  EXPECT_THAT(out, AllOf(HasSubstr("ACTIVE"), HasSubstr("reconciling: the books differ")));
}

TEST(CommandView, TellsThatFlattenGoesOnAfterTheWait) {
  const std::string out =
      render_outcome(R"({"verb":"flatten","done":false,"state":"halted","orders_ended":0,
"orders_open":1,"positions_closed":0,"positions":[{"instrument":"a","quantity":"1"}]})",
                     "proteus");
  EXPECT_THAT(out, AllOf(HasSubstr("NOT FLAT YET"), HasSubstr("goes on trying")));
  EXPECT_TRUE(is_under_way(R"({"done":false})"));
  EXPECT_FALSE(is_under_way(R"({"done":true})"));
  EXPECT_FALSE(is_under_way(R"({"error":"x"})"));
}

TEST(CommandView, AsksBeforeFlattenWithWhatItWouldClose) {
  const std::string asked =
      question_for("flatten", R"({"mode":"paper","session":"S","gross":"331.5","instruments":[
{"position":"-0.001"},{"position":"0"},{"position":"2"}]})");
  EXPECT_THAT(asked, AllOf(HasSubstr("PAPER session S"), HasSubstr("close 2 positions"),
                           HasSubstr("gross 331.50")));
}

TEST(CommandView, WarnsThatResumeAcceptsALoss) {
  EXPECT_THAT(question_for("resume", R"({"drawdown":0.25,"drawdown_max":0.2})"),
              HasSubstr("accepts that loss"));
  EXPECT_THAT(question_for("resume", R"({"drawdown":0.1,"drawdown_max":0.2})"),
              Not(HasSubstr("accepts")));
}

}  // namespace
}  // namespace proteus::app
