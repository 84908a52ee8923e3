// bench_maml [--tiny] [--seed N] [--iterations N] [--markets | --scratch] [--until DATE]
// [FILE.csv.gz ...]: what the methods of models/maml are worth beside one another. Files are klines
// to trade on, named as EXCHANGE-MARKET_SYMBOL_INTERVAL, of which no bar after --until is read;
// without them the markets are synthetic. --markets and --scratch print one table alone.
#include <charconv>
#include <cstdio>
#include <string_view>

#include "tests/bench/maml/tables.hpp"

namespace {

template <class T>
bool read_number(std::string_view text, T& out) {
  return std::from_chars(text.data(), text.data() + text.size(), out).ptr ==
         text.data() + text.size();
}

bool read_arguments(int argc, char** argv, proteus::bench::MamlBench& bench) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--tiny") {
      bench = {.iterations = 20, .held_out = 3, .market_steps = 20, .market_seeds = 2, .bars = 400};
    } else if (word == "--seed" && i + 1 < argc) {
      if (!read_number(argv[++i], bench.seed)) return false;
    } else if (word == "--iterations" && i + 1 < argc) {
      if (!read_number(argv[++i], bench.iterations) || bench.iterations < 1) return false;
    } else if (word == "--until" && i + 1 < argc) {
      const auto until = proteus::parse_time(argv[++i]);
      if (!until) return false;
      bench.until = until.value();
    } else if (word == "--markets") {
      bench.markets_alone = true;
    } else if (word == "--scratch") {
      bench.scratch_alone = true;
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
  proteus::bench::MamlBench bench;
  if (!read_arguments(argc, argv, bench)) {
    std::fputs(
        "usage: bench_maml [--tiny] [--seed N] [--iterations N] [--markets | --scratch] [--until "
        "DATE]\n"
        "                  [FILE.csv.gz ...]\n",
        stderr);
    return 2;
  }
  for (const auto print : {proteus::bench::print_methods, proteus::bench::print_steps_to_equal_loss,
                           proteus::bench::print_gain_on_markets}) {
    const bool markets = print == proteus::bench::print_gain_on_markets;
    const bool scratch = print == proteus::bench::print_steps_to_equal_loss;
    if ((bench.markets_alone && !markets) || (bench.scratch_alone && !scratch)) continue;
    if (const auto done = print(bench); done.has_error()) {
      std::fprintf(stderr, "bench_maml: %s\n", done.error().context.c_str());
      return 1;
    }
  }
  return 0;
}
