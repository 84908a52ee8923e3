// `proteus train`, as people run it.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>

#include "models/inference/checkpoint.hpp"
#include "tests/integration/child.hpp"
#include "tests/integration/support.hpp"
#include "tools/app/options.hpp"

namespace proteus::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// Bounds a failure alone: a sanitized learner on a busy machine takes its time.
constexpr Duration kPatience = 110s;

/// A forecaster on one generated market that is trained in a moment.
std::string settings(const Folder& folder, std::int64_t steps = 60) {
  const std::string file = folder / "train.toml";
  std::ofstream(file) << fmt::format(
      "[train]\nmodel = \"maml_forecast\"\nsteps = {}\nsteps_per_iteration = 5\n"
      "validate_every = 3\nvalidation_tasks = 8\nsave_every = 4\n"
      "[data]\nsynthetic = [\"switching\"]\nsynthetic_bars = 1500\nfeatures = \"chapter\"\n"
      "validation_from = \"2025-02-10\"\nembargo = \"1d\"\n"
      "[network]\nwidth = 8\n[maml]\ninner_steps = 2\n",
      steps);
  return file;
}

std::vector<std::string> begin(const std::string& file, const std::string& out,
                               const Overrides& more = {}) {
  std::vector<std::string> words{"train", "--config", file, "--out", out};
  for (const std::string& one : more) words.insert(words.end(), {"--set", one});
  return words;
}

std::string hash_of(const std::string& run) {
  const auto model = inference::load_checkpoint(run + "/model.safetensors");
  return model.has_value() ? model.value().content_hash : model.error().context;
}

TEST(Training, LeavesAFolderAndSaysWhatIsInIt) {
  const Folder folder;
  const std::string run = folder / "run";
  const Ran ran = run_proteus(begin(settings(folder), run));
  ASSERT_EQ(ran.code, kOk) << ran.out << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("validation"), HasSubstr("content hash " + hash_of(run)),
                             HasSubstr(run + "/best.safetensors"), HasSubstr("tensorboard")));
  EXPECT_THAT(entries(run),
              ::testing::IsSupersetOf({"best.safetensors", "checkpoints", "config.toml",
                                       "curves.html", "events.out.tfevents.proteus",
                                       "latest.safetensors", "model.safetensors", "scalars.csv"}));
  const auto model = inference::load_checkpoint(run + "/model.safetensors").value();
  EXPECT_EQ(model.run_config, read_all(run + "/config.toml"));
  ASSERT_EQ(model.data.size(), 1U);
  EXPECT_THAT(model.data[0].name, HasSubstr("switching"));
}

TEST(Training, AnInterruptWhileItReadsBarsIsAcknowledged) {
  const Folder folder;
  const std::string bars = folder / "bybit-linear_BTCUSDT_1h.csv";
  ASSERT_EQ(::mkfifo(bars.c_str(), 0600), 0);
  Child child(begin(settings(folder), folder / "run", {"data.files=" + bars}));
  const int writer = ::open(bars.c_str(), O_WRONLY);  // until the child opens it to read
  ASSERT_GE(writer, 0);
  child.signal(SIGINT);
  EXPECT_EQ(child.wait(), 128 + SIGINT);
  ::close(writer);
  EXPECT_THAT(child.err(), HasSubstr("interrupted before the training had begun"));
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

TEST(Training, OfOneSeedIsOneModelAndOfAnotherAnother) {
  const Folder folder;
  const std::string file = settings(folder);
  EXPECT_EQ(run_proteus(begin(file, folder / "a")).code, kOk);
  EXPECT_EQ(run_proteus(begin(file, folder / "b")).code, kOk);
  EXPECT_EQ(run_proteus(begin(file, folder / "c", {"train.seed=2"})).code, kOk);
  EXPECT_EQ(hash_of(folder / "a"), hash_of(folder / "b"));
  EXPECT_NE(hash_of(folder / "a"), hash_of(folder / "c"));
}

/// Some seconds long, so that it can be ended before it ends.
const Overrides kLong = {"train.steps=4000", "train.steps_per_iteration=50",
                         "train.validate_every=20", "train.save_every=10"};

TEST(Training, StoppedByASignalGoesOnToTheUnbrokenRun) {
  const Folder folder;
  const std::string file = settings(folder);
  EXPECT_EQ(run_proteus(begin(file, folder / "whole", kLong)).code, kOk);
  const std::string run = folder / "stopped";
  Child child(begin(file, run, kLong));
  ASSERT_TRUE(child.says("speed not known yet", kPatience));
  child.signal(SIGINT);
  ASSERT_EQ(child.wait(kPatience), kOk) << child.err();
  const std::string words = PROTEUS_BINARY " train --resume " + run;  // as it was called
  ASSERT_THAT(child.out(), AllOf(HasSubstr("stopped and saved at"), HasSubstr(words)));
  const Ran resumed = run_proteus({"train", "--resume", run});
  EXPECT_EQ(resumed.code, kOk) << resumed.err;
  EXPECT_EQ(hash_of(run), hash_of(folder / "whole"));
  EXPECT_EQ(read_all(run + "/scalars.csv"), read_all(folder / "whole/scalars.csv"));
}

TEST(Training, UnderNohupOutlivesItsTerminal) {
  const Folder folder;
  const std::string run = folder / "run";
  const auto before = std::signal(SIGHUP, SIG_IGN);  // A child inherits it, as from nohup.
  Child child(begin(settings(folder), run, kLong));
  std::signal(SIGHUP, before);
  ASSERT_TRUE(child.says("speed not known yet", kPatience));
  child.signal(SIGHUP);
  ASSERT_EQ(child.wait(kPatience), kOk) << child.err();
  EXPECT_THAT(child.out(), HasSubstr("content hash " + hash_of(run)));
}

TEST(Training, KilledGoesOnFromItsLastSave) {
  const Folder folder;
  const std::string file = settings(folder);
  EXPECT_EQ(run_proteus(begin(file, folder / "whole", kLong)).code, kOk);
  const std::string run = folder / "killed";
  Child child(begin(file, run, kLong));
  ASSERT_TRUE(child.says("validation", kPatience));
  child.signal(SIGKILL);
  child.wait(kPatience);
  const Ran resumed = run_proteus({"train", "--resume", run});
  EXPECT_EQ(resumed.code, kOk) << resumed.err;
  EXPECT_EQ(hash_of(run), hash_of(folder / "whole"));
  EXPECT_EQ(read_all(run + "/scalars.csv"), read_all(folder / "whole/scalars.csv"));
}

TEST(Training, OnAFullDiskSaysWhatToDo) {
  const Folder folder;
  const std::string run = folder / "run";
  Child child(begin(settings(folder, 1'000'000), run, {"train.save_every=100000"}), 20'000);
  ASSERT_EQ(child.wait(kPatience), kError) << child.out();
  EXPECT_THAT(child.err(), AllOf(HasSubstr("File too large"), HasSubstr("is whole"),
                                 HasSubstr("train --resume " + run)));
  EXPECT_TRUE(inference::load_checkpoint(run + "/latest.safetensors").has_value());
}

TEST(Training, ChecksWithoutWriting) {
  const Folder folder;
  auto words = begin(settings(folder), folder / "run");
  words.emplace_back("--check");
  const Ran ran = run_proteus(words);
  EXPECT_EQ(ran.code, kOk) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("inner_steps"), HasSubstr("switching"),
                             HasSubstr("nothing was written")));
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

std::string rl2_settings(const Folder& folder) {
  const std::string file = folder / "rl2.toml";
  std::ofstream(file) << "[train]\nmodel = \"rl2\"\nsteps = 12800\nenvironments = 4\n"
                         "validate_every = 4\nvalidation_trials = 2\nsave_every = 3\n"
                         "[data]\nsynthetic = [\"bull\"]\nsynthetic_bars = 1500\n"
                         "features = \"chapter\"\nvalidation_from = \"2025-02-10\"\n"
                         "[core]\nhidden = 8\n[ppo]\nrollout_steps = 100\nminibatches = 2\n"
                         "[trials]\nepisode_bars = 50\nepisodes = 2\n";
  return file;
}

TEST(Training, OfRl2IsHandedOverAndGoesOnAsIfUnbroken) {
  if (!has_learner()) GTEST_SKIP() << "built without LibTorch";
  const Folder folder;
  const std::string file = rl2_settings(folder);
  const Ran whole = run_proteus(begin(file, folder / "whole"));
  ASSERT_EQ(whole.code, kOk) << whole.out << whole.err;
  Child child(begin(file, folder / "stopped"));
  ASSERT_TRUE(child.says("validation", kPatience)) << child.err();
  child.signal(SIGTERM);
  ASSERT_EQ(child.wait(kPatience), kOk) << child.err();
  const Ran resumed = run_proteus({"train", "--resume", folder / "stopped"});
  EXPECT_EQ(resumed.code, kOk) << resumed.err;
  EXPECT_EQ(hash_of(folder / "stopped"), hash_of(folder / "whole"));
  EXPECT_EQ(read_all(folder / "stopped/scalars.csv"), read_all(folder / "whole/scalars.csv"));
}

TEST(Training, OfABaselineWithAMemoryIsRefused) {
  if (!has_learner()) GTEST_SKIP() << "built without LibTorch";
  const Folder folder;
  const auto check = [&](const Overrides& more) {
    auto words = begin(rl2_settings(folder), folder / "run", more);
    words.emplace_back("--check");
    return run_proteus(words);
  };
  const Ran memory = check({"train.model=ppo", "core.core=gru"});
  EXPECT_EQ(memory.code, kConfig);
  EXPECT_THAT(memory.err, AllOf(HasSubstr("core.core"), HasSubstr("--set core.core=memoryless")));
  EXPECT_EQ(check({"train.model=ppo", "core.core=memoryless"}).code, kOk);
  EXPECT_EQ(check({"train.model=ppo"}).code, kOk);
  const Ran none = check({"core.core=memoryless"});
  EXPECT_EQ(none.code, kConfig);
  EXPECT_THAT(none.err, HasSubstr("use model = \"ppo\""));
}

/// A port of loopback that nobody has just now.
int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

/// Two processes with the environment that a launcher would give them.
class TwoRanks {
 public:
  explicit TwoRanks(const std::vector<std::string>& words) : TwoRanks(words, words) {}
  TwoRanks(const std::vector<std::string>& first, const std::vector<std::string>& second) {
    ::setenv("WORLD_SIZE", "2", 1);
    ::setenv("MASTER_ADDR", "127.0.0.1", 1);
    ::setenv("MASTER_PORT", std::to_string(free_port()).c_str(), 1);
    ::setenv("RANK", "0", 1);
    ranks_.push_back(std::make_unique<Child>(first));
    ::setenv("RANK", "1", 1);
    ranks_.push_back(std::make_unique<Child>(second));
    for (const char* name : {"WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "RANK"}) ::unsetenv(name);
  }
  Child& operator[](std::size_t rank) { return *ranks_[rank]; }

 private:
  std::vector<std::unique_ptr<Child>> ranks_;
};

TEST(Training, ByTwoProcessesLeavesOneFolderAndGoesOnAsIfUnbroken) {
  if (!has_learner()) GTEST_SKIP() << "built without LibTorch";
  const Folder folder;
  const std::string file = rl2_settings(folder);
  TwoRanks whole(begin(file, folder / "whole"));
  ASSERT_EQ(whole[0].wait(kPatience), kOk) << whole[0].err();
  ASSERT_EQ(whole[1].wait(kPatience), kOk) << whole[1].err();
  EXPECT_EQ(whole[1].out(), "");
  TwoRanks stopped(begin(file, folder / "stopped"));
  ASSERT_TRUE(stopped[0].says("validation", kPatience)) << stopped[0].err();
  stopped[1].signal(SIGTERM);  // One is told, and both end.
  ASSERT_EQ(stopped[0].wait(kPatience), kOk) << stopped[0].err();
  ASSERT_EQ(stopped[1].wait(kPatience), kOk) << stopped[1].err();
  EXPECT_THAT(stopped[0].out(), HasSubstr("in 2 processes again"));
  const Ran alone = run_proteus({"train", "--resume", folder / "stopped"});
  EXPECT_EQ(alone.code, kError);
  EXPECT_THAT(alone.err, HasSubstr("begun by 2 processes, and this is one of 1"));
  // As if the second had been killed before its last save.
  std::filesystem::rename(folder / "stopped/latest.rank-1.previous.safetensors",
                          folder / "stopped/latest.rank-1.safetensors");
  TwoRanks resumed({"train", "--resume", folder / "stopped"});
  ASSERT_EQ(resumed[0].wait(kPatience), kOk) << resumed[0].err();
  ASSERT_EQ(resumed[1].wait(kPatience), kOk) << resumed[1].err();
  EXPECT_EQ(hash_of(folder / "stopped"), hash_of(folder / "whole"));
  EXPECT_EQ(read_all(folder / "stopped/scalars.csv"), read_all(folder / "whole/scalars.csv"));
}

TEST(Training, ByTwoProcessesOfOtherSettingsWritesNothing) {
  if (!has_learner()) GTEST_SKIP() << "built without LibTorch";
  const Folder folder;
  const std::string file = rl2_settings(folder);
  TwoRanks ranks(begin(file, folder / "run"), begin(file, folder / "run", {"train.seed=2"}));
  for (const std::size_t rank : {0U, 1U}) {
    EXPECT_EQ(ranks[rank].wait(kPatience), kError);
    EXPECT_THAT(ranks[rank].err(), HasSubstr("rank 1 has other settings"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

TEST(Training, ByTwoProcessesOfWhichOneCannotBeginWritesNothing) {
  if (!has_learner()) GTEST_SKIP() << "built without LibTorch";
  const Folder folder;
  const std::string file = rl2_settings(folder);
  std::filesystem::create_directory(folder / "run");
  write_all(folder / "run/latest.rank-1.safetensors", "of before");
  TwoRanks ranks(begin(file, folder / "run"));
  EXPECT_EQ(ranks[0].wait(kPatience), kError);
  EXPECT_EQ(ranks[1].wait(kPatience), kError);
  EXPECT_THAT(ranks[0].err(), HasSubstr("rank 1 could not begin"));
  EXPECT_THAT(ranks[1].err(), HasSubstr("holds a run already"));
  EXPECT_THAT(entries(folder / "run"), ::testing::ElementsAre("latest.rank-1.safetensors"));
}

TEST(Training, SettingsOfRl2ThatComeWithTheProgramAreFine) {
  if (!has_learner()) GTEST_SKIP() << "built without LibTorch";
  const char* root = std::getenv("PROTEUS_SOURCE_DIR");
  const auto file = std::filesystem::path(root == nullptr ? "." : root) / "config/train_rl2.toml";
  const Ran ran = run_proteus({"train", "--check", "--config", file.string(), "--set",
                               "data.synthetic_seeds=1", "--set", "train.environments=4"});
  EXPECT_EQ(ran.code, kOk) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("rollout_steps"));
}

TEST(Training, RefusesOptionsThatDoNotGoTogether) {
  const Folder folder;
  EXPECT_EQ(run_proteus({"train"}).code, kUsage);
  EXPECT_EQ(run_proteus({"train", "--resume", folder.path(), "--set", "train.seed=2"}).code,
            kUsage);
  EXPECT_EQ(run_proteus({"train", "--resume", folder.path(), "--out", "x"}).code, kUsage);
}

TEST(Training, SaysWhatIsWrongWithSettingsAndFolders) {
  const Folder folder;
  const std::string file = settings(folder);
  const Ran wrong =
      run_proteus(begin(file, folder / "run", {"train.stepps=3", "maml.inner_rate=0"}));
  EXPECT_EQ(wrong.code, kConfig);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("train.stepps: unknown key, did you mean train.steps"),
                               HasSubstr("maml.inner_rate")));
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
  const Ran empty = run_proteus({"train", "--resume", folder / "nowhere"});
  EXPECT_EQ(empty.code, kConfig);
  EXPECT_THAT(empty.err, HasSubstr(folder / "nowhere"));
  ASSERT_EQ(run_proteus(begin(file, folder / "run")).code, kOk);
  const Ran again = run_proteus(begin(file, folder / "run"));
  EXPECT_EQ(again.code, kError);
  EXPECT_THAT(again.err, HasSubstr("holds a run already"));
}

}  // namespace
}  // namespace proteus::app
