#include "models/runs/event_record.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <limits>

#include "tests/support/folder.hpp"

namespace proteus::runs {
namespace {

TEST(Crc32c, GivesTheValuesOfRfc3720) {
  std::string up;
  for (char c = 0; c < 32; ++c) up.push_back(c);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c(up), 0x46dd794eU);
  EXPECT_EQ(crc32c(std::string(up.rbegin(), up.rend())), 0x113fdb5cU);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
}

TEST(EventRecord, IsTheBytesThatTheFormatAsksFor) {
  // Put together by hand from the layout: 12.5 s, step 300, "a/b" = 1.
  const std::string record = scalars_event_record(
      Timestamp{std::chrono::milliseconds{12'500}}, 300,
      std::vector<Scalar>{{"a/b", 1.0}, {"c", std::numeric_limits<double>::quiet_NaN()}});
  const std::string data(
      "\x09\x00\x00\x00\x00\x00\x00\x29\x40"  // 1: 12.5
      "\x10\xac\x02"                          // 2: 300
      "\x2a\x0c"                              // 5: 12 bytes
      "\x0a\x0a"                              // 1: a value of 10 bytes
      "\x0a\x03"
      "a/b"                    // 1: the tag
      "\x15\x00\x00\x80\x3f",  // 2: 1.0
      26);
  ASSERT_EQ(record.size(), 8 + 4 + data.size() + 4);
  EXPECT_EQ(record.substr(0, 8), std::string("\x1a\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(record.substr(12, data.size()), data);
}

/// Reads a file as TensorBoard would, with nothing of ours: its own table, its own mask.
constexpr const char* kReader = R"py(
import struct, sys
table = []
for i in range(256):
    c = i
    for _ in range(8): c = (c >> 1) ^ (0x82F63B78 if c & 1 else 0)
    table.append(c)
def masked(b):
    c = 0xFFFFFFFF
    for x in b: c = table[(c ^ x) & 255] ^ (c >> 8)
    c ^= 0xFFFFFFFF
    return (((c >> 15) | (c << 17)) + 0xA282EAD8) & 0xFFFFFFFF
def varint(b, i):
    v = s = 0
    while True:
        v |= (b[i] & 127) << s; s += 7; i += 1
        if b[i - 1] < 128: return v, i
def fields(b):
    i = 0
    while i < len(b):
        key, i = varint(b, i)
        if key & 7 == 0: v, i = varint(b, i)
        elif key & 7 == 1: v, i = b[i:i + 8], i + 8
        elif key & 7 == 5: v, i = b[i:i + 4], i + 4
        else:
            n, i = varint(b, i); v, i = b[i:i + n], i + n
        yield key >> 3, v
data = open(sys.argv[1], "rb").read()
at = 0
while at < len(data):
    (n,) = struct.unpack("<Q", data[at:at + 8])
    assert struct.unpack("<I", data[at + 8:at + 12])[0] == masked(data[at:at + 8])
    body = data[at + 12:at + 12 + n]
    assert struct.unpack("<I", data[at + 12 + n:at + 16 + n])[0] == masked(body)
    at += 16 + n
    event = dict(fields(body))
    if 3 in event: print(event[3].decode())
    for _, value in fields(event.get(5, b"")):
        value = dict(fields(value))
        print(struct.unpack("<d", event[1])[0], event.get(2, 0), value[1].decode(), struct.unpack("<f", value[2])[0])
)py";

TEST(EventRecord, IsReadByAProgramThatIsNotOurs) {
  const test::Folder folder;
  const auto file = folder / "events";
  const Timestamp wall{std::chrono::milliseconds{1'700'000'000'500}};
  const std::vector<Scalar> figures{{"loss/policy", -0.25}, {"kl", 1e30}};
  std::ofstream(file, std::ios::binary)
      << first_event_record(wall) << scalars_event_record(wall, 1'000'000'000'000, figures);
  std::ofstream(folder / "reader.py") << kReader;
  std::FILE* pipe = ::popen(
      fmt::format("python3 '{}' '{}' 2>&1", (folder / "reader.py").string(), file.string()).c_str(),
      "r");
  ASSERT_NE(pipe, nullptr);
  std::string said(4096, '\0');
  said.resize(std::fread(said.data(), 1, said.size(), pipe));
  EXPECT_EQ(::pclose(pipe), 0);
  EXPECT_EQ(said,
            "brain.Event:2\n"
            "1700000000.5 1000000000000 loss/policy -0.25\n"
            "1700000000.5 1000000000000 kl 1.0000000150474662e+30\n");
}

}  // namespace
}  // namespace proteus::runs
