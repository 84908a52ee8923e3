#include "models/runs/run.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <optional>

#include "models/runs/event_record.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/regression_trainer.hpp"

namespace proteus::runs {
namespace {

namespace fs = std::filesystem;
using proteus::test::RegressionTrainer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr std::int64_t kTotal = 96;  // 24 iterations
const RunSettings kSettings{.save_every = 5, .keep = 2};

Provenance provenance(std::uint64_t seed = 1) {
  return {"[train]\nname = \"line\"\n", {seed}, {{"points", 7}}, "0.1.0"};
}

Timestamp at(std::int64_t second) { return Timestamp{std::chrono::seconds{second}}; }

/// All of a run without a stop; its hash.
std::string train(const fs::path& folder, std::uint64_t seed = 1) {
  RegressionTrainer trainer(seed, kTotal);
  auto run = Run::begin(folder, kSettings, provenance(seed), trainer, at(0)).value();
  while (!run->done()) EXPECT_TRUE(run->iterate(at(run->iterations())).has_value());
  return run->finish().value();
}

std::vector<std::string> checkpoints(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder / "checkpoints"))
    names.push_back(entry.path().filename().string());
  return names;
}

TEST(Run, KeepsARowAnIterationAndTheLastCheckpoints) {
  const test::Folder folder;
  train(folder / "run");
  const std::string csv = test::read_all(folder / "run" / "scalars.csv");
  EXPECT_TRUE(csv.starts_with("steps,loss/train,validation/loss\n4,")) << csv;
  EXPECT_EQ(std::ranges::count(csv, '\n'), 1 + kTotal / 4);
  // Validation is every third iteration; the field is empty elsewhere.
  EXPECT_TRUE(csv.substr(0, csv.find("\n8,")).ends_with(","));
  EXPECT_THAT(checkpoints(folder / "run"),
              UnorderedElementsAre("step-60.safetensors", "step-80.safetensors"));
  EXPECT_EQ(test::read_all(folder / "run" / "config.toml"), provenance().config);
}

TEST(Run, SaysInEveryModelWhereItComesFrom) {
  const test::Folder folder;
  const std::string hash = train(folder / "run");
  const auto model = inference::load_checkpoint(folder / "run" / "model.safetensors").value();
  EXPECT_EQ(model.content_hash, hash);
  EXPECT_EQ(model.run_config, provenance().config);
  EXPECT_EQ(model.seeds, provenance().seeds);
  EXPECT_EQ(model.data, provenance().data);
  EXPECT_EQ(model.code_version, "0.1.0");
  const auto before =
      inference::load_checkpoint(folder / "run" / "checkpoints" / "step-80.safetensors").value();
  EXPECT_EQ(model.parent, before.content_hash);
  const auto first =
      inference::load_checkpoint(folder / "run" / "checkpoints" / "step-60.safetensors").value();
  EXPECT_EQ(before.parent, first.content_hash);
}

TEST(Run, GivesTheSameModelForTheSameSeedAndAnotherForAnother) {
  const test::Folder folder;
  const std::string one = train(folder / "one", 1);
  EXPECT_EQ(train(folder / "again", 1), one);
  const auto line = [&](const char* run) {
    return inference::load_checkpoint(folder / run / "model.safetensors")
        .value()
        .tensors.front()
        .bytes;
  };
  train(folder / "other", 2);
  EXPECT_EQ(line("one"), line("again"));
  EXPECT_NE(line("one"), line("other"));
}

/// Stops a run after `iterations`, with a save before it goes or without, and resumes it.
std::string train_with_a_stop(const fs::path& folder, std::int64_t iterations, bool saves) {
  {
    RegressionTrainer trainer(1, kTotal);
    auto run = Run::begin(folder, kSettings, provenance(), trainer, at(0)).value();
    while (run->iterations() < iterations)
      EXPECT_TRUE(run->iterate(at(run->iterations())).has_value());
    if (saves && !run->save()) return "not saved";
  }
  RegressionTrainer trainer(1, kTotal);
  auto run = Run::resume(folder, kSettings, provenance(), trainer, at(0)).value();
  EXPECT_EQ(run->iterations(), saves ? iterations : iterations / 5 * 5);
  while (!run->done()) EXPECT_TRUE(run->iterate(at(run->iterations())).has_value());
  return run->finish().value();
}

class StoppedRun : public ::testing::TestWithParam<std::pair<std::int64_t, bool>> {};

TEST_P(StoppedRun, ResumedIsTheUnbrokenOneByteForByte) {
  const auto [iterations, saves] = GetParam();
  const test::Folder folder;
  const std::string whole = train(folder / "whole");
  EXPECT_EQ(train_with_a_stop(folder / "stopped", iterations, saves), whole);
  for (const char* file :
       {"scalars.csv", "curves.html", "events.out.tfevents.proteus", "best.safetensors",
        "latest.safetensors", "model.safetensors", "config.toml"})
    EXPECT_EQ(test::read_all(folder / "stopped" / file), test::read_all(folder / "whole" / file))
        << file;
  EXPECT_EQ(checkpoints(folder / "stopped").size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(AtAnyTime, StoppedRun,
                         ::testing::Values(std::pair{0, true}, std::pair{3, false},
                                           std::pair{4, true}, std::pair{13, false},
                                           std::pair{13, true}, std::pair{20, true}));

TEST(Run, KeepsTheModelThatDidBestInValidation) {
  const test::Folder folder;
  RegressionTrainer trainer(1, kTotal);
  auto run = Run::begin(folder / "run", kSettings, provenance(), trainer, at(0)).value();
  double lowest = 1e9;
  std::array<double, 2> line{};
  while (!run->done()) {
    ASSERT_TRUE(run->iterate(at(1)).has_value());
    const double loss = run->figures()[1].value;
    if (!(loss < lowest)) continue;
    lowest = loss;
    line = trainer.weights();
  }
  EXPECT_EQ(run->best_figure(), "validation/loss");
  EXPECT_EQ(run->best()->value, lowest);
  const auto best = inference::load_checkpoint(folder / "run" / "best.safetensors").value();
  EXPECT_THAT(best.tensors.front().doubles().value(), ElementsAre(line[0], line[1]));
}

TEST(Run, NamesTheFiguresThereAreWhereTheChosenOneIsNot) {
  const test::Folder folder;
  RegressionTrainer trainer(1, kTotal);
  RunSettings settings = kSettings;
  settings.best_figure = "validation/reward";
  auto run = Run::begin(folder / "run", settings, provenance(), trainer, at(0)).value();
  const auto first = run->iterate(at(1));
  ASSERT_TRUE(first.has_error());
  EXPECT_EQ(first.error().code, ErrorCode::NotFound);
  EXPECT_THAT(first.error().context, HasSubstr("loss/train, validation/loss"));
}

TEST(Run, RefusesAFolderThatHoldsOne) {
  const test::Folder folder;
  train(folder / "run");
  RegressionTrainer trainer(1, kTotal);
  const auto again = Run::begin(folder / "run", kSettings, provenance(), trainer, at(0));
  ASSERT_TRUE(again.has_error());
  EXPECT_EQ(again.error().code, ErrorCode::Refused);
}

TEST(Run, RefusesAFolderThatIsBeingTrainedIn) {
  const test::Folder folder;
  RegressionTrainer trainer(1, kTotal);
  const auto run = Run::begin(folder / "run", kSettings, provenance(), trainer, at(0)).value();
  RegressionTrainer second(1, kTotal);
  const auto resumed = Run::resume(folder / "run", kSettings, provenance(), second, at(0));
  ASSERT_TRUE(resumed.has_error());
  EXPECT_EQ(resumed.error().code, ErrorCode::Busy);
}

/// What resume says to a run whose beginnings were others.
std::string refusal(const fs::path& folder, const Provenance& here) {
  RegressionTrainer trainer(1, kTotal);
  const auto run = Run::resume(folder, kSettings, here, trainer, at(0));
  return run.has_error() ? run.error().context : "";
}

TEST(Resume, NamesWhatIsOtherThanWhenTheRunBegan) {
  const test::Folder folder;
  const auto run = folder / "run";
  train(run);
  Provenance here = provenance();
  here.config = "[train]\nname = \"curve\"\n";
  EXPECT_THAT(refusal(run, here),
              HasSubstr(R"(line 2 was "name = "line"" and is "name = "curve"")"));
  here = provenance();
  here.seeds = {2};
  EXPECT_THAT(refusal(run, here), HasSubstr("seeds"));
  here = provenance();
  here.data[0].hash = 8;
  EXPECT_THAT(refusal(run, here), HasSubstr("points holds other data"));
  here = provenance();
  here.data.push_back({"more", 1});
  EXPECT_THAT(refusal(run, here), HasSubstr("more is new"));
  here = provenance();
  here.code_version = "0.2.0";
  EXPECT_THAT(refusal(run, here), HasSubstr("version 0.1.0"));
  EXPECT_EQ(refusal(run, provenance()), "");
}

TEST(Resume, RefusesRowsThatAreNoMoreThere) {
  const test::Folder folder;
  train(folder / "run");
  fs::resize_file(folder / "run" / "scalars.csv", 40);
  EXPECT_THAT(refusal(folder / "run", provenance()), HasSubstr("scalars.csv has 40 bytes"));
}

TEST(Resume, RefusesADamagedSave) {
  const test::Folder folder;
  train(folder / "run");
  std::fstream(folder / "run" / "latest.safetensors").seekp(400).put('\x7f');
  EXPECT_NE(refusal(folder / "run", provenance()), "");
}

TEST(Resume, RefusesTheStateOfAnotherTrainer) {
  class Longer final : public Trainer {
   public:
    std::string_view unit() const override { return "steps"; }
    std::int64_t steps() const override { return 0; }
    std::int64_t total_steps() const override { return kTotal; }
    Result<void> iterate(Scalars&) override { return success(); }
    inference::Checkpoint model() const override { return {}; }
    void archive(Archive& a) override { a(numbers_); }

   private:
    std::vector<double> numbers_;
  };
  const test::Folder folder;
  train(folder / "run");
  Longer other;
  const auto run = Run::resume(folder / "run", kSettings, provenance(), other, at(0));
  ASSERT_TRUE(run.has_error());
  EXPECT_EQ(run.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(run.error().context, HasSubstr("the trainer"));
}

TEST(Run, OnAFullDiskKeepsTheLastSaveWholeAndCanBeResumed) {
  const test::Folder folder;
  const std::string whole = train(folder / "whole");
  {
    RegressionTrainer trainer(1, kTotal);
    auto run = Run::begin(folder / "run", kSettings, provenance(), trainer, at(0)).value();
    while (run->iterations() < 7) ASSERT_TRUE(run->iterate(at(run->iterations())).has_value());
    // A checkpoint is larger than the rows, so the next interval is what fails.
    const test::FileSizeLimit limit(fs::file_size(folder / "run" / "latest.safetensors") - 1);
    Result<void> last = success();
    while (!run->done() && last) last = run->iterate(at(run->iterations()));
    ASSERT_TRUE(last.has_error());
    EXPECT_EQ(last.error().code, ErrorCode::Io);
    EXPECT_THAT(last.error().context, HasSubstr("File too large"));
    EXPECT_EQ(run->saved_steps(), 20);
  }
  RegressionTrainer trainer(1, kTotal);
  auto run = Run::resume(folder / "run", kSettings, provenance(), trainer, at(0)).value();
  EXPECT_EQ(run->iterations(), 5);
  while (!run->done()) ASSERT_TRUE(run->iterate(at(run->iterations())).has_value());
  EXPECT_EQ(run->finish().value(), whole);
}

TEST(Run, ThatCouldNotBeginCanBeBegunAgain) {
  const test::Folder folder;
  RegressionTrainer trainer(1, kTotal);
  {
    const test::FileSizeLimit limit(200);
    const auto run = Run::begin(folder / "run", kSettings, provenance(), trainer, at(0));
    ASSERT_TRUE(run.has_error());
    EXPECT_EQ(run.error().code, ErrorCode::Io);
  }
  const auto run = Run::begin(folder / "run", kSettings, provenance(), trainer, at(0));
  EXPECT_TRUE(run.has_value()) << run.error().context;
}

TEST(Run, KeepsTheLastGoodModelWhereNumbersBreak) {
  const test::Folder folder;
  RegressionTrainer trainer(1, kTotal);
  trainer.broken_from = 40;
  auto run = Run::begin(folder / "run", kSettings, provenance(), trainer, at(0)).value();
  Result<void> last = success();
  std::array<double, 2> good{};
  while (!run->done() && last) {
    good = trainer.weights();
    last = run->iterate(at(1));
  }
  ASSERT_TRUE(last.has_error());
  EXPECT_EQ(last.error().code, ErrorCode::Refused);
  EXPECT_THAT(last.error().context, HasSubstr("last-good.safetensors"));
  const auto kept = inference::load_checkpoint(folder / "run" / "last-good.safetensors").value();
  EXPECT_THAT(kept.tensors.front().doubles().value(), ElementsAre(good[0], good[1]));
}

TEST(Run, GoesOnWherePlotsCannotBeDrawnAndSaysSoOnce) {
  const test::Folder folder;
  RegressionTrainer trainer(1, kTotal);
  auto run = Run::begin(folder / "run", kSettings, provenance(), trainer, at(0)).value();
  fs::create_directories(folder / "run" / "curves.html.draft" / "in the way");
  int notes = 0;
  while (!run->done()) {
    ASSERT_TRUE(run->iterate(at(1)).has_value());
    if (const auto note = run->take_note()) {
      ++notes;
      EXPECT_THAT(*note, HasSubstr("curves.html"));
    }
  }
  EXPECT_EQ(notes, 1);
  EXPECT_TRUE(run->finish().has_value());
  EXPECT_TRUE(fs::exists(folder / "run" / "model.safetensors"));
}

TEST(Run, GoesOnWhereItsFiguresCannotBeReadForThePlotsAndSaysWhy) {
  const test::Folder folder;
  RegressionTrainer trainer(1, kTotal);
  auto run = Run::begin(folder / "run", kSettings, provenance(), trainer, at(0)).value();
  fs::rename(folder / "run" / "scalars.csv", folder / "away");  // It is open, and written to on.
  fs::create_directory(folder / "run" / "scalars.csv");
  std::optional<std::string> note;
  while (!run->done() && !note) {
    ASSERT_TRUE(run->iterate(at(1)).has_value());
    note = run->take_note();
  }
  ASSERT_TRUE(note.has_value());
  EXPECT_THAT(*note, HasSubstr("scalars.csv: Is a directory"));
}

TEST(Run, DrawsPlotsAgainOnlyWhenThereIsMoreToShow) {
  const test::Folder folder;
  RegressionTrainer trainer(1, 800);
  const RunSettings settings{.save_every = 1, .keep = 1};
  auto run = Run::begin(folder / "run", settings, provenance(), trainer, at(0)).value();
  const fs::path curves = folder / "run" / "curves.html";
  int drawn = 0;
  while (!run->done()) {
    ASSERT_TRUE(run->iterate(at(1)).has_value());
    if (fs::remove(curves)) ++drawn;
  }
  EXPECT_GE(drawn, 20);
  EXPECT_LE(drawn, 50);  // of 200 saves
  ASSERT_TRUE(run->finish().has_value());
  EXPECT_TRUE(fs::exists(curves));
}

TEST(Run, TellsOfACheckpointThatCannotBeDroppedThoughTheNextOneCan) {
  const test::Folder folder;
  RegressionTrainer trainer(1, kTotal);
  auto run = Run::begin(folder / "run", kSettings, provenance(), trainer, at(0)).value();
  while (run->iterations() < 14) ASSERT_TRUE(run->iterate(at(1)).has_value());
  fs::create_directories(folder / "run" / "checkpoints" / "step-900.safetensors" / "in the way");
  const auto third = run->iterate(at(1));
  ASSERT_TRUE(third.has_error());
  EXPECT_THAT(third.error().context, HasSubstr("step-900.safetensors"));
  EXPECT_THAT(
      checkpoints(folder / "run"),
      UnorderedElementsAre("step-40.safetensors", "step-60.safetensors", "step-900.safetensors"));
}

TEST(Resume, OfAFolderThatCannotBeLookedIntoIsAnError) {
  const test::Folder folder;
  RegressionTrainer trainer(1, kTotal);
  const auto run =
      Run::resume(folder / std::string(300, 'x'), kSettings, provenance(), trainer, at(0));
  ASSERT_TRUE(run.has_error());
  EXPECT_EQ(run.error().code, ErrorCode::Io);
}

RunSettings settings_of(int rank, int ranks) {
  RunSettings settings = kSettings;
  settings.rank = rank;
  settings.ranks = ranks;
  return settings;
}

/// A rank of a run of two that is ended without a word after `iterations`.
void train_rank(const fs::path& folder, int rank, std::int64_t iterations,
                std::optional<std::int64_t> from = std::nullopt) {
  RegressionTrainer trainer(1, kTotal);
  const RunSettings settings = settings_of(rank, 2);
  auto run = from ? Run::resume(folder, settings, provenance(), trainer, at(0), from)
                  : Run::begin(folder, settings, provenance(), trainer, at(0));
  ASSERT_TRUE(run.has_value()) << run.error().context;
  while (run.value()->iterations() < iterations)
    ASSERT_TRUE(run.value()->iterate(at(run.value()->iterations())).has_value());
}

std::vector<std::int64_t> saved(const fs::path& folder, int rank) {
  return Run::check_resume(folder, settings_of(rank, 2), provenance()).value();
}

TEST(Resume, ByAnotherNumberOfRanksIsRefusedWithBothNumbers) {
  const test::Folder folder;
  train_rank(folder / "run", 0, 5);
  for (const int ranks : {1, 3}) {
    RegressionTrainer trainer(1, kTotal);
    const auto run =
        Run::resume(folder / "run", settings_of(0, ranks), provenance(), trainer, at(0));
    ASSERT_TRUE(run.has_error());
    EXPECT_EQ(run.error().code, ErrorCode::Refused);
    EXPECT_THAT(run.error().context, HasSubstr("begun by 2 processes"));
    EXPECT_THAT(run.error().context, HasSubstr(fmt::format("one of {}", ranks)));
  }
}

TEST(Resume, OfARankByTheSaveOfAnotherIsRefused) {
  const test::Folder folder;
  train_rank(folder / "run", 0, 5);
  fs::copy(folder / "run" / "latest.safetensors", folder / "run" / "latest.rank-1.safetensors");
  const auto found = Run::check_resume(folder / "run", settings_of(1, 2), provenance());
  ASSERT_TRUE(found.has_error());
  EXPECT_THAT(found.error().context, HasSubstr("saved by rank 0, and this is rank 1"));
}

TEST(Resume, OfRanksThatWereEndedBetweenTheirSavesIsFromTheSaveThatBothHave) {
  const test::Folder folder;
  const std::string whole = train(folder / "whole");
  const fs::path run = folder / "run";
  train_rank(run, 0, 10);
  train_rank(run, 1, 9);
  EXPECT_THAT(saved(run, 0), ElementsAre(10, 5));
  EXPECT_THAT(saved(run, 1), ElementsAre(5, 0));
  // The same again: a save that only one has may not cost it the one that both have.
  train_rank(run, 0, 10, 5);
  train_rank(run, 1, 9, 5);
  EXPECT_THAT(saved(run, 0), ElementsAre(10, 5));
  EXPECT_THAT(saved(run, 1), ::testing::Contains(5));
  RegressionTrainer trainer(1, kTotal);
  auto first = Run::resume(run, settings_of(0, 2), provenance(), trainer, at(0), 5).value();
  EXPECT_EQ(first->iterations(), 5);
  while (!first->done()) ASSERT_TRUE(first->iterate(at(first->iterations())).has_value());
  EXPECT_EQ(first->finish().value(), whole);
  EXPECT_EQ(test::read_all(run / "scalars.csv"), test::read_all(folder / "whole" / "scalars.csv"));
}

TEST(Resume, OfARankThatWasEndedWithinASaveIsFromTheOneBefore) {
  const test::Folder folder;
  train_rank(folder / "run", 1, 10);
  fs::remove(folder / "run" / "latest.rank-1.safetensors");
  EXPECT_THAT(saved(folder / "run", 1), ElementsAre(5));
  RegressionTrainer trainer(1, kTotal);
  const auto begun = Run::begin(folder / "run", settings_of(1, 2), provenance(), trainer, at(0));
  ASSERT_TRUE(begun.has_error());
  EXPECT_EQ(begun.error().code, ErrorCode::Refused);
  train_rank(folder / "run", 1, 10, 5);
}

TEST(Run, CheckedBeforeItBeginsWritesNothing) {
  const test::Folder folder;
  EXPECT_TRUE(Run::check_begin(folder / "run", kSettings).has_value());
  EXPECT_FALSE(fs::exists(folder / "run"));
  train(folder / "run");
  const auto again = Run::check_begin(folder / "run", kSettings);
  ASSERT_TRUE(again.has_error());
  EXPECT_EQ(again.error().code, ErrorCode::Refused);
}

}  // namespace
}  // namespace proteus::runs
