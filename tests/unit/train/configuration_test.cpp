#include "tools/train/configuration.hpp"

#include "tests/unit/train/support.hpp"

namespace proteus::app::train {
namespace {

using test::complaint;
using test::Folder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kFine = "[train]\nmodel = \"maml_forecast\"\n[data]\nsynthetic = [\"bull\"]\n";

TEST(TrainingSettings, NeedAModelAndData) {
  EXPECT_EQ(complaint(kFine), "");
  EXPECT_THAT(complaint("[train]\nmodel = \"maml_forecast\"\n"),
              HasSubstr("data.files: is empty, and so are data.folder and data.synthetic"));
}

TEST(TrainingSettings, MistakesAreNamedWithLineAndKey) {
  const std::string wrong = complaint(kFine +
                                      "bars_mn = 3\n"
                                      "[maml]\ninner_steps = 0\n"
                                      "[tasks]\nhorizon = \"long\"\n"
                                      "[ppo]\nclip = 0.2\n");
  EXPECT_THAT(wrong, AllOf(HasSubstr("train.toml:5: data.bars_mn: unknown key, did you mean"),
                           HasSubstr("train.toml:7: maml.inner_steps"),
                           HasSubstr("train.toml:9: tasks.horizon"), HasSubstr("train.toml:10: ")));
}

TEST(TrainingSettings, AModelThatIsNoneGetsTheListOfThem) {
  const std::string wrong = complaint("[train]\nmodel = \"rl3\"\n[data]\nsynthetic = [\"bull\"]\n");
  EXPECT_THAT(wrong, AllOf(HasSubstr("train.toml:2: train.model"), HasSubstr("\"rl3\" is no model"),
                           HasSubstr("maml_policy")));
}

TEST(TrainingSettings, AModelOfLibTorchSaysWhatItNeeds) {
  EXPECT_THAT(complaint(kFine, {"train.model=rl2"}), HasSubstr("needs LibTorch"));
}

TEST(TrainingSettings, OverridesGoBeforeTheFile) {
  const Folder folder;
  std::ofstream(folder / "train.toml") << kFine;
  const auto made =
      read_configuration(folder / "train.toml", {"train.steps=12", "train.name=x"}, maml_models());
  ASSERT_TRUE(made.has_value()) << made.error().context;
  EXPECT_EQ(made.value().train.name, "x");
  EXPECT_THAT(made.value().resolved, HasSubstr("steps = 12"));
}

TEST(TrainingSettings, ReadFromWhatTheyResolvedToAreTheSame) {
  const Folder folder;
  std::ofstream(folder / "train.toml") << kFine;
  for (const char* model : {"maml_forecast", "maml_policy"}) {
    const auto first = read_configuration(folder / "train.toml",
                                          {"train.model=" + std::string(model)}, maml_models());
    ASSERT_TRUE(first.has_value()) << first.error().context;
    std::ofstream(folder / "again.toml") << first.value().resolved;
    const auto again = read_configuration(folder / "again.toml", {}, maml_models());
    ASSERT_TRUE(again.has_value()) << again.error().context;
    EXPECT_EQ(again.value().resolved, first.value().resolved);
    EXPECT_EQ(again.value().hash, first.value().hash);
  }
}

TEST(TrainingSettings, OfTheEnginesSizingReachThePolicyThatAdapts) {
  const Folder folder;
  std::ofstream(folder / "train.toml")
      << "[train]\nmodel = \"maml_policy\"\n[data]\nsynthetic = [\"bull\"]\n"
         "features = \"chapter\"\nsynthetic_bars = 1000\n[env]\nsizing = \"engine\"\n"
         "[risk.sizing]\nshares = [\"linear:ETHUSDT=0.3\"]\n"
         "[risk.limits]\ngross_max = 0.5\n";
  auto made = read_configuration(folder / "train.toml", {}, maml_models());
  ASSERT_TRUE(made.has_value()) << made.error().context;
  const auto loaded = load_data(made.value().data, made.value().periods).value();
  const auto trainer = made.value().recipe->make(loaded.data, 1).value();
  runs::Scalars figures;
  const auto step = trainer->iterate(figures);
  ASSERT_TRUE(step.has_error());  // The market's instrument has no share.
  EXPECT_THAT(step.error().context, HasSubstr("linear:SIM000USDT"));
}

TEST(TrainingSettings, ANameThatIsNoFolderIsRefused) {
  EXPECT_THAT(complaint(kFine, {"train.name=../x"}), HasSubstr("train.name"));
}

/// The periods of a file with these keys, or what is wrong with them.
struct Read {
  Periods periods;
  std::string wrong;
};
Read periods(const std::string& keys) {
  auto reader = config::Reader::from_text("[data]\n" + keys, "train.toml");
  DataSettings data;
  reader.section("data", data);
  Read read{read_periods(data, reader), ""};
  const auto finished = reader.finish();
  if (finished.has_error()) read.wrong = finished.error().context;
  return read;
}

TEST(Periods, TrainingEndsTheEmbargoBeforeValidation) {
  const Read read = periods("validation_from = \"2025-03-01\"\nembargo = \"2d\"\n");
  EXPECT_EQ(read.wrong, "");
  EXPECT_FALSE(read.periods.training.from);
  EXPECT_EQ(format_time(*read.periods.training.to), "2025-02-27T00:00:00.000Z");
  EXPECT_EQ(format_time(*read.periods.validation.from), "2025-03-01T00:00:00.000Z");
}

TEST(Periods, ThatOverlapAreRefused) {
  EXPECT_THAT(periods("to = \"2025-03-02\"\nvalidation_from = \"2025-03-01\"\n").wrong,
              StartsWith("train.toml:2: data.to"));
  // One day apart, and two days of embargo.
  EXPECT_THAT(
      periods("to = \"2025-03-01\"\nvalidation_from = \"2025-03-02\"\nembargo = \"2d\"\n").wrong,
      HasSubstr("2025-02-28T00:00:00.000Z"));
  EXPECT_EQ(
      periods("to = \"2025-02-28\"\nvalidation_from = \"2025-03-02\"\nembargo = \"2d\"\n").wrong,
      "");
}

TEST(Periods, ThatEndBeforeTheyBeginAreRefused) {
  EXPECT_THAT(periods("from = \"2025-03-01\"\nto = \"2025-03-01\"\n").wrong, HasSubstr("data.to"));
  EXPECT_THAT(periods("validation_from = \"2025-03-01\"\nvalidation_to = \"2025-02-01\"\n").wrong,
              HasSubstr("data.validation_to"));
  EXPECT_THAT(periods("from = \"2025-03-01\"\nvalidation_from = \"2025-02-01\"\n").wrong,
              HasSubstr("data.validation_from"));
  EXPECT_THAT(periods("validation_to = \"2025-02-01\"\n").wrong, HasSubstr("data.validation_to"));
  EXPECT_THAT(periods("from = \"soon\"\n").wrong, StartsWith("train.toml:2: data.from"));
}

TEST(TrainingFile, ThatComesWithTheProgramIsFine) {
  const char* root = std::getenv("PROTEUS_SOURCE_DIR");
  const auto made = read_configuration(
      std::filesystem::path(root == nullptr ? "." : root) / "config/train_maml.toml", {},
      maml_models());
  EXPECT_TRUE(made.has_value()) << made.error().context;
}

}  // namespace
}  // namespace proteus::app::train
