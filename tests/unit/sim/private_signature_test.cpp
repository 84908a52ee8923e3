// Keys, times and signatures of the private half. The vectors were computed apart from this code.
#include "private_fixture.hpp"

#include "connectors/sim/private/signed_request.hpp"

namespace proteus::sim::private_test {
namespace {

constexpr std::string_view kBody =
    R"({"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Limit","qty":"0.01",)"
    R"("price":"30000","timeInForce":"GTC","orderLinkId":"ex-1"})";
const std::vector<AccountSpec> kExample{{"EXAMPLEKEY", "EXAMPLESECRET", Money{}}};

HttpHeaders example_headers(std::string_view signature) {
  return {{"x-bapi-api-key", "EXAMPLEKEY"},
          {"X-Bapi-Timestamp", "1700000000000"},
          {"X-BAPI-RECV-WINDOW", "5000"},
          {"X-BAPI-SIGN", std::string(signature)}};
}

int verdict(const HttpHeaders& headers, const SignedCall& call,
            TimeRule rule = {1'700'000'000'000}) {
  const auto account = check_signature(kExample, headers, call, rule);
  return account ? 0 : account.error().code;
}

TEST(PrivateSignature, AcceptsTheExamplesOfTheReference) {
  EXPECT_EQ(
      verdict(example_headers("8a3079456c06cf94c9d0e0e1954200ebba9dd3c55c172532ccaa15727d4f4e94"),
              {false, "category=linear&symbol=BTCUSDT", ""}),
      0);
  EXPECT_EQ(
      verdict(example_headers("571fcb8e0cab4cdd1cb29dae9864d541506f77da0b2c36e6b45f8f4803520e7a"),
              {false, "", ""}),
      0);
  EXPECT_EQ(
      verdict(example_headers("c27f2e6371d551e203c363f11c93e353bb0123b9617ac8c37fcbf97f71faec6e"),
              {true, "", kBody}),
      0);
  EXPECT_TRUE(check_login(kExample, "EXAMPLEKEY", "1700000010000",
                          "2bd13fc1ca5711d363cfcc97ec29483e8dba953f313ffd5115327756055fab4c",
                          {1'700'000'000'000}));
}

TEST(PrivateSignature, IsThatOfTheExactBytes) {
  const auto headers =
      example_headers("8a3079456c06cf94c9d0e0e1954200ebba9dd3c55c172532ccaa15727d4f4e94");
  // The same parameters in another order, or encoded otherwise, are other bytes.
  EXPECT_EQ(verdict(headers, {false, "symbol=BTCUSDT&category=linear", ""}), 10004);
  EXPECT_EQ(verdict(headers, {false, "category=linear&symbol=%42TCUSDT", ""}), 10004);
  EXPECT_EQ(verdict(headers, {true, "", "category=linear&symbol=BTCUSDT"}), 0)
      << "the string to sign does not name the method";
}

TEST(PrivateSignature, SaysWhatIsWrong) {
  const SignedCall call{false, "", ""};
  auto headers =
      example_headers("571fcb8e0cab4cdd1cb29dae9864d541506f77da0b2c36e6b45f8f4803520e7a");
  headers[0].second = "OTHERKEY";
  EXPECT_EQ(verdict(headers, call), 10003);
  headers = example_headers("571FCB8E0CAB4CDD1CB29DAE9864D541506F77DA0B2C36E6B45F8F4803520E7A");
  EXPECT_EQ(verdict(headers, call), 10004) << "the hex is in small letters";
  headers = example_headers("");
  EXPECT_EQ(verdict(headers, call), 401);
  headers = example_headers("x");
  headers[1].second = "17e11";
  EXPECT_EQ(verdict(headers, call), 10001);
}

TEST(PrivateSignature, KeepsTheTimeRule) {
  // server - window <= timestamp < server + 1000
  const TimeRule rule{1'700'000'000'000};
  const auto code = [](const TimeRule& at, std::int64_t ahead, std::int64_t window) {
    const auto said = check_time(at, at.told_ms + ahead, window);
    return said ? 0 : said.error().code;
  };
  EXPECT_EQ(code(rule, -5000, 5000), 0);
  EXPECT_EQ(code(rule, -5001, 5000), 10002);
  EXPECT_EQ(code(rule, 999, 5000), 0);
  EXPECT_EQ(code(rule, 1000, 5000), 10002);
  EXPECT_EQ(code(rule, 1000, 60'000), 10002) << "the window widens the past alone";
  EXPECT_EQ(check_time(rule, 1, 5000).error().text,
            "invalid request, please check your server timestamp or recv_window param. "
            "req_timestamp[1],server_timestamp[1700000000000],recv_window[5000]");
  const TimeRule fast{rule.told_ms, 60.0};
  EXPECT_EQ(code(fast, -300'000, 5000), 0) << "at 60 seconds a second both sides stretch";
  EXPECT_EQ(code(fast, -300'001, 5000), 10002);
  EXPECT_EQ(code(fast, 59'999, 5000), 0);
  EXPECT_EQ(code(fast, 60'000, 5000), 10002);
  const TimeRule paced{rule.told_ms, 1.0, false};
  EXPECT_EQ(code(paced, -1'000'000, 5000), 0) << "paced time waits: any time is right";
}

TEST(PrivateSignature, LoginEndsAtItsTime) {
  const auto code = [](std::int64_t now) {
    const auto said =
        check_login(kExample, "EXAMPLEKEY", "1700000010000",
                    "2bd13fc1ca5711d363cfcc97ec29483e8dba953f313ffd5115327756055fab4c", {now});
    return said ? 0 : said.error().code;
  };
  EXPECT_EQ(code(1'700'000'009'999), 0);
  EXPECT_EQ(code(1'700'000'010'000), 10002);
}

TEST(PrivateAccounts, AreReadFromTheSettings) {
  const auto two = parse_accounts({"a:b:100000", "key-2:s_2:0.5"});
  ASSERT_TRUE(two);
  EXPECT_EQ(two.value()[1].key, "key-2");
  EXPECT_EQ(two.value()[1].secret, "s_2");
  EXPECT_EQ(two.value()[1].start, "0.5"_usdt);
  EXPECT_TRUE(parse_accounts({}));
  for (const char* bad :
       {"", "a:b", "a:b:c", ":b:1", "a::1", "a:b:-1", "a:b:10000001", "a b:c:1", "a:b:1:2"})
    EXPECT_FALSE(parse_accounts({bad})) << bad;
  EXPECT_FALSE(parse_accounts({"a:b:1", "a:c:1"})) << "one key twice";
  // A secret that was pasted by mistake is not repeated.
  EXPECT_EQ(parse_accounts({"k:top secret:1"}).error().context.find("top"), std::string::npos);
}

}  // namespace
}  // namespace proteus::sim::private_test
