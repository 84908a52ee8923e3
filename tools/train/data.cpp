#include "tools/train/data.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

#include "connectors/klines/file_name.hpp"
#include "connectors/klines/funding_reader.hpp"
#include "connectors/sim/file_source.hpp"
#include "engine/core/binary.hpp"
#include "models/training/synthetic.hpp"
#include "tools/app/kline_inputs.hpp"

namespace proteus::app::train {
namespace {

namespace fs = std::filesystem;

class Fnv {
 public:
  void add(std::string_view bytes) {
    for (const char c : bytes) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  /// A value of the binary form.
  template <class T>
  void add_value(const T& value) {
    buffer_.clear();
    std::byte* const at = buffer_.extend(binary::encoded_size(value));
    binary::encode(value, at);
    add({reinterpret_cast<const char*>(buffer_.data()), buffer_.size()});
  }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
  ByteBuffer buffer_;
};

std::string range_of(std::span<const Bar> bars) {
  return fmt::format("{} to {}", format_time(bars.front().open_time),
                     format_time(bars.back().close_time));
}
std::string text_of(const training::Period& period) {
  return fmt::format("{} to {}", period.from ? format_time(*period.from) : "the first bar",
                     period.to ? format_time(*period.to) : "the last");
}

bool meets(std::span<const Bar> bars, const training::Period& period) {
  return (!period.to || bars.front().close_time <= *period.to) &&
         (!period.from || bars.back().open_time >= *period.from);
}
bool is_set(const training::Period& period) { return period.from || period.to; }

/// After the last period nothing is read: what is kept back for a test stays unseen.
std::optional<Timestamp> end_of(const Periods& periods) {
  return is_set(periods.validation) ? periods.validation.to : periods.training.to;
}

/// All bars of one file that close by `end`, and what its instrument is.
struct FileBars {
  std::string name;
  Instrument instrument;
  Interval interval = Interval::H1;
  std::vector<Bar> bars;
  std::vector<training::FundingPoint> funding;
};

Result<FileBars> read_file(const sim::KlineInput& input, std::vector<std::string>& notes) {
  BOOST_OUTCOME_TRY(auto source, sim::FileSource::open({input}));
  notes.insert(notes.end(), source.notes().begin(), source.notes().end());
  FileBars file{
      input.klines.filename().string(), source.instruments()[0], source.base_interval(), {}, {}};
  for (Timestamp open = source.first(); open < *source.end(); open = next_open(open, file.interval))
    if (const auto bar = source.bar(file.instrument.id, open)) file.bars.push_back(*bar);
  if (!input.funding) return file;
  BOOST_OUTCOME_TRY(const auto rates, klines::read_funding(*input.funding));
  for (const auto& rate : rates) file.funding.push_back({rate.time, rate.rate_e9});
  return file;
}

/// Names in `folder` that `pattern` chooses, sorted.
Result<std::vector<std::string>> files_in(const fs::path& folder, const std::string& pattern) {
  std::vector<std::string> files;
  std::error_code failed;
  fs::directory_iterator entry(folder, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    const fs::path& path = entry->path();
    if (::fnmatch(pattern.c_str(), path.filename().c_str(), 0) != 0) continue;
    std::error_code unknown;
    if (entry->is_regular_file(unknown)) files.push_back(path.string());
    if (unknown)
      return error(ErrorCode::Io, fmt::format("data.folder: cannot tell what {} is: {}",
                                              path.string(), unknown.message()));
  }
  if (failed)
    return error(ErrorCode::NotFound,
                 fmt::format("data.folder: cannot read {}: {}", folder.string(), failed.message()));
  if (files.empty())
    return error(
        ErrorCode::NotFound,
        fmt::format("data.pattern: no file in {} is named like \"{}\"", folder.string(), pattern));
  std::ranges::sort(files);
  return files;
}

/// "switching@linear:BTCUSDT" as its kind and its instrument; without an "@" there is none.
std::pair<std::string_view, std::string_view> kind_of(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

class Loader {
 public:
  Loader(const DataSettings& settings, const Periods& periods)
      : settings_(settings), periods_(periods) {
    loaded_.data.training = periods.training;
    loaded_.data.validation = periods.validation;
  }

  /// `chosen`: by a pattern; a file that has nothing in the periods is then left out.
  Result<void> add_files(const std::vector<std::string>& files, bool chosen) {
    BOOST_OUTCOME_TRY(const auto inputs, kline_inputs(files, settings_.funding_folder));
    for (const sim::KlineInput& input : inputs) {
      BOOST_OUTCOME_TRY(add_file(input, chosen));
    }
    return success();
  }

  /// Of all files at once: features of the whole market see every series.
  Result<void> make_series() {
    BOOST_OUTCOME_TRY(auto made, training::Series::create_all(std::exchange(sources_, {})));
    for (auto& series : made) keep(std::move(series));
    return success();
  }

  Result<void> add_synthetic(const std::string& text) {
    const auto& names = EnumNames<training::SyntheticKind>::names;
    const auto [kind, instrument] = kind_of(text);
    training::SyntheticSettings synthetic;
    synthetic.kind =
        static_cast<training::SyntheticKind>(std::ranges::find(names, kind) - names.begin());
    synthetic.instrument =
        instrument.empty() ? settings_.synthetic_instrument : std::string(instrument);
    synthetic.interval = settings_.synthetic_interval;
    synthetic.bars = static_cast<std::size_t>(settings_.synthetic_bars);
    synthetic.features = settings_.features;
    for (std::int64_t i = 0; i < settings_.synthetic_seeds; ++i) {
      const auto seed = static_cast<std::uint64_t>(settings_.synthetic_seed + i);
      BOOST_OUTCOME_TRY(auto series, training::synthetic_series(synthetic, seed));
      keep(std::move(series));
    }
    return success();
  }

  Result<Loaded> take() {
    if (loaded_.data.series.empty())
      return error(ErrorCode::NotFound,
                   fmt::format("nothing is left to train on: {}", fmt::join(loaded_.notes, "; ")));
    for (const auto& [period, what] :
         {std::pair{periods_.training, "training"}, {periods_.validation, "validation"}}) {
      const auto inside = [&](const auto& series) { return meets(series->bars(), period); };
      if (std::ranges::none_of(loaded_.data.series, inside))
        return error(ErrorCode::NotFound,
                     fmt::format("no series has a bar in the period of {}, {}; they go from {}",
                                 what, text_of(period), extent()));
    }
    return std::move(loaded_);
  }

 private:
  Result<void> add_file(const sim::KlineInput& input, bool chosen) {
    BOOST_OUTCOME_TRY(FileBars file, read_file(input, loaded_.notes));
    const std::string range = range_of(file.bars);
    if (const auto end = end_of(periods_))
      std::erase_if(file.bars, [&](const Bar& bar) { return bar.close_time > *end; });
    if (file.bars.empty() ||
        !(meets(file.bars, periods_.training) ||
          (is_set(periods_.validation) && meets(file.bars, periods_.validation))))
      return unfit(ErrorCode::NotFound, none_inside(input.klines.string(), range), chosen);
    return add_stretches(std::move(file), input.klines.string(), chosen);
  }

  [[nodiscard]] std::string none_inside(const std::string& file, const std::string& range) const {
    std::string what =
        fmt::format("{}: its bars go from {}, and none lies in the period of training, {}", file,
                    range, text_of(periods_.training));
    if (is_set(periods_.validation))
      what += fmt::format(", or of validation, {}", text_of(periods_.validation));
    return what;
  }

  /// A file that nothing can be learned from: an error, or left out where a pattern chose it.
  Result<void> unfit(ErrorCode code, const std::string& what, bool chosen) {
    if (!chosen) return error(code, what);
    loaded_.notes.push_back(what + "; left out");
    return success();
  }

  Result<void> add_stretches(FileBars file, const std::string& path, bool chosen) {
    const auto stretches = training::contiguous_runs(file.bars, settings_.gap_max);
    const auto longest = *std::ranges::max_element(
        stretches, {}, [](std::span<const Bar> bars) { return bars.size(); });
    const auto least = static_cast<std::size_t>(settings_.bars_min);
    if (longest.size() < least)
      return unfit(
          ErrorCode::Malformed,
          fmt::format("{}: {} bars from {} with {} holes; the longest stretch without one "
                      "has {} bars ({}), and data.bars_min asks for {}; where the market closes "
                      "in between (a stock over the weekend), set data.gap_max to the "
                      "longest time that it does",
                      path, file.bars.size(), range_of(file.bars), stretches.size() - 1,
                      longest.size(), range_of(longest), least),
          chosen);
    std::size_t left_out = 0;
    for (const std::span<const Bar> bars : stretches) {
      if (bars.size() < least) {
        left_out += bars.size();
        continue;
      }
      training::SeriesSource source{
          .name = stretches.size() == 1
                      ? file.name
                      : fmt::format("{} from {}", file.name, format_time(bars.front().open_time)),
          .instrument = file.instrument,
          .interval = file.interval,
          .bars = {bars.begin(), bars.end()},
          .funding = file.funding,
          .features = settings_.features,
          .gap_max = settings_.gap_max};
      sources_.push_back(std::move(source));
    }
    if (stretches.size() > 1)
      loaded_.notes.push_back(
          fmt::format("{}: {} holes; {} of {} bars lie in stretches shorter than data.bars_min and "
                      "are left out",
                      file.name, stretches.size() - 1, left_out, file.bars.size()));
    return success();
  }

  void keep(std::shared_ptr<const training::Series> series) {
    loaded_.data.hashes.push_back({series->name(), series_hash(*series)});
    loaded_.data.series.push_back(std::move(series));
  }

  [[nodiscard]] std::string extent() const {
    Timestamp first = Timestamp::max();
    Timestamp last = Timestamp::min();
    for (const auto& series : loaded_.data.series) {
      first = std::min(first, series->bars().front().open_time);
      last = std::max(last, series->bars().back().close_time);
    }
    return fmt::format("{} to {}", format_time(first), format_time(last));
  }

  const DataSettings& settings_;
  const Periods& periods_;
  std::vector<training::SeriesSource> sources_;
  Loaded loaded_;
};

std::optional<Timestamp> read_time(const char* key, const std::string& text,
                                   config::Reader& reader) {
  if (text.empty()) return std::nullopt;
  if (const auto time = parse_time(text)) return time.value();
  reader.reject("data", key, "is no UTC time: write it as 2025-06-01 or 2025-06-01T00:00:00Z");
  return std::nullopt;
}

}  // namespace

Periods read_periods(const DataSettings& s, config::Reader& reader) {
  Periods periods{{read_time("from", s.from, reader), read_time("to", s.to, reader)},
                  {read_time("validation_from", s.validation_from, reader),
                   read_time("validation_to", s.validation_to, reader)}};
  auto& [training, validation] = periods;
  if (training.from && training.to && *training.from >= *training.to)
    reader.reject("data", "to", "is not after data.from");
  if (s.validation_from.empty() && !s.validation_to.empty())
    reader.reject("data", "validation_to", "needs data.validation_from");
  if (!validation.from) return periods;
  if (validation.to && *validation.from >= *validation.to)
    reader.reject("data", "validation_to", "is not after data.validation_from");
  const Timestamp last = *validation.from - s.embargo;
  if (training.to && *training.to > last)
    reader.reject("data", "to",
                  fmt::format("is after {}, where data.embargo before data.validation_from begins",
                              format_time(last)));
  if (training.from && *training.from >= last)
    reader.reject("data", "validation_from",
                  "leaves no training before it: with data.embargo it has to be after data.from");
  if (!training.to) training.to = last;
  return periods;
}

void check_synthetic(std::string_view section, const DataSettings& s, config::Reader& reader) {
  const auto& names = EnumNames<training::SyntheticKind>::names;
  for (const std::string& text : s.synthetic) {
    const auto [kind, instrument] = kind_of(text);
    if (std::ranges::find(names, kind) == names.end())
      reader.reject(section, "synthetic",
                    fmt::format("\"{}\" is no kind of market, write one of {}", kind,
                                fmt::join(names, ", ")));
    if (kind == text) continue;
    if (const auto named = parse_instrument_name(instrument); named.has_error())
      reader.reject(section, "synthetic", named.error().context);
  }
  if (const auto named = parse_instrument_name(s.synthetic_instrument); named.has_error())
    reader.reject(section, "synthetic_instrument", named.error().context);
}

void check_data(const DataSettings& s, config::Reader& reader) {
  if (s.files.empty() && s.folder.empty() && s.synthetic.empty())
    reader.reject("data", "files",
                  "is empty, and so are data.folder and data.synthetic: there is nothing to train "
                  "on");
  check_synthetic("data", s, reader);
}

Result<Loaded> load_data(const DataSettings& settings, const Periods& periods) {
  Loader loader(settings, periods);
  BOOST_OUTCOME_TRY(loader.add_files(settings.files, false));
  if (!settings.folder.empty()) {
    BOOST_OUTCOME_TRY(const auto files, files_in(settings.folder, settings.pattern));
    BOOST_OUTCOME_TRY(loader.add_files(files, true));
  }
  BOOST_OUTCOME_TRY(loader.make_series());
  for (const std::string& kind : settings.synthetic) {
    BOOST_OUTCOME_TRY(loader.add_synthetic(kind));
  }
  return loader.take();
}

std::uint64_t series_hash(const training::Series& series) {
  Fnv fnv;
  fnv.add_value(series.instrument());
  fnv.add_value(series.interval());
  fnv.add(series.schema().canonical_text());
  for (std::size_t i = 0; i < series.size(); ++i) {
    fnv.add_value(series.bars()[i]);
    for (const auto& due : series.settlements(i)) {
      fnv.add_value(due.time);
      fnv.add_value(due.known);
      fnv.add_value(due.rate_e9);
    }
  }
  return fnv.hash();
}

}  // namespace proteus::app::train
