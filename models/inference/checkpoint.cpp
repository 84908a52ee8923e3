#include "models/inference/checkpoint.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

#include "models/inference/sha256.hpp"

namespace proteus::inference {
namespace {

constexpr std::string_view kFormat = "proteus-checkpoint-1";
constexpr std::string_view kFormatFamily = "proteus-checkpoint-";
constexpr std::string_view kOffset = "normaliser.offset";
constexpr std::string_view kFactor = "normaliser.factor";
constexpr std::size_t kHashDigits = 64;
constexpr std::uint64_t kFileMax = std::uint64_t{4} << 30;

/// FNV-1a, 64 bits, as the features' schema is hashed.
std::uint64_t text_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::string join(const std::vector<std::uint64_t>& numbers) {
  return fmt::format("{}", fmt::join(numbers, " "));
}
std::string join(const std::vector<DataHash>& data) {
  std::string out;
  for (const DataHash& d : data) out += fmt::format("{:016x} {}\n", d.hash, d.name);
  return out;
}

/// `format`: the base of a whole number, or how a real one is written.
template <class T, class Format>
std::optional<T> number(std::string_view text, Format format) {
  T value{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, format);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::optional<std::vector<std::uint64_t>> split_numbers(std::string_view text) {
  std::vector<std::uint64_t> out;
  while (!text.empty()) {
    const auto value = number<std::uint64_t>(take_until(text, ' '), 10);
    if (!value) return std::nullopt;
    out.push_back(*value);
  }
  return out;
}

std::optional<std::vector<DataHash>> split_data(std::string_view text) {
  std::vector<DataHash> out;
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    const auto hash = number<std::uint64_t>(take_until(line, ' '), 16);
    if (!hash) return std::nullopt;
    out.push_back({std::string(line), *hash});
  }
  return out;
}

/// The hash of a file whose own hash stands at `at`.
std::string hash_with_zeros(std::string bytes, std::size_t at) {
  bytes.replace(at, kHashDigits, std::string(kHashDigits, '0'));
  return sha256(bytes);
}

/// Reads the metadata's entries, and remembers the first that is not as it must be.
class Entries {
 public:
  explicit Entries(const std::map<std::string, std::string>& all) : all_(all) {}

  std::string text(const std::string& key) {
    const auto found = all_.find(key);
    if (found != all_.end()) return found->second;
    miss(key);
    return {};
  }
  template <class Split>
  auto parsed(const std::string& key, Split split) {
    auto value = split(text(key));
    if (!value) miss(key);
    return value.value_or(typename decltype(value)::value_type{});
  }
  [[nodiscard]] const std::string& missing() const { return missing_; }

 private:
  void miss(const std::string& key) {
    if (missing_.empty()) missing_ = key;
  }
  const std::map<std::string, std::string>& all_;
  std::string missing_;
};

class File {
 public:
  File(const std::filesystem::path& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0640)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Error io_error(std::string_view what, const std::filesystem::path& path, int number) {
  return error(number == ENOENT ? ErrorCode::NotFound : ErrorCode::Io,
               fmt::format("cannot {} {}: {}", what, path.string(),
                           std::generic_category().message(number)));
}

Result<void> write_synced(const std::filesystem::path& path, std::string_view bytes) {
  const File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (file.get() < 0) return io_error("open", path, errno);
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return io_error("write", path, n < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(file.get()) != 0) return io_error("sync", path, errno);
  return success();
}

Result<void> put_in_place(const std::filesystem::path& draft, const std::filesystem::path& path) {
  if (::rename(draft.c_str(), path.c_str()) != 0) return io_error("rename", draft, errno);
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const File file(folder, O_RDONLY | O_DIRECTORY);
  if (file.get() < 0 || ::fsync(file.get()) != 0) return io_error("sync", folder, errno);
  return success();
}

/// "line 3 is `a`, and here `b`": where two texts part.
std::string first_difference(std::string_view stored, std::string_view here) {
  for (int line = 1; !stored.empty() || !here.empty(); ++line) {
    const std::string_view a = take_until(stored, '\n');
    const std::string_view b = take_until(here, '\n');
    if (a != b)
      return fmt::format("line {} is \"{}\", and here it is \"{}\"", line, a.substr(0, 200),
                         b.substr(0, 200));
  }
  return "they differ in line breaks";
}

}  // namespace

Result<const Tensor*> Checkpoint::tensor(std::string_view name) const {
  for (const Tensor& t : tensors)
    if (t.name == name) return &t;
  return error(ErrorCode::NotFound,
               fmt::format("the checkpoint of a {} has no tensor {}", kind, name));
}

Result<std::string> encode_checkpoint(const Checkpoint& c) {
  for (const DataHash& d : c.data)
    if (d.name.find('\n') != std::string::npos)
      return error(ErrorCode::Malformed, "the name of a data set goes over several lines");
  if (c.normaliser.offset.size() != c.normaliser.factor.size() ||
      !std::isfinite(c.normaliser.limit))
    return error(
        ErrorCode::Malformed,
        fmt::format("a normaliser of {} offsets, {} factors and the limit {}",
                    c.normaliser.offset.size(), c.normaliser.factor.size(), c.normaliser.limit));
  const std::string zeros(kHashDigits, '0');
  TensorFile file{{{"format", std::string(kFormat)},
                   {"kind", c.kind},
                   {"schema", c.schema},
                   {"schema_hash", fmt::format("{:016x}", text_hash(c.schema))},
                   {"action_map", c.action_map},
                   {"normaliser_limit", fmt::format("{}", c.normaliser.limit)},
                   {"config", c.config},
                   {"seeds", join(c.seeds)},
                   {"data", join(c.data)},
                   {"code_version", c.code_version},
                   {"parent", c.parent},
                   {"content_hash", zeros}},
                  c.tensors};
  if (!c.run_config.empty()) file.metadata["run_config"] = c.run_config;
  const std::uint64_t columns = c.normaliser.offset.size();
  file.tensors.push_back(
      Tensor::of(std::string(kOffset), {columns}, std::span(c.normaliser.offset)));
  file.tensors.push_back(
      Tensor::of(std::string(kFactor), {columns}, std::span(c.normaliser.factor)));
  BOOST_OUTCOME_TRY(std::string bytes, encode(file));
  // No text can hold an unescaped quote.
  const std::string key = R"("content_hash":")";
  const std::size_t at = bytes.find(key) + key.size();
  bytes.replace(at, kHashDigits, sha256(bytes));
  return bytes;
}

Result<Checkpoint> decode_checkpoint(std::string_view bytes, std::string_view name) {
  const auto refuse = [&](ErrorCode code, std::string_view what) {
    return error(code, fmt::format("{}: {}", name, what));
  };
  BOOST_OUTCOME_TRY(TensorFile file, decode(bytes, name));
  Entries entries(file.metadata);
  const std::string format = entries.text("format");
  if (format != kFormat && format.starts_with(kFormatFamily))
    return refuse(ErrorCode::Unsupported,
                  fmt::format("it is a checkpoint of format {}, and this program reads {}",
                              format.substr(0, 60), kFormat));
  if (format != kFormat)
    return refuse(ErrorCode::Corrupt,
                  "this is no checkpoint of proteus: its tensors are whole, but it has not the "
                  "entries that proteus train writes beside them");
  Checkpoint c;
  c.content_hash = entries.text("content_hash");
  const std::size_t at =
      c.content_hash.size() == kHashDigits ? bytes.find(c.content_hash) : std::string_view::npos;
  if (at == std::string_view::npos) return refuse(ErrorCode::Corrupt, "it has no content hash");
  if (const std::string hash = hash_with_zeros(std::string(bytes), at); hash != c.content_hash)
    return refuse(ErrorCode::Corrupt,
                  fmt::format("its content has the hash {}, and it says {}: it is damaged, or was "
                              "changed by hand",
                              hash, c.content_hash));
  c.kind = entries.text("kind");
  c.schema = entries.text("schema");
  c.action_map = entries.text("action_map");
  c.config = entries.text("config");
  if (file.metadata.contains("run_config")) c.run_config = entries.text("run_config");
  c.seeds = entries.parsed("seeds", split_numbers);
  c.data = entries.parsed("data", split_data);
  c.code_version = entries.text("code_version");
  c.parent = entries.text("parent");
  c.normaliser.limit = entries.parsed("normaliser_limit", [](const std::string& text) {
    const auto value = number<double>(text, std::chars_format::general);
    return value && std::isfinite(*value) ? value : std::nullopt;
  });
  if (entries.text("schema_hash") != fmt::format("{:016x}", text_hash(c.schema)))
    return refuse(ErrorCode::Corrupt, "its schema has not the hash that is stored with it");
  if (!entries.missing().empty())
    return refuse(ErrorCode::Corrupt,
                  fmt::format("its entry {} is missing or cannot be read", entries.missing()));
  for (const auto& [key, out] :
       {std::pair{kOffset, &c.normaliser.offset}, std::pair{kFactor, &c.normaliser.factor}}) {
    const Tensor* tensor = file.find(key);
    if (tensor == nullptr)
      return refuse(ErrorCode::Corrupt, fmt::format("its tensor {} is missing", key));
    BOOST_OUTCOME_TRY(*out, tensor->doubles());
  }
  if (c.normaliser.offset.size() != c.normaliser.factor.size())
    return refuse(ErrorCode::Corrupt, "its normaliser has not as many offsets as factors");
  for (Tensor& tensor : file.tensors)
    if (tensor.name != kOffset && tensor.name != kFactor) c.tensors.push_back(std::move(tensor));
  return c;
}

Result<std::string> save_checkpoint(const std::filesystem::path& path,
                                    const Checkpoint& checkpoint) {
  BOOST_OUTCOME_TRY(const std::string bytes, encode_checkpoint(checkpoint));
  const std::filesystem::path draft = path.string() + ".draft";
  if (Result<void> written = write_synced(draft, bytes); !written) {
    ::unlink(draft.c_str());  // Half a checkpoint helps nobody, and a full disk needs the room.
    return written.error();
  }
  if (Result<void> placed = put_in_place(draft, path); !placed) {
    ::unlink(draft.c_str());  // Not there any more where only the folder could not be synced.
    return placed.error();
  }
  const std::string key = R"("content_hash":")";
  return bytes.substr(bytes.find(key) + key.size(), kHashDigits);
}

Result<Checkpoint> load_checkpoint(const std::filesystem::path& path) {
  const File file(path, O_RDONLY);
  if (file.get() < 0) return io_error("open", path, errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return io_error("read the size of", path, errno);
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > kFileMax)
    return error(ErrorCode::OutOfRange, fmt::format("{}: {} bytes are no checkpoint; at most {} "
                                                    "are read",
                                                    path.string(), size, kFileMax));
  std::string bytes(size, '\0');
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t n = ::read(file.get(), bytes.data() + at, bytes.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("read", path, errno);
    if (n == 0) break;
    at += static_cast<std::size_t>(n);
  }
  bytes.resize(at);
  return decode_checkpoint(bytes, path.string());
}

Result<void> check_fits(const Checkpoint& checkpoint, std::string_view kind,
                        std::string_view schema) {
  if (checkpoint.kind != kind)
    return error(ErrorCode::Refused, fmt::format("the checkpoint holds a {}, and a {} is wanted",
                                                 checkpoint.kind, kind));
  if (checkpoint.schema != schema)
    return error(ErrorCode::Refused,
                 fmt::format("the checkpoint was trained on another observation: its {}",
                             first_difference(checkpoint.schema, schema)));
  return success();
}

Error corrupt(std::string_view name, std::string_view what) {
  return error(ErrorCode::Corrupt, fmt::format("{}: the checkpoint's {}", name, what));
}

}  // namespace proteus::inference
