#include "tools/train/agreement.hpp"

#include <array>
#include <barrier>
#include <functional>
#include <thread>

#include "tests/unit/train/support.hpp"

namespace proteus::app::train {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kRanks = 3;

/// Threads in place of processes.
struct Meeting {
  std::barrier<> gate{kRanks};
  std::array<double, kRanks> said{};
};

class ThreadRanks final : public Ranks {
 public:
  ThreadRanks(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return kRanks; }
  Result<double> sum(double mine, std::string_view) override {
    meeting_.said[static_cast<std::size_t>(rank_)] = mine;
    meeting_.gate.arrive_and_wait();
    double all = 0.0;
    for (const double one : meeting_.said) all += one;
    meeting_.gate.arrive_and_wait();
    return all;
  }

 private:
  Meeting& meeting_;
  int rank_;
};

/// What each rank hears; empty: it may go on.
std::vector<std::string> heard(const std::function<Result<void>(Agreement, int)>& step) {
  Meeting meeting;
  std::vector<std::string> words(kRanks);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < kRanks; ++rank)
    threads.emplace_back([&, rank] {
      ThreadRanks ranks(meeting, rank);
      const auto done = step(Agreement(ranks), rank);
      if (done.has_error()) words[static_cast<std::size_t>(rank)] = done.error().context;
    });
  for (std::thread& thread : threads) thread.join();
  return words;
}

TEST(Agreement, LetsThoseGoOnWhoAreAlike) {
  EXPECT_THAT(heard([](Agreement a, int) { return a.same("seed = 1", "settings"); }),
              ElementsAre("", "", ""));
  EXPECT_THAT(heard([](Agreement a, int) { return a.none_failed(success(), "begin"); }),
              ElementsAre("", "", ""));
}

TEST(Agreement, EndsAllWhereOneHasOtherSettings) {
  const auto words = heard([](Agreement a, int rank) {
    return a.same(rank == 2 ? "seed = 2" : "seed = 1", "settings");
  });
  for (const std::string& word : words)
    EXPECT_THAT(word, HasSubstr("rank 2 has other settings than rank 0"));
}

TEST(Agreement, EndsAllWhereOneCannotBegin) {
  const auto words = heard([](Agreement a, int rank) {
    Result<void> mine = success();
    if (rank == 1) mine = error(ErrorCode::Io, "no disk");
    return a.none_failed(mine, "begin");
  });
  EXPECT_EQ(words[1], "no disk");
  EXPECT_THAT(words[0], HasSubstr("rank 1 could not begin"));
  EXPECT_THAT(words[2], HasSubstr("rank 1 could not begin"));
}

TEST(Agreement, TellsWhatEachRankSays) {
  const auto words = heard([](Agreement a, int rank) -> Result<void> {
    EXPECT_THAT(a.each(10.0 * rank, "iterations").value(), ElementsAre(0.0, 10.0, 20.0));
    return success();
  });
  EXPECT_THAT(words, ElementsAre("", "", ""));
}

}  // namespace
}  // namespace proteus::app::train
