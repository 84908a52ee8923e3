// A trained model on disk: tensors, and all that is needed to say what they are and to use them as
// they were trained. The file is of the safetensors layout (safetensors.hpp); what is no tensor
// stands in its metadata as text. docs/reference/checkpoints.md lists it.
//
// The content hash is the SHA-256 of the whole file with the hash's own digits as zeros. It names
// the checkpoint, and any other byte changes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "models/inference/safetensors.hpp"

namespace proteus::inference {

/// Kinds of the checkpoints that hold a recurrent actor-critic.
inline constexpr std::string_view kAgentKind = "rl2_agent";
inline constexpr std::string_view kMarketPolicyKind = "market_policy";

/// (x - offset) * factor, clipped to [-limit, limit]; empty: as it is.
struct Normaliser {
  std::vector<double> offset;
  std::vector<double> factor;
  double limit = 10.0;
  friend bool operator==(const Normaliser&, const Normaliser&) = default;
};

struct DataHash {
  std::string name;  ///< of a series or a file, without line breaks
  std::uint64_t hash = 0;
  friend bool operator==(const DataHash&, const DataHash&) = default;
};

struct Checkpoint {
  std::string kind;        ///< of model: "maml_predictor", "rl2_agent", ...
  std::string schema;      ///< canonical text of what the model sees; its hash is stored with it
  std::string action_map;  ///< what an output means
  Normaliser normaliser;
  std::string config;      ///< resolved, as text
  std::string run_config;  ///< of the run that trained it: all its settings as TOML; or empty
  std::vector<std::uint64_t> seeds;
  std::vector<DataHash> data;
  std::string code_version;
  std::string parent;  ///< content hash of the checkpoint this one went on from, or empty
  std::vector<Tensor> tensors;
  std::string content_hash;  ///< filled by decode_checkpoint; not read by encode_checkpoint

  [[nodiscard]] Result<const Tensor*> tensor(std::string_view name) const;
};

/// The file's bytes. Errors: those of encode(), and Malformed for a text that would not come back
/// (a line break in a data set's name, a normaliser whose sizes differ or that is not finite).
Result<std::string> encode_checkpoint(const Checkpoint& checkpoint);
/// Errors: Corrupt, with what differs (layout, hash, a missing entry); Unsupported, a checkpoint of
/// another format version.
Result<Checkpoint> decode_checkpoint(std::string_view bytes, std::string_view name);

/// Writes a draft beside `path`, syncs it, and only then puts it in the old one's place: whatever
/// happens, `path` holds a whole checkpoint, the old or the new one. Returns the content hash.
/// Errors: Io, with the system's words, and those of encode_checkpoint.
Result<std::string> save_checkpoint(const std::filesystem::path& path,
                                    const Checkpoint& checkpoint);
/// Errors: NotFound, Io, OutOfRange (above 4 GiB), and those of decode_checkpoint.
Result<Checkpoint> load_checkpoint(const std::filesystem::path& path);
/// Corrupt, with the file's name and what of it.
Error corrupt(std::string_view name, std::string_view what);

/// Success where the checkpoint is of this kind and was trained on this schema. Errors: Refused,
/// with the first line that differs.
Result<void> check_fits(const Checkpoint& checkpoint, std::string_view kind,
                        std::string_view schema);

}  // namespace proteus::inference
