// The layout itself: files written by hand, as its description has them, and what is wrong with
// them told.
#include "models/inference/safetensors.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "models/inference/sha256.hpp"
#include "tests/unit/inference/support.hpp"

namespace proteus::inference {
namespace {

std::string file_of(std::string_view header, std::string_view data) {
  const std::uint64_t length = header.size();
  std::string out(reinterpret_cast<const char*>(&length), 8);
  return out.append(header).append(data);
}

std::string refusal(std::string_view bytes) {
  const Result<TensorFile> file = decode(bytes, "f");
  if (file) return {};
  EXPECT_EQ(file.error().code, ErrorCode::Corrupt);
  EXPECT_TRUE(file.error().context.starts_with("f: ")) << file.error().context;
  return file.error().context;
}

std::string with(std::string_view tensors, std::size_t bytes = 8) {
  return refusal(file_of(std::string("{") + std::string(tensors) + "}", std::string(bytes, '\0')));
}

TEST(Sha256, EqualsThePublishedDigests) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Safetensors, ReadAFileThatAnotherProgramMightHaveWritten) {
  std::string data(24, '\0');
  const float weights[2] = {1.5F, -2.0F};
  const std::int64_t step = 9;
  std::memcpy(data.data(), weights, 8);
  std::memcpy(data.data() + 8, &step, 8);
  data[16] = '\x07';
  const Result<TensorFile> file = decode(
      file_of("{ \"b\\u00e9\" : {\"shape\":[2,1],\"dtype\":\"F32\",\"data_offsets\":[0,8]},\n"
              "\"__metadata__\":{\"k\":\"\\ud83d\\ude00\\n\"},"
              "\"a\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[8,16]},"
              "\"c\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[16,24]},"
              "\"none\":{\"dtype\":\"F64\",\"shape\":[0,4],\"data_offsets\":[24,24]}}   ",
              data),
      "f");
  ASSERT_TRUE(file) << file.error().context;
  EXPECT_EQ(file.value().metadata.at("k"), "\xF0\x9F\x98\x80\n");
  const Tensor* weights_read = file.value().find("b\xC3\xA9");
  ASSERT_NE(weights_read, nullptr);
  EXPECT_EQ(weights_read->floats().value(), (std::vector<float>{1.5F, -2.0F}));
  EXPECT_EQ(weights_read->shape, (std::vector<std::uint64_t>{2, 1}));
  EXPECT_EQ(file.value().find("a")->integers().value(), (std::vector<std::int64_t>{9}));
  EXPECT_EQ(file.value().find("none")->doubles().value().size(), 0U);
  EXPECT_TRUE(file.value().find("a")->floats().has_error());
}

TEST(Safetensors, ComeBackAsTheyWere) {
  TensorFile file{{{"key", "line\nline \"quoted\" \x01"}, {"", ""}}, a_checkpoint().tensors};
  const std::string bytes = encode(file).value();
  const Result<TensorFile> back = decode(bytes, "f");
  ASSERT_TRUE(back) << back.error().context;
  EXPECT_EQ(back.value().metadata, file.metadata);
  EXPECT_EQ(back.value().tensors, file.tensors);
  std::ranges::reverse(file.tensors);  // Order of arrival is no content.
  EXPECT_EQ(encode(file).value(), bytes);
}

TEST(Safetensors, HaveTheirDataAligned) {
  for (const char* name : {"a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg"}) {
    const std::vector<double> value{1.0};
    const std::vector<float> narrow{2.0F};
    const std::string bytes =
        encode({{},
                {Tensor::of("0", {1}, std::span(narrow)), Tensor::of(name, {1}, std::span(value))}})
            .value();
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    EXPECT_EQ(length % 8, 0U);
    double first = 0.0;  // The wide one lies first, whatever its name.
    std::memcpy(&first, bytes.data() + 8 + length, 8);
    EXPECT_EQ(first, 1.0);
  }
}

TEST(Safetensors, RefuseAHeaderThatTheFileDoesNotHold) {
  std::string bytes = file_of("{}", "");
  for (const std::uint64_t length : {std::uint64_t{3}, std::uint64_t{10'000'000'000},
                                     std::numeric_limits<std::uint64_t>::max()}) {
    std::memcpy(bytes.data(), &length, 8);
    EXPECT_NE(refusal(bytes).find(std::to_string(length)), std::string::npos);
  }
  EXPECT_NE(refusal("1234567"), "");
}

TEST(Safetensors, RefuseTensorsThatDoNotFillTheFile) {
  const std::string a = R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  EXPECT_EQ(with(a, 4), "");
  EXPECT_NE(with(a, 3).find("from byte 0 to 4 of 3"), std::string::npos);
  EXPECT_NE(with(a, 5).find("1 bytes follow"), std::string::npos);
  const std::string b = R"(,"b":{"dtype":"F32","shape":[1],"data_offsets":)";
  EXPECT_EQ(with(a + b + "[4,8]}"), "");
  EXPECT_NE(with(a + b + "[0,4]}"), "") << "one over the other";
  EXPECT_NE(with(a + b + "[2,6]}"), "") << "one half over the other";
  EXPECT_NE(with(a + b + "[5,9]}", 9), "") << "a hole";
  EXPECT_NE(with(a + b + "[8,4]}"), "") << "backwards";
  EXPECT_NE(with(a + b + "[4,18446744073709551615]}"), "");
  EXPECT_NE(with(a + b + "[4,18446744073709551616]}").find("64 bits"), std::string::npos);
}

TEST(Safetensors, RefuseASizeThatShapeAndTypeDoNotHave) {
  const auto one = [](const std::string& type, const std::string& shape) {
    return with(R"("a":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":[0,8]})");
  };
  EXPECT_EQ(one("F32", "[2]"), "");
  EXPECT_EQ(one("F64", "[]"), "");
  EXPECT_NE(one("F32", "[3]"), "");
  EXPECT_NE(one("F64", "[2]"), "");
  EXPECT_NE(one("F16", "[4]").find("F16"), std::string::npos);
  EXPECT_NE(one("F32", "[4294967296,4294967296,2]").find("more than fit"), std::string::npos);
  EXPECT_NE(one("F32", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]"), "");
}

TEST(Safetensors, RefuseWhatIsNoSuchHeader) {
  const std::string good = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  EXPECT_EQ(refusal(file_of(good, "x")), "");
  for (const std::string header :
       {" {}",
        "",
        "[]",
        "{",
        "{}x",
        R"({"a":1})",
        R"({"a":{}})",
        R"({"__metadata__":{"a":1}})",
        R"({"__metadata__":{"a":"b","a":"b"}})",
        R"({"a")",
        R"({"a)",
        R"({"a\)",
        R"({"a\u12)",
        R"({"\ud800":{}})",
        R"({"\ude00":{}})",
        "{\"\xff\":{}}",
        "{\"\n\":{}}",
        R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}})",
        R"({"a":{"dtype":"U8","shape":[1]}})",
        R"({"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}})",
        R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})",
        R"({"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})",
        R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":[]}})",
        R"({"a":{"dtype":"U8","dtype":"U8","data_offsets":[0,1]}})"})
    EXPECT_NE(refusal(file_of(header, "x")), "") << header;
  const std::string twice = good.substr(0, good.size() - 1) + "," + good.substr(1);
  EXPECT_NE(refusal(file_of(twice, "x")).find("twice"), std::string::npos);
  EXPECT_NE(refusal(file_of(std::string(100'000, '{'), "")), "") << "deep";
}

TEST(Safetensors, RefuseNumbersThatAreNotFinite) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const std::vector<float> values{1.0F, bad};
    const Tensor tensor = Tensor::of("w", {2}, std::span(values));
    EXPECT_EQ(encode({{}, {tensor}}).error().code, ErrorCode::OutOfRange);
    std::string data(reinterpret_cast<const char*>(values.data()), 8);
    const std::string header = R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
    EXPECT_NE(refusal(file_of(header, data)).find("element 1"), std::string::npos);
  }
  EXPECT_TRUE(encode({{}, {Tensor{"w", TensorType::F32, {3}, "1234"}}}).has_error());
}

}  // namespace
}  // namespace proteus::inference
