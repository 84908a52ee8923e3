// Checkpoints and files of tensors. The first byte chooses what the rest is:
//   even  a file, byte for byte
//   odd   the header's text up to the first zero byte, then the data, for which the header's length
//         is put before it: the way past the length
// A file that is taken encodes to one that reads back the same; what is refused is told in one
// sentence.
#include <algorithm>

#include "models/inference/checkpoint.hpp"
#include "tests/fuzz/property.hpp"

namespace proteus::inference {
namespace {

void check_file(std::string_view bytes) {
  const Result<TensorFile> file = decode(bytes, "file");
  if (!file) fuzz::check_sentence(file.error(), "file: ");
  if (file) {
    const Result<std::string> again = encode(file.value());
    FUZZ_CHECK(again.has_value(), again.error().context);
    const Result<TensorFile> back = decode(again.value(), "again");
    FUZZ_CHECK(back.has_value(), back.error().context);
    FUZZ_CHECK(back.value().metadata == file.value().metadata &&
               back.value().tensors == file.value().tensors);
  }
  const Result<Checkpoint> checkpoint = decode_checkpoint(bytes, "file");
  if (!checkpoint) {
    fuzz::check_sentence(checkpoint.error());
    return;
  }
  FUZZ_CHECK(file.has_value());
  // Written by others it may be spaced otherwise; ours comes back byte for byte.
  const Result<std::string> again = encode_checkpoint(checkpoint.value());
  FUZZ_CHECK(again.has_value(), again.error().context);
  const Result<Checkpoint> back = decode_checkpoint(again.value(), "again");
  FUZZ_CHECK(back.has_value() && back.value().tensors == checkpoint.value().tensors);
}

}  // namespace
}  // namespace proteus::inference

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input = proteus::fuzz::text_of(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    proteus::inference::check_file(input);
    return 0;
  }
  const std::size_t end = std::min(input.find('\0'), input.size());
  const std::uint64_t length = end;
  std::string file(reinterpret_cast<const char*>(&length), sizeof length);
  file += input.substr(0, end);
  file += input.substr(std::min(end + 1, input.size()));
  proteus::inference::check_file(file);
  return 0;
}
