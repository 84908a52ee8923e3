#include "connectors/storage/feed_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace proteus::storage {
namespace fs = std::filesystem;

struct FeedWriter::Part {
  std::string name;   ///< without ".zst"; of the one before where none is open
  std::string after;  ///< name of the one before
  fs::path draft;
  Descriptor file;
  std::unique_ptr<FeedPacker> packer;  ///< null: none is open
  std::uint64_t bytes = 0;
};

FeedWriter::FeedWriter(fs::path folder, std::uint64_t part_bytes, int level)
    : folder_(std::move(folder)), part_bytes_(part_bytes), level_(level) {}

FeedWriter::~FeedWriter() {
  for (const auto& [stem, part] : open_)
    if (part.packer) ::unlink(part.draft.c_str());
}

Result<void> FeedWriter::begin(Part& part, std::string_view stem, Timestamp first) const {
  for (std::int64_t ns = to_unix_ns(first);; ++ns) {
    const std::string name = fmt::format("{}-{:019}.jsonl", stem, ns);
    std::error_code ignored;
    if (fs::exists(folder_ / (name + ".zst"), ignored)) continue;
    part.after = std::exchange(part.name, name);
    part.draft = folder_ / (name + ".zst.tmp");
    BOOST_OUTCOME_TRY(part.file, open_file(part.draft, O_WRONLY | O_CREAT | O_TRUNC));
    part.packer = std::make_unique<FeedPacker>(part.file, part.draft, level_);
    part.bytes = 0;
    return success();
  }
}

Result<void> FeedWriter::end(Part& part) {
  BOOST_OUTCOME_TRY(part.packer->finish(part.after));
  if (::fdatasync(part.file.get()) != 0) return io_error("sync", part.draft, errno);
  const fs::path whole = folder_ / (part.name + ".zst");
  if (::rename(part.draft.c_str(), whole.c_str()) != 0)
    return io_error("rename", part.draft, errno);
  part.packer.reset();
  part.file.close();
  ++parts_;
  return success();
}

Result<void> FeedWriter::add(std::string_view stem, Timestamp received, std::string_view line) {
  auto found = open_.find(stem);
  if (found == open_.end()) found = open_.emplace(std::string(stem), Part{}).first;
  Part& part = found->second;
  if (part.packer && part.bytes + line.size() + 1 > part_bytes_ && part.bytes > 0) {
    BOOST_OUTCOME_TRY(end(part));
  }
  if (!part.packer) {
    BOOST_OUTCOME_TRY(begin(part, stem, received));
  }
  BOOST_OUTCOME_TRY(part.packer->add(line));
  BOOST_OUTCOME_TRY(part.packer->add("\n"));
  part.bytes += line.size() + 1;
  ++lines_;
  return success();
}

Result<void> FeedWriter::close() {
  for (auto& [stem, part] : open_)
    if (part.packer) {
      BOOST_OUTCOME_TRY(end(part));
    }
  return sync_folder(folder_);
}

}  // namespace proteus::storage
