// The operator's verbs and the other ways to stop, on a daemon that trades.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "tests/integration/programs.hpp"
#include "tools/app/options.hpp"

namespace proteus::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A daemon that has traded: positions are held.
class Operator : public ::testing::Test {
 protected:
  void start(const Overrides& more = {}) {
    paper_.emplace(with_settings({"paper"}, paced() + in(folder_) + sim_.where() + more));
    ASSERT_TRUE(run_to_bars(*paper_, socket(), 40)) << paper_->err();
    ASSERT_NE(held(), "") << "it holds nothing";
  }
  [[nodiscard]] std::string socket() const { return folder_ / "socket"; }
  Ran say(std::vector<std::string> words) {
    words.insert(words.end(), {"--socket", socket()});
    return run_proteus(words);
  }
  std::string status() { return ask(socket(), "status").value_or("{}"); }
  /// Gross exposure; "" where nothing is held.
  std::string held() {
    const std::string gross = word(status(), "gross");
    return gross.find_first_of("123456789") == std::string::npos ? "" : gross;
  }
  /// No bar comes any more, so no order fills; what was on its way has arrived.
  void stop_the_market() {
    sim_.child().signal(SIGSTOP);
    std::int64_t seen = -1;
    for (int same = 0; same < 10; ++same) {
      const std::int64_t bars = figure(status(), "bars");
      if (bars != seen) same = 0;
      seen = bars;
      paper_->listen(50ms);
    }
  }
  bool reaches(const std::string& state) {
    const Duration until = net::Loop::steady_now() + 20s;
    while (word(status(), "state") != state && net::Loop::steady_now() < until) paper_->listen();
    return word(status(), "state") == state;
  }
  /// What stands in the tables after a clean end.
  std::string cause_of(const std::string& command) {
    paper_->signal(SIGTERM);
    EXPECT_EQ(paper_->wait(), 0) << paper_->err();
    return query(only_session(folder_),
                 "SELECT cause FROM states WHERE kind = 'operator' AND name = '" + command + "'");
  }

  Folder folder_;
  SimProgram sim_;
  std::optional<Child> paper_;
};

TEST_F(Operator, HaltEndsTradingUntilSomebodyResumes) {
  start();
  const Ran halted = say({"halt", "too", "wild", "--json"});
  EXPECT_EQ(halted.code, kOk) << halted.err;
  EXPECT_EQ(word(halted.out, "state"), "halted");
  EXPECT_EQ(word(halted.out, "done"), "true");
  const std::int64_t orders = figure(status(), "orders");
  ASSERT_TRUE(run_to_bars(*paper_, socket(), figure(status(), "bars") + 40));
  EXPECT_EQ(figure(status(), "orders"), orders) << "nothing leaves";

  EXPECT_EQ(say({"resume"}).code, kUsage) << "nobody sits at a terminal";
  EXPECT_EQ(word(status(), "state"), "halted");
  EXPECT_EQ(say({"resume", "--yes", "calm again"}).code, kOk);
  EXPECT_EQ(word(status(), "state"), "active");
  EXPECT_EQ(say({"resume", "--yes"}).code, kError) << "there is nothing to resume";
  EXPECT_EQ(cause_of("halt"), "operator: too wild");
}

TEST_F(Operator, FlattenClosesWhatIsHeldAndStaysHalted) {
  start();
  EXPECT_EQ(say({"flatten"}).code, kUsage) << "nobody sits at a terminal";
  ASSERT_NE(held(), "");
  const Ran flat = say({"flatten", "--yes", "--wait", "30s", "--json"});
  EXPECT_EQ(flat.code, kOk) << flat.err;
  EXPECT_EQ(word(flat.out, "positions"), "[]");
  EXPECT_EQ(held(), "");
  EXPECT_EQ(word(status(), "state"), "halted");
  ASSERT_TRUE(run_to_bars(*paper_, socket(), figure(status(), "bars") + 20));
  EXPECT_EQ(held(), "") << "nothing is opened again";
}

TEST_F(Operator, FlattenThatFindsNoFillIsATimeout) {
  start();
  stop_the_market();
  const Ran waiting = say({"flatten", "--yes", "--wait", "500ms"});
  sim_.child().signal(SIGCONT);
  EXPECT_EQ(waiting.code, kTimeout) << waiting.out << waiting.err;
  EXPECT_THAT(waiting.out, AllOf(HasSubstr("NOT FLAT YET"), HasSubstr("goes on trying")));
  const Duration until = net::Loop::steady_now() + 20s;
  while (!held().empty() && net::Loop::steady_now() < until) paper_->listen();
  EXPECT_EQ(held(), "") << "the daemon did go on";
}

TEST_F(Operator, SignalHalts) {
  start();
  paper_->signal(SIGUSR1);
  EXPECT_TRUE(reaches("halted"));
  EXPECT_EQ(cause_of("halt"), "signal SIGUSR1");
}

TEST_F(Operator, KillFileHaltsAndHasToGoBeforeTradingIsResumed) {
  const std::string file = folder_ / "KILL";
  start({"session.kill_file=" + file});
  write_all(file, "the desk called\n");
  EXPECT_TRUE(reaches("halted"));
  const Ran refused = say({"resume", "--yes"});
  EXPECT_EQ(refused.code, kError);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("not resumed"), HasSubstr(file)));
  std::filesystem::remove(file);
  // It is looked for a few times a second.
  const Duration until = net::Loop::steady_now() + 20s;
  int code = kError;
  while ((code = say({"resume", "--yes"}).code) != kOk && net::Loop::steady_now() < until) {
  }
  EXPECT_EQ(code, kOk);
  EXPECT_EQ(cause_of("halt"), "kill file " + file + ": the desk called");
}

TEST_F(Operator, KillFileLiesInTheSessionsFolderByDefault) {
  start();
  write_all(only_session(folder_) / "KILL", "");
  EXPECT_TRUE(reaches("halted"));
}

TEST_F(Operator, SilenceOfTheOperatorReduces) {
  start({"session.heartbeat_required=1s"});
  EXPECT_EQ(say({"beat"}).code, kOk);
  EXPECT_TRUE(paper_->says("operator not heard for more than 1.0 s")) << paper_->err();
  EXPECT_EQ(word(status(), "state"), "reducing");
  EXPECT_THAT(say({"resume", "--yes"}).out, HasSubstr("ACTIVE"));
}

TEST_F(Operator, StopTellsItsReasonInTheLog) {
  start();
  EXPECT_EQ(say({"stop", "new", "release"}).code, kOk);
  EXPECT_EQ(paper_->wait(), 0) << paper_->err();
  EXPECT_EQ(query(only_session(folder_), "SELECT cause FROM states WHERE name = 'stop'"),
            "ended by the operator: new release");
}

TEST(OperatorVerbs, WithoutADaemonAreNotRunning) {
  const Folder folder;
  for (const char* verb : {"halt", "reduce", "resume", "flatten", "beat"}) {
    const Ran ran = run_proteus({verb, "--socket", folder / "socket"});
    EXPECT_EQ(ran.code, kNotRunning) << verb;
    EXPECT_THAT(ran.err, HasSubstr("no daemon answers")) << verb;
  }
}

TEST(OperatorVerbs, OfOneInstrumentAreRefusedBeforeAnybodyIsAsked) {
  const Folder folder;
  for (const char* verb : {"halt", "reduce", "flatten", "stop"}) {
    const Ran ran = run_proteus({verb, "linear:BTCUSDT", "--socket", folder / "socket"});
    EXPECT_EQ(ran.code, kUsage) << verb;
    EXPECT_THAT(ran.err, HasSubstr("of linear:BTCUSDT alone")) << verb;
  }
}

/// A process that is being killed: its socket still takes connections, and they end unanswered.
class DyingDaemon {
 public:
  explicit DyingDaemon(const std::string& socket) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd_, 1), 0);
    hangs_up_ = std::thread([this] { ::close(::accept(fd_, nullptr, nullptr)); });
  }
  ~DyingDaemon() {
    hangs_up_.join();
    ::close(fd_);
  }

 private:
  int fd_;
  std::thread hangs_up_;
};

TEST(OperatorVerbs, StatusOfADaemonThatIsBeingKilledNamesTheSessionThatItLeaves) {
  const Folder folder;
  const std::string left = folder / "2025-06-01T12-00-00Z-paper";
  std::filesystem::create_directory(left);
  write_all(left + "/session.json", "{}\n");
  const DyingDaemon daemon(folder / "socket");
  const Ran ran = run_proteus({"status", "--socket", folder / "socket"});
  EXPECT_EQ(ran.code, kNotRunning);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("no daemon answers"), HasSubstr("paper --resume " + left),
                             HasSubstr("why --session " + left)));
}

TEST(OperatorVerbs, HelpTellsTheTwoResumesApart) {
  EXPECT_THAT(run_proteus({"resume", "--help"}).out,
              AllOf(HasSubstr("halted or reduced"), HasSubstr("proteus paper --resume")));
}

TEST(DoctorVerb, FindsNothingWrongBesideTheExchange) {
  const Folder folder;
  SimProgram sim;
  const Ran ran =
      run_proteus(with_settings({"doctor", "--json"}, paced() + in(folder) + sim.where()));
  EXPECT_EQ(ran.code, kOk) << ran.out << ran.err;
  EXPECT_EQ(word(ran.out, "healthy"), "true") << ran.out;
  for (const char* topic : {"\"websocket\"", "\"instruments\"", "\"sqlite\"", "\"libraries\""})
    EXPECT_THAT(ran.out, HasSubstr(topic));
  EXPECT_THAT(entries(folder.path()), ::testing::IsEmpty()) << "it leaves nothing";
}

TEST(DoctorVerb, NamesWhatIsWrongAndFails) {
  const Folder folder;
  SimProgram sim;
  const Ran unknown =
      run_proteus(with_settings({"doctor"}, paced() + in(folder) + sim.where() +
                                                Overrides{"engine.instruments=linear:BTCUSTD"}));
  EXPECT_EQ(unknown.code, kError);
  EXPECT_THAT(unknown.out, AllOf(HasSubstr("fail  instruments"), HasSubstr("BTCUSDT")));
  const Ran away = run_proteus(
      with_settings({"doctor"}, in(folder) + Overrides{"venue.rest=http://127.0.0.1:1"}));
  EXPECT_EQ(away.code, kError);
  EXPECT_THAT(away.out, AllOf(HasSubstr("fail  rest"), HasSubstr("refused")));
  const Ran settings = run_proteus({"doctor", "--set", "engine.capital=-1"});
  EXPECT_EQ(settings.code, kError);
  EXPECT_THAT(settings.out, AllOf(HasSubstr("fail  settings"), HasSubstr("engine.capital")));
}

}  // namespace
}  // namespace proteus::app
