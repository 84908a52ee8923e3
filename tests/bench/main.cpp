// bench_proteus: the figures of docs/reference/benchmarks.md. It fails when something allocates
// that must not, or when two runs that must agree do not; never because it took long.
//
//   bench_proteus [--only decode|features|training|engine|log|heap] [--rounds N] [--bars N]
//   [--tiny]
//                 [--json] [--folder DIR]
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "tests/bench/measure.hpp"

namespace {

using namespace proteus::bench;

struct Options {
  Size size;
  std::string only;
  bool json = false;
  std::filesystem::path folder = std::filesystem::temp_directory_path();
};

std::optional<int> positive(std::string_view text) {
  int value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || value < 1) return std::nullopt;
  return value;
}

/// Nothing: the arguments are not understood.
std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--json") {
      options.json = true;
    } else if (name == "--tiny") {
      options.size = {.rounds = 3, .frames = 50, .bars = 4'000, .logged = 1'000, .tiny = true};
    } else if (i + 1 == argc) {
      return std::nullopt;
    } else if (name == "--only") {
      options.only = argv[++i];
    } else if (name == "--folder") {
      options.folder = argv[++i];
    } else if (name == "--rounds" || name == "--bars") {
      const auto value = positive(argv[++i]);
      if (!value) return std::nullopt;
      (name == "--bars" ? options.size.bars : options.size.rounds) = *value;
      if (name == "--bars") options.size.logged = *value;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse(argc, argv);
  if (!options) {
    fmt::print(
        stderr,
        "usage: bench_proteus [--only decode|features|training|engine|log|heap] [--rounds N] "
        "[--bars N] [--tiny] [--json] [--folder DIR]\n");
    return 2;
  }
  const std::filesystem::path folder =
      options->folder / fmt::format("bench_proteus.{}", static_cast<long>(::getpid()));
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    fmt::print(stderr, "cannot make {}: {}\n", folder.string(), failed.message());
    return 1;
  }
  Report report;
  const auto wanted = [&](std::string_view part) {
    return options->only.empty() || options->only == part;
  };
  if (wanted("decode")) measure_codec(options->size, report);
  if (wanted("features")) measure_features(options->size, report);
  if (wanted("training")) measure_training(options->size, report);
  if (wanted("engine")) measure_engine(options->size, report);
  if (wanted("log")) measure_log(options->size, folder.string(), report);
  if (wanted("heap")) measure_heap(options->size, folder.string(), report);
  std::filesystem::remove_all(folder, failed);
  options->json ? print_json(report) : print_text(report);
  return report.broken.empty() ? 0 : 1;
}
