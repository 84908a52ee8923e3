// The program itself, as people run it: verbs, exit codes, signals, what is left after them.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "connectors/net/local_server.hpp"
#include "connectors/storage/journal_db.hpp"
#include "tests/integration/child.hpp"
#include "tests/integration/programs.hpp"
#include "tests/integration/scripted_venue.hpp"
#include "tools/app/options.hpp"

namespace proteus::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// What a pipe takes before its writer has to wait.
void fill(int pipe_end) {
  const int flags = ::fcntl(pipe_end, F_GETFL);
  ::fcntl(pipe_end, F_SETFL, flags | O_NONBLOCK);
  const std::string page(4096, 'x');
  while (::write(pipe_end, page.data(), page.size()) > 0) {
  }
  ::fcntl(pipe_end, F_SETFL, flags);
}

TEST(Program, EndsAlsoWhereNobodyReadsWhatItSays) {
  // As `proteus sim 2>&1 | less`: the pipe is full and its reader looks elsewhere.
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  fill(ends[1]);
  std::string program = PROTEUS_BINARY, verb = "sim", set = "--set", port = "sim.server.port=0",
              length = "--for=1";
  std::array<char*, 6> words{program.data(), verb.data(),   set.data(),
                             port.data(),    length.data(), nullptr};
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::execv(program.c_str(), words.data());
    ::_exit(127);
  }
  const int watch = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  pollfd ended{watch, POLLIN, 0};
  EXPECT_EQ(::poll(&ended, 1, 20'000), 1) << "it waits for a reader";
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == kOk) << status;
  for (const int fd : {watch, ends[0], ends[1]}) ::close(fd);
}

TEST(Program, PaperAgainstSimAnswersItsOperatorAndEndsOnSigterm) {
  const Folder folder;
  SimProgram sim;
  Child paper(with_settings({"paper"}, paced() + in(folder) + sim.where()));
  ASSERT_TRUE(run_to_bars(paper, folder / "socket", 40)) << paper.err();

  const Ran status = run_proteus({"status", "--socket", folder / "socket"});
  EXPECT_EQ(status.code, 0) << status.err;
  EXPECT_THAT(status.out, AllOf(HasSubstr("linear:BTCUSDT"), HasSubstr("linear:ETHUSDT")));
  const Ran json = run_proteus({"status", "--json", "--socket", folder / "socket"});
  EXPECT_EQ(json.code, 0) << json.err;
  EXPECT_GE(figure(json.out, "bars"), 40);
  EXPECT_EQ(word(json.out, "anomalies"), "{}");
  const Ran why = run_proteus({"why", "linear:ETHUSDT", "--socket", folder / "socket"});
  EXPECT_EQ(why.code, 0) << why.err;
  EXPECT_THAT(why.out, HasSubstr("linear:ETHUSDT"));

  paper.signal(SIGTERM);
  EXPECT_EQ(paper.wait(), 0) << paper.err();
  EXPECT_THAT(paper.out(), AllOf(HasSubstr("linear:BTCUSDT"), HasSubstr(folder / "runs")))
      << "the summary";
  EXPECT_FALSE(std::filesystem::exists(folder / "socket"));

  const std::filesystem::path session = only_session(folder);
  const Log log = read_log(session);
  EXPECT_EQ(log.failure, "");
  EXPECT_FALSE(log.tail.torn);
  EXPECT_GE(log.decisions.size(), 40U);
  EXPECT_EQ(query(session, "SELECT count(*) FROM decisions"), std::to_string(log.decisions.size()));
  EXPECT_EQ(query(session, "SELECT count(*) FROM states WHERE name = 'stop'"), "1");

  sim.child().signal(SIGINT);
  EXPECT_EQ(sim.child().wait(), 0) << sim.child().err();
}

TEST(Program, StopEndsTheDaemon) {
  const Folder folder;
  SimProgram sim;
  Child paper(with_settings({"paper"}, paced() + in(folder) + sim.where()));
  ASSERT_TRUE(run_to_bars(paper, folder / "socket", 4)) << paper.err();
  EXPECT_EQ(run_proteus({"stop", "--socket", folder / "socket"}).code, 0);
  EXPECT_EQ(paper.wait(), 0) << paper.err();
  EXPECT_EQ(run_proteus({"stop", "--socket", folder / "socket"}).code, 3);
}

TEST(Program, KillLeavesALogThatIsWholeAndTablesThatCanBeMadeAgain) {
  const Folder folder;
  SimProgram sim;
  Child paper(with_settings({"paper"}, paced() + in(folder) + sim.where()));
  ASSERT_TRUE(run_to_bars(paper, folder / "socket", 40)) << paper.err();
  const auto last = ask(folder / "socket", "status");
  ASSERT_TRUE(last);
  paper.signal(SIGKILL);
  ASSERT_EQ(paper.wait(), 128 + SIGKILL);

  // Every decision that was ever told of is in the log: it was written before it was told.
  const std::filesystem::path session = only_session(folder);
  const Log log = read_log(session);
  EXPECT_EQ(log.failure, "");
  EXPECT_GE(static_cast<std::int64_t>(log.decisions.size()), figure(*last, "decisions"));
  EXPECT_GE(static_cast<std::int64_t>(log.fills), figure(*last, "fills"));

  const auto rebuilt =
      storage::rebuild_journal(session / "session.wal", session / "journal.sqlite");
  ASSERT_FALSE(rebuilt.has_error()) << rebuilt.error().context;
  EXPECT_EQ(rebuilt.value().records, log.tail.number);
  EXPECT_EQ(query(session, "SELECT count(*) FROM decisions"), std::to_string(log.decisions.size()));
  EXPECT_EQ(query(session, "PRAGMA integrity_check"), "ok");

  // What the dead process left in the way does not stop the next.
  Child next(with_settings({"paper"}, paced() + in(folder) + sim.where()));
  EXPECT_TRUE(run_to_bars(next, folder / "socket", 4)) << next.err();
  next.signal(SIGINT);
  EXPECT_EQ(next.wait(), 0) << next.err();
}

TEST(Program, FullDiskHoldsTradingIsToldAndLeavesAReadableLog) {
  const Folder folder;
  SimProgram sim;
  Child paper(with_settings({"paper"}, paced() + in(folder) + sim.where()), 100'000);
  // The log is full some way before this bar.
  ASSERT_TRUE(run_to_bars(paper, folder / "socket", 160)) << paper.err();
  const std::string full = ask(folder / "socket", "status").value_or("{}");
  EXPECT_THAT(full, HasSubstr("the log cannot be written"));
  EXPECT_GT(figure(full, "fills"), 0);
  ASSERT_TRUE(run_to_bars(paper, folder / "socket", 200)) << paper.err();
  const std::string later = ask(folder / "socket", "status").value_or("{}");
  EXPECT_EQ(figure(later, "fills"), figure(full, "fills")) << "what is not logged does not leave";
  EXPECT_THAT(word(later, "refusals_by_control"), HasSubstr("backlog"));
  EXPECT_THAT(word(later, "refusals_by_control"), Not(HasSubstr("message_rate")))
      << "the log is the cause, not a rate";

  paper.signal(SIGTERM);
  EXPECT_EQ(paper.wait(), 1) << "the end of the log is lost, and that is no good end";
  EXPECT_THAT(paper.err(), HasSubstr("could not be written to"));
  const Log log = read_log(only_session(folder));
  EXPECT_EQ(log.failure, "");
  EXPECT_GE(static_cast<std::int64_t>(log.orders), figure(full, "fills"));
}

TEST(Program, LogThatWaitsBeyondItsBoundEndsTheDaemon) {
  const Folder folder;
  SimProgram sim;
  Child paper(with_settings({"paper", "--set", "storage.log_pending_max=65536"},
                            paced() + in(folder) + sim.where()),
              100'000);
  EXPECT_EQ(paper.wait(), 1);
  EXPECT_THAT(paper.err(), HasSubstr("more of the log waited for the disk than "
                                     "storage.log_pending_max"));
  EXPECT_EQ(read_log(only_session(folder)).failure, "");
}

TEST(Program, WithoutADaemonIsNotRunning) {
  const Folder folder;
  for (const char* verb : {"status", "why", "stop"}) {
    const Ran ran = run_proteus({verb, "--socket", folder / "socket"});
    EXPECT_EQ(ran.code, 3) << verb;
    EXPECT_THAT(ran.err, HasSubstr(folder / "socket")) << verb;
    EXPECT_THAT(ran.out, IsEmpty()) << verb;
  }
}

TEST(Program, DaemonThatDoesNotAnswerIsExitCodeFive) {
  const Folder folder;
  net::Loop loop;  // Nobody turns it: the socket takes connections and says nothing.
  const auto door = net::LocalServer::create(loop, folder / "socket", {});
  ASSERT_FALSE(door.has_error()) << door.error().context;
  const Ran ran = run_proteus({"status", "--socket", folder / "socket"});
  EXPECT_EQ(ran.code, 5);
  EXPECT_THAT(ran.err, HasSubstr("proteus: "));
}

TEST(Program, OutputThatCannotBeWrittenIsNoSuccess) {
  const std::string command = std::string(PROTEUS_BINARY) + " config show >/dev/full 2>/dev/null";
  EXPECT_NE(std::system(command.c_str()), 0);
}

TEST(Program, WrongUseIsExitCodeTwo) {
  EXPECT_EQ(run_proteus({}).code, 2);
  EXPECT_EQ(run_proteus({"trade"}).code, 2);
  EXPECT_EQ(run_proteus({"status", "--loud"}).code, 2);
  EXPECT_EQ(run_proteus({"paper", "--config"}).code, 2);
  EXPECT_EQ(run_proteus({"config"}).code, 2);
  EXPECT_THAT(run_proteus({"trade"}).err, HasSubstr("trade"));
  EXPECT_THAT(run_proteus({"status", "--loud"}).err, HasSubstr("--loud"));
}

TEST(Program, WrongSettingsAreExitCodeFourAndLeaveNothing) {
  const Folder folder;
  write_all(folder / "paper.toml", "[engine]\ncapital = -1\nmarkz = \"bars\"\n");
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"paper"}, {"config", "check"}}) {
    std::vector<std::string> words = verb;
    words.insert(words.end(), {"--config", folder / "paper.toml"});
    const Ran ran = run_proteus(with_settings(words, in(folder)));
    EXPECT_EQ(ran.code, 4);
    EXPECT_THAT(ran.err, AllOf(HasSubstr("paper.toml:2: engine.capital: "),
                               HasSubstr("paper.toml:3: engine.markz: unknown key")));
  }
  EXPECT_THAT(entries(folder / "runs"), IsEmpty());
}

TEST(Program, SettingsFileThatIsNotThereIsExitCodeFour) {
  const Folder folder;
  const Ran ran = run_proteus({"paper", "--config", folder / "absent.toml"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("absent.toml"));
}

TEST(Program, UnreachableVenueIsExitCodeOneAndSaidWhileItIsTried) {
  const Folder folder;
  // Port 1 of loopback: nobody listens there.
  const Ran ran = run_proteus(
      with_settings({"paper"}, paced() + in(folder) + Overrides{"venue.rest=http://127.0.0.1:1"}));
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("The venue does not answer yet"),
                             HasSubstr("proteus: the venue cannot be asked at the start"),
                             HasSubstr("127.0.0.1:1")));
  EXPECT_THAT(entries(folder / "runs"), IsEmpty());
}

TEST(Program, CtrlCEndsTheWaitForASilentVenue) {
  const Folder folder;
  net::Loop loop;
  ScriptedVenue silent(loop);  // Nobody turns its loop: it takes connections and says nothing.
  Child paper(with_settings({"paper"}, ScriptedVenue::daemon() + in(folder) + silent.where()));
  const Duration until = net::Loop::steady_now() + 30s;
  while (!std::filesystem::exists(folder / "socket") && net::Loop::steady_now() < until)
    paper.listen();
  const Ran status = run_proteus({"status", "--socket", folder / "socket"});
  EXPECT_THAT(status.out + status.err, HasSubstr("starting"));

  const Duration asked = net::Loop::steady_now();
  paper.signal(SIGINT);
  EXPECT_EQ(paper.wait(), 0);  // As asked; a service manager must not start it again.
  EXPECT_LT(net::Loop::steady_now() - asked, 5s);
  EXPECT_THAT(paper.err(), HasSubstr("stopped before http://127.0.0.1:"));
  EXPECT_THAT(entries(folder / "runs"), IsEmpty());
}

}  // namespace
}  // namespace proteus::app
