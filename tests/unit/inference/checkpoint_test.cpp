#include "models/inference/checkpoint.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdio>

#include "tests/unit/inference/support.hpp"

namespace proteus::inference {
namespace {

using test::FileSizeLimit;
using test::Folder;
using test::read_all;

TEST(Checkpoint, ComesBackAsItWas) {
  const Folder folder;
  const Checkpoint c = a_checkpoint();
  const Result<std::string> hash = save_checkpoint(folder / "a.safetensors", c);
  ASSERT_TRUE(hash) << hash.error().context;
  const Result<Checkpoint> back = load_checkpoint(folder / "a.safetensors");
  ASSERT_TRUE(back) << back.error().context;
  const Checkpoint& b = back.value();
  EXPECT_EQ(std::tie(b.kind, b.schema, b.action_map, b.config, b.code_version, b.parent),
            std::tie(c.kind, c.schema, c.action_map, c.config, c.code_version, c.parent));
  EXPECT_EQ(b.normaliser, c.normaliser);
  EXPECT_EQ(b.seeds, c.seeds);
  EXPECT_EQ(b.data, c.data);
  EXPECT_EQ(b.tensors, c.tensors);
  EXPECT_EQ(b.content_hash, hash.value());
  EXPECT_EQ(folder.entries(), 1U) << "no draft is left";
}

TEST(Checkpoint, HasOneHashForOneContent) {
  const Checkpoint c = a_checkpoint();
  const std::string bytes = encode_checkpoint(c).value();
  EXPECT_EQ(encode_checkpoint(c).value(), bytes);
  Checkpoint loaded = decode_checkpoint(bytes, "f").value();
  EXPECT_EQ(encode_checkpoint(loaded).value(), bytes) << "its own hash is no content";
  loaded.parent = loaded.content_hash;
  EXPECT_NE(encode_checkpoint(loaded).value(), bytes);
}

TEST(Checkpoint, IsRefusedAtEveryLengthButItsOwn) {
  const std::string bytes = encode_checkpoint(a_checkpoint()).value();
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const Result<Checkpoint> cut = decode_checkpoint(std::string_view(bytes).substr(0, n), "f");
    ASSERT_TRUE(cut.has_error()) << n;
    ASSERT_EQ(cut.error().code, ErrorCode::Corrupt) << cut.error().context;
    if (n > sizeof(std::uint64_t)) {
      ASSERT_TRUE(cut.error().context.starts_with("f: this file is cut short")) << n;
    }
  }
  EXPECT_TRUE(decode_checkpoint(bytes + '\0', "f").has_error());
}

TEST(Checkpoint, AFileOfAnotherKindIsToldAsOneInPlainWords) {
  const std::string tensors_alone = encode({}).value();
  for (const std::string_view foreign :
       {std::string_view("x"), std::string_view("a text that somebody wrote"),
        std::string_view("PK\003\004\0\0\0\0 a zip, say", 19), std::string_view(tensors_alone)}) {
    const Result<Checkpoint> read = decode_checkpoint(foreign, "f");
    ASSERT_TRUE(read.has_error()) << foreign;
    EXPECT_TRUE(read.error().context.starts_with("f: this is no checkpoint"))
        << read.error().context;
  }
}

TEST(Checkpoint, IsRefusedWithAnyByteChanged) {
  const std::string bytes = encode_checkpoint(a_checkpoint()).value();
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (const char flip : {'\x01', '\x80', '\x20'}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      ASSERT_TRUE(decode_checkpoint(changed, "f").has_error()) << "byte " << i;
    }
}

TEST(Checkpoint, OfAnotherFormatIsRefusedByName) {
  const Result<Checkpoint> other =
      decode_checkpoint(encode({{{"format", "proteus-checkpoint-2"}}, {}}).value(), "f");
  ASSERT_TRUE(other.has_error());
  EXPECT_EQ(other.error().code, ErrorCode::Unsupported);
  EXPECT_NE(other.error().context.find("proteus-checkpoint-2"), std::string::npos);
  EXPECT_EQ(decode_checkpoint(encode({}).value(), "f").error().code, ErrorCode::Corrupt);
}

TEST(Checkpoint, ThatDoesNotFitIsRefusedWithWhatDiffers) {
  const Checkpoint c = a_checkpoint();
  EXPECT_TRUE(check_fits(c, c.kind, c.schema));
  EXPECT_NE(check_fits(c, "rl2_agent", c.schema).error().context.find("maml_predictor"),
            std::string::npos);
  std::string other = c.schema;
  other.replace(other.find("close[1]"), 8, "close[5]");
  const Result<void> refused = check_fits(c, c.kind, other);
  ASSERT_TRUE(refused.has_error());
  EXPECT_NE(refused.error().context.find("line 2 is \"return_1 = close / close[1] - 1\""),
            std::string::npos)
      << refused.error().context;
  EXPECT_TRUE(check_fits(c, c.kind, c.schema + "\nmore = 1").has_error());
}

TEST(Checkpoint, WithTextsThatWouldNotComeBackIsNotWritten) {
  Checkpoint c = a_checkpoint();
  c.data[0].name = "two\nlines";
  EXPECT_TRUE(encode_checkpoint(c).has_error());
  c = a_checkpoint();
  c.normaliser.factor.pop_back();
  EXPECT_TRUE(encode_checkpoint(c).has_error());
  c = a_checkpoint();
  c.normaliser.offset[0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(encode_checkpoint(c).has_error());
}

TEST(Saving, OnAFullDiskLeavesTheOldCheckpointWhole) {
  const Folder folder;
  ASSERT_TRUE(save_checkpoint(folder / "a", a_checkpoint()));
  const std::string before = read_all(folder / "a");
  Checkpoint next = a_checkpoint();
  next.seeds = {2};
  for (const std::uint64_t room : {std::uint64_t{0}, std::uint64_t{100}, before.size() / 2}) {
    const FileSizeLimit limit(room);
    const Result<std::string> saved = save_checkpoint(folder / "a", next);
    ASSERT_TRUE(saved.has_error());
    EXPECT_EQ(saved.error().code, ErrorCode::Io);
  }
  EXPECT_EQ(read_all(folder / "a"), before);
  EXPECT_EQ(folder.entries(), 1U);
  ASSERT_TRUE(save_checkpoint(folder / "a", next)) << "and afterwards it can be saved";
  EXPECT_EQ(load_checkpoint(folder / "a").value().seeds, next.seeds);
}

TEST(Saving, WhereNothingCanBeWrittenSaysWhere) {
  const Folder folder;
  const Result<std::string> saved = save_checkpoint(folder / "none" / "a", a_checkpoint());
  ASSERT_TRUE(saved.has_error());
  EXPECT_NE(saved.error().context.find((folder / "none").string()), std::string::npos);
  EXPECT_EQ(load_checkpoint(folder / "a").error().code, ErrorCode::NotFound);
  EXPECT_TRUE(load_checkpoint(folder / ".").has_error());
}

TEST(Saving, IsReadByPythonWithoutUs) {
  if (std::system("python3 -c '' 2>/dev/null") != 0) GTEST_SKIP() << "python3 is not there";
  const Folder folder;
  const std::string hash = save_checkpoint(folder / "a", a_checkpoint()).value();
  std::ofstream(folder / "read.py") << R"(
import hashlib, json, struct, sys
data = open(sys.argv[1], 'rb').read()
(length,) = struct.unpack('<Q', data[:8])
header = json.loads(data[8:8 + length])
meta = header.pop('__metadata__')
kinds = {'F32': 'f', 'F64': 'd', 'I64': 'q'}
def tensor(name):
    t = header[name]
    begin, end = (8 + length + x for x in t['data_offsets'])
    values = [x for (x,) in struct.iter_unpack('<' + kinds[t['dtype']], data[begin:end])]
    try:
        import numpy
        types = {'F32': '<f4', 'F64': '<f8', 'I64': '<i8'}
        again = numpy.frombuffer(data[begin:end], types[t['dtype']]).reshape(t['shape'])
        assert again.ravel().tolist() == values and list(again.shape) == t['shape']
    except ImportError:
        pass
    return values
assert (8 + length) % 8 == 0
assert meta['kind'] == 'maml_predictor' and meta['seeds'] == '1 18446744073709551615', meta
assert header['layer.0.weight "w"']['shape'] == [2, 3]
weights = tensor('layer.0.weight "w"')
assert weights[0] == 1.5 and weights[5] == -2.0, weights
assert tensor('normaliser.factor')[1] == 1 / 3 and tensor('steps') == [-3]
stored = meta['content_hash'].encode()
assert hashlib.sha256(data.replace(stored, b'0' * 64)).hexdigest().encode() == stored
print(meta['content_hash'])
)";
  // The distribution's own interpreter has numpy where the first one on the path may not.
  const std::string python =
      ::access("/usr/bin/python3", X_OK) == 0 ? "/usr/bin/python3" : "python3";
  const std::string command =
      python + " " + (folder / "read.py").string() + " " + (folder / "a").string() + " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string out;
  std::array<char, 512> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) out += buffer.data();
  EXPECT_EQ(::pclose(pipe), 0);
  EXPECT_EQ(out, hash + "\n");
}

}  // namespace
}  // namespace proteus::inference
