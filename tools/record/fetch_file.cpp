#include "tools/record/fetch_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <sstream>

#include "connectors/klines/line_reader.hpp"
#include "connectors/storage/file.hpp"

namespace proteus::app::record {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kCopyBytes = std::size_t{1} << 20U;

fs::path with_ending(const fs::path& stem, std::string_view ending) {
  return stem.string() + std::string(ending);
}

struct Progress {
  Timestamp from{}, next{};
  std::uint64_t bytes = 0;
};
/// Nothing: there is none, or it is of another program.
std::optional<Progress> read_progress(const fs::path& path) {
  const auto text = storage::read_file(path);
  if (!text) return std::nullopt;
  std::istringstream in(text.value());
  std::int64_t from = 0, next = 0;
  std::uint64_t bytes = 0;
  if (!(in >> from >> next >> bytes)) return std::nullopt;
  return Progress{from_unix_ms(from), from_unix_ms(next), bytes};
}

}  // namespace

Result<FetchFile> FetchFile::open(
    const fs::path& stem, std::string header, Timestamp from,
    const std::function<Result<std::optional<FileSpan>>(const fs::path&)>& check) {
  FetchFile file;
  file.stem_ = stem;
  file.from_ = file.next_ = from;
  for (const std::string_view ending : {".csv.gz", ".csv.zst", ".csv"}) {
    const fs::path path = with_ending(stem, ending);
    std::error_code ignored;
    if (file.replaced_ || !fs::exists(path, ignored)) continue;
    file.replaced_ = path;
    BOOST_OUTCOME_TRY(file.earlier_, check(path));
  }
  const fs::path part = with_ending(stem, ".csv.part");
  std::error_code ignored;
  const auto progress = read_progress(with_ending(stem, ".csv.progress"));
  if (progress && progress->from == from && fs::exists(part, ignored) &&
      fs::file_size(part, ignored) >= progress->bytes) {
    // What is behind the last progress was not told of: it is asked for again.
    fs::resize_file(part, progress->bytes, ignored);
    file.next_ = progress->next;
    file.bytes_ = progress->bytes;
    if (file.earlier_ && file.next_ > file.earlier_->last) file.earlier_.reset();
    return file;
  }
  fs::remove(part, ignored);
  BOOST_OUTCOME_TRY(file.write(header + "\n", from));
  return file;
}

Result<void> FetchFile::write(std::string_view text, Timestamp next) {
  const fs::path part = with_ending(stem_, ".csv.part");
  BOOST_OUTCOME_TRY(const storage::Descriptor out,
                    storage::open_file(part, O_WRONLY | O_CREAT | O_APPEND));
  BOOST_OUTCOME_TRY(storage::write_all(out, text, part));
  bytes_ += text.size();
  next_ = next;
  return success();
}

Result<void> FetchFile::append(const std::vector<FetchRow>& rows, Timestamp next) {
  std::string text;
  for (const FetchRow& row : rows) {
    text += row.text;
    text += '\n';
  }
  BOOST_OUTCOME_TRY(write(text, next));
  return storage::write_file(
      with_ending(stem_, ".csv.progress"),
      fmt::format("{} {} {}\n", to_unix_ms(from_), to_unix_ms(next_), bytes_));
}

Result<void> FetchFile::take_earlier(Timestamp next,
                                     const std::function<void(std::string_view)>& see) {
  const FileSpan span = *std::exchange(earlier_, std::nullopt);
  BOOST_OUTCOME_TRY(auto lines, klines::LineReader::open(span.path));
  std::string text;
  for (bool header = true;; header = false) {
    BOOST_OUTCOME_TRY(const auto line, lines.next());
    if (line && !header) {
      see(*line);
      text += *line;
      text += '\n';
    }
    if (text.size() >= kCopyBytes || !line) {
      BOOST_OUTCOME_TRY(write(text, next_));
      text.clear();
    }
    if (!line) break;
  }
  return append({}, next);
}

Result<fs::path> FetchFile::finish(klines::Packing packing) {
  const fs::path part = with_ending(stem_, ".csv.part");
  const fs::path done = with_ending(stem_, fmt::format(".csv{}", klines::ending_of(packing)));
  BOOST_OUTCOME_TRY(klines::pack_file(part, done, packing));
  std::error_code ignored;
  if (replaced_ && *replaced_ != done) fs::remove(*replaced_, ignored);
  drop();
  return done;
}

void FetchFile::drop() const {
  std::error_code ignored;
  fs::remove(with_ending(stem_, ".csv.progress"), ignored);
  fs::remove(with_ending(stem_, ".csv.part"), ignored);
}

}  // namespace proteus::app::record
