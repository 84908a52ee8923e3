// bench_memory [--tiny] [--seeds N] [--steps N] [--train-to DATE] [--until DATE] [--funding FOLDER]
// [FILE.csv.gz ...]: RL² against memoryless PPO with the same budget. Files are klines, named as
// EXCHANGE-MARKET_SYMBOL_INTERVAL: training to --train-to, the test from two days behind it until
// --until. Without files the markets are generated, and the test's are other ones.
#include <charconv>
#include <cstdio>
#include <string_view>

#include "tests/bench/memory/compare.hpp"
#include "tools/app/verify/learner.hpp"

namespace {

bool read_number(std::string_view text, std::int64_t& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size() && out > 0;
}

bool read_arguments(int argc, char** argv, proteus::bench::MemoryBench& bench) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--tiny") {
      bench = {.seeds = 2,
               .steps = 2'400,
               .environments = 4,
               .hidden = 8,
               .bars = 900,
               .episode_bars = 50,
               .draws = 100};
    } else if (word == "--seeds" && more) {
      if (!read_number(argv[++i], bench.seeds)) return false;
    } else if (word == "--steps" && more) {
      if (!read_number(argv[++i], bench.steps)) return false;
    } else if (word == "--train-to" && more) {
      bench.train_to = argv[++i];
    } else if (word == "--until" && more) {
      bench.until = argv[++i];
    } else if (word == "--funding" && more) {
      bench.funding = argv[++i];
    } else if (!word.starts_with("--")) {
      bench.klines.emplace_back(word);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  proteus::app::verify::ensure_learning_environment();
  proteus::app::verify::keep_memory();
  proteus::bench::MemoryBench bench;
  if (!read_arguments(argc, argv, bench)) {
    std::fputs(
        "usage: bench_memory [--tiny] [--seeds N] [--steps N] [--train-to DATE] [--until DATE]\n"
        "                    [--funding FOLDER] [FILE.csv.gz ...]\n",
        stderr);
    return 2;
  }
  if (const auto done = proteus::bench::print_comparison(bench); done.has_error()) {
    std::fprintf(stderr, "bench_memory: %s\n", done.error().context.c_str());
    return 1;
  }
  return 0;
}
