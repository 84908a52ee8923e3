#include "tools/app/selftest/record.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "connectors/storage/file.hpp"
#include "tools/app/json_object.hpp"
#include "tools/app/selftest/selftest.hpp"

namespace proteus::app::selftest {
namespace {

namespace bj = boost::json;

constexpr std::string_view kAgain =
    "run proteus risk selftest with the same --config and --set, then start again";

Error not_fresh(ErrorCode code, const std::filesystem::path& path, std::string_view what) {
  return error(code, fmt::format("{}: {}; {}", path.string(), what, kAgain));
}

std::string text_at(const bj::object& object, std::string_view key) {
  const bj::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string()))
                                                : std::string();
}

/// The number, or -1 where there is none.
std::int64_t number_at(const bj::object& object, std::string_view key) {
  const bj::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : -1;
}

/// What it says of single controls has to agree with its counts.
bool agrees(const bj::object& record) {
  const bj::value* lines = record.if_contains("controls");
  if (lines == nullptr || !lines->is_array()) return false;
  std::int64_t passed = 0;
  std::int64_t other = 0;
  for (const bj::value& line : lines->get_array()) {
    if (!line.is_object()) return false;
    const std::string result = text_at(line.get_object(), "result");
    (result == to_string(Grade::Pass) ? passed : other) += 1;
    if (result == to_string(Grade::Fail)) return false;
  }
  return passed > 0 && passed == number_at(record, "passed") &&
         other == number_at(record, "not_built");
}

}  // namespace

Result<std::string> running_binary() {
  const std::filesystem::path path = "/proc/self/exe";
  BOOST_OUTCOME_TRY(const auto file, storage::open_file(path, O_RDONLY));
  std::uint64_t hash = 14695981039346656037ULL;
  std::vector<char> piece(1U << 20U);
  for (;;) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return storage::io_error("read", path, errno);
    if (got == 0) return fmt::format("{:016x}", hash);
    for (ssize_t i = 0; i < got; ++i)
      hash = (hash ^ static_cast<unsigned char>(piece[static_cast<std::size_t>(i)])) *
             1099511628211ULL;
  }
}

std::filesystem::path record_path(const std::filesystem::path& session_folder) {
  return session_folder / "risk-selftest.json";
}

std::string record_json(const Subject& subject, std::string_view version, Timestamp time,
                        const std::vector<Line>& lines) {
  const Counts counts = count_of(lines);
  JsonList controls;
  for (const Line& line : lines) controls.add_raw(json_of(line));
  return JsonObject{}
      .add("version", version)
      .add("binary", subject.binary)
      .add("config", subject.config)
      .add("time", time)
      .add("passed", counts.passed)
      .add("failed", counts.failed)
      .add("not_built", counts.not_built)
      .add("seed", static_cast<std::int64_t>(kLiveSeed))
      .add_raw("controls", controls.text())
      .text();
}

Result<void> store(const std::filesystem::path& session_folder, std::string_view json) {
  std::error_code failed;
  std::filesystem::create_directories(session_folder, failed);
  if (failed) return storage::io_error("make", session_folder, failed.value());
  return storage::write_file(record_path(session_folder), std::string(json) + "\n");
}

Result<void> selftest_is_fresh(const std::filesystem::path& session_folder,
                               const Subject& subject) {
  const std::filesystem::path path = record_path(session_folder);
  std::ifstream in(path, std::ios::binary);
  if (!in) return not_fresh(ErrorCode::NotFound, path, "no self-test of the risk controls is here");
  std::ostringstream text;
  text << in.rdbuf();
  boost::system::error_code failed;
  const bj::value read = bj::parse(text.str(), failed);
  if (failed || !read.is_object())
    return not_fresh(ErrorCode::Corrupt, path, "this is no result of a self-test");
  const bj::object& record = read.get_object();
  const Subject tested{text_at(record, "binary"), text_at(record, "config")};
  if (tested.binary.empty() || tested.config.empty() || number_at(record, "failed") < 0)
    return not_fresh(ErrorCode::Corrupt, path, "this is no result of a self-test");
  if (tested.binary != subject.binary)
    return not_fresh(ErrorCode::Refused, path, "another build of proteus was tested");
  if (tested.config != subject.config)
    return not_fresh(ErrorCode::Refused, path, "other settings were tested");
  if (number_at(record, "failed") != 0)
    return not_fresh(ErrorCode::Refused, path,
                     fmt::format("{} controls failed", number_at(record, "failed")));
  if (number_at(record, "not_built") != 0)
    return not_fresh(ErrorCode::Refused, path,
                     fmt::format("{} controls are not built", number_at(record, "not_built")));
  if (!agrees(record))
    return not_fresh(ErrorCode::Corrupt, path, "its lines do not agree with its counts");
  return success();
}

}  // namespace proteus::app::selftest
