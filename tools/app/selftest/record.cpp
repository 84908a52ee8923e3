#include "tools/app/selftest/record.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "connectors/sim/private/signature.hpp"
#include "connectors/storage/file.hpp"
#include "models/inference/sha256.hpp"
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

constexpr std::string_view kSignature = ",\"signature\":\"";

Result<std::string> read_key(const std::filesystem::path& path) {
  BOOST_OUTCOME_TRY(auto key, storage::read_file(path));
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return storage::io_error("look at", path, errno);
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return error(ErrorCode::Refused,
                 fmt::format("{}: others than its owner may use this key; remove it, and run "
                             "proteus risk selftest again",
                             path.string()));
  constexpr std::size_t kLetters = 64;
  if (key.size() != kLetters)
    return error(ErrorCode::Refused,
                 fmt::format("{}: this is no key of a self-test; remove it, and run proteus risk "
                             "selftest again",
                             path.string()));
  return key;
}

/// The key of this folder; makes one where there is none.
Result<std::string> own_key(const std::filesystem::path& path) {
  std::array<unsigned char, 32> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    return storage::io_error("draw a key for", path, errno);
  std::string key;
  for (const unsigned char byte : random) key += fmt::format("{:02x}", byte);
  const int made = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (made < 0 && errno == EEXIST) return read_key(path);
  if (made < 0) return storage::io_error("make", path, errno);
  const storage::Descriptor file(made);
  BOOST_OUTCOME_TRYV(storage::write_all(file, key, path));
  return key;
}

/// Signed text is the record with one member more, the last.
std::string sign(std::string_view json, const std::string& key) {
  return fmt::format("{}{}{}\"}}", json.substr(0, json.size() - 1), kSignature,
                     sim::hmac_sha256_hex(key, json));
}

bool is_signed(std::string_view text, const std::string& key) {
  const std::size_t at = text.rfind(kSignature);
  if (at == std::string_view::npos) return false;
  return sim::same_signature(text, sign(std::string(text.substr(0, at)) + "}", key));
}

}  // namespace

Result<std::string> running_binary() {
  const std::filesystem::path path = "/proc/self/exe";
  BOOST_OUTCOME_TRY(const auto file, storage::open_file(path, O_RDONLY));
  BOOST_OUTCOME_TRY(const std::uint64_t size, storage::size_of(file, path));
  void* const bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (bytes == MAP_FAILED) return storage::io_error("map", path, errno);
  std::string hash = inference::sha256({static_cast<const char*>(bytes), size});
  ::munmap(bytes, size);
  return hash;
}

std::filesystem::path record_path(const std::filesystem::path& session_folder) {
  return session_folder / "risk-selftest.json";
}

std::filesystem::path record_key_path(const std::filesystem::path& session_folder) {
  return session_folder / "risk-selftest.key";
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
  BOOST_OUTCOME_TRY(const std::string key, own_key(record_key_path(session_folder)));
  return storage::write_file(record_path(session_folder), sign(json, key) + "\n");
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
  const auto key = read_key(record_key_path(session_folder));
  if (key.has_error() && key.error().code == ErrorCode::Refused) return key.error();
  std::string signed_text = text.str();
  while (signed_text.ends_with('\n')) signed_text.pop_back();
  if (key.has_error() || !is_signed(signed_text, key.value()))
    return not_fresh(ErrorCode::Corrupt, path, "its signature is not that of this folder's key");
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
  return success();
}

}  // namespace proteus::app::selftest
