#include "tools/train/test.hpp"

#include <cmath>

#include "tests/unit/train/support.hpp"

namespace proteus::app::train {
namespace {

using test::complaint;
using test::Folder;
using ::testing::HasSubstr;

const std::string kTraining =
    "[train]\nmodel = \"maml_forecast\"\n[data]\nsynthetic = [\"switching\"]\n"
    "synthetic_bars = 900\nfeatures = \"chapter\"\n";

Result<Configuration> read(const std::string& more) {
  const Folder folder;
  std::ofstream(folder / "train.toml") << kTraining << more;
  return read_configuration(folder / "train.toml", {}, maml_models());
}

/// What loading the test says of it; empty: it was loaded.
std::string load(const std::string& more) {
  const auto made = read(more);
  if (made.has_error()) return made.error().context;
  const auto loaded = load_data(made.value().data, made.value().periods).value();
  const auto test = load_test(made.value(), loaded.data);
  return test.has_value() ? "" : test.error().context;
}

TEST(TestAfterTraining, IsMadeOnlyWhereItIsAskedFor) {
  EXPECT_FALSE(read("").value().test_period.has_value());
  EXPECT_TRUE(read("to = \"2025-01-20\"\n[test.data]\nfrom = \"2025-01-21\"\n")
                  .value()
                  .test_period.has_value());
  const auto other = read("[test.data]\nsynthetic = [\"bull\"]\n");
  ASSERT_TRUE(other.value().test_period.has_value());
  EXPECT_EQ(other.value().test_data.features, features::Kind::Chapter);
  EXPECT_EQ(other.value().test_data.synthetic_bars, 900);
}

TEST(TestAfterTraining, OfTheSameMarketsBeginsBehindTraining) {
  EXPECT_THAT(complaint(kTraining + "[test.data]\nfrom = \"2025-01-21\"\n"),
              HasSubstr("test.data.from"));
  EXPECT_THAT(complaint(kTraining + "to = \"2025-01-20\"\n[test.data]\nfrom = \"2025-01-19\"\n"),
              HasSubstr("2025-01-20"));
  EXPECT_THAT(
      complaint(kTraining + "to = \"2025-01-10\"\nvalidation_from = \"2025-01-11\"\n"
                            "validation_to = \"2025-01-20\"\n[test.data]\nfrom = \"2025-01-15\"\n"),
      HasSubstr("2025-01-20"));
  EXPECT_THAT(complaint(kTraining + "to = \"2025-01-20\"\n[test.data]\nto = \"2025-01-21\"\n"),
              HasSubstr("test.data.from"));
  EXPECT_EQ(load("to = \"2025-01-20\"\n[test.data]\nfrom = \"2025-01-20\"\n"), "");
}

TEST(TestAfterTraining, RefusesAMarketThatTrainingSees) {
  EXPECT_THAT(load("[test.data]\nsynthetic = [\"switching\"]\n"), HasSubstr("switching of seed 1"));
  EXPECT_EQ(load("[test.data]\nsynthetic = [\"switching\"]\nsynthetic_seed = 2\n"), "");
  EXPECT_EQ(load("[test.data]\nsynthetic = [\"switching@linear:BTCUSDT\"]\n"), "");
}

TEST(TestAfterTraining, NamesWhatItsMarketsHaveWrong) {
  EXPECT_THAT(complaint(kTraining + "[test.data]\nsynthetic = [\"bul\"]\n"),
              HasSubstr("test.data.synthetic: \"bul\" is no kind of market"));
  EXPECT_THAT(complaint(kTraining + "[test.data]\nsynthetic = [\"bull@BTC\"]\n"),
              HasSubstr("test.data.synthetic"));
  EXPECT_THAT(complaint(kTraining + "[test.data]\nsynthetic = [\"bull\"]\nfeatures = \"none\"\n"),
              HasSubstr("test.data.features"));
  EXPECT_THAT(complaint(kTraining +
                        "[test.data]\nsynthetic = [\"bull\"]\nvalidation_from = \"2025-02-01\"\n"),
              HasSubstr("test.data.validation_from"));
  EXPECT_THAT(complaint(kTraining + "[test.data]\nsynthetic = [\"bull\"]\nfrom = \"soon\"\n"),
              HasSubstr("is no UTC time"));
}

TEST(GeneratedMarkets, OfOneSeedAndOtherInstrumentsMoveTogetherButNotAlike) {
  const auto made = read(
      "[test.data]\nsynthetic = [\"switching@linear:BTCUSDT\", "
      "\"switching@linear:ETHUSDT\"]\n");
  const auto loaded = load_data(made.value().data, made.value().periods).value();
  const auto test = load_test(made.value(), loaded.data).value();
  ASSERT_EQ(test.series.size(), 2U);
  EXPECT_EQ(test.series[0]->name(), "switching@linear:BTCUSDT of seed 1");
  double both = 0.0;
  double one = 0.0;
  double other = 0.0;
  for (std::size_t t = 1; t < test.series[0]->size(); ++t) {
    const auto move = [&](std::size_t s) {
      const auto bars = test.series[s]->bars();
      return bars[t].close.to_double() / bars[t - 1].close.to_double() - 1.0;
    };
    both += move(0) * move(1);
    one += move(0) * move(0);
    other += move(1) * move(1);
  }
  const double correlation = both / std::sqrt(one * other);
  EXPECT_GT(correlation, 0.2);
  EXPECT_LT(correlation, 0.98);
}

}  // namespace
}  // namespace proteus::app::train
