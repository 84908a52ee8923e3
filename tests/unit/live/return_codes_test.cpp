// The table against section 14 of the reference, copied here action by action.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "connectors/live/return_codes.hpp"

namespace proteus::live {
namespace {

using Codes = std::vector<int>;

struct Group {
  const char* action;
  Outcome order, cancel, read;
  Codes codes;
};

Codes range(int first, int last) {
  Codes codes;
  for (int code = first; code <= last; ++code) codes.push_back(code);
  return codes;
}
Codes operator+(Codes a, const Codes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

constexpr Outcome D = Outcome::Done, R = Outcome::Refused, U = Outcome::Unknown, L = Outcome::Later,
                  F = Outcome::Fatal;

const std::vector<Group>& groups() {
  static const std::vector<Group> all = {
      {"success", D, D, D, {0}},
      {"RETRY, open", U, L, L, {-1}},
      {"RETRY", L, L, L, {10002, 110079, 170144, 170191, 170212}},
      {"WAIT, open", U, L, L, {429, 10403, 10429, 20003, 170005, 170222}},
      {"WAIT",
       L,
       L,
       L,
       {10006, 110063, 110066, 110074, 110095, 110118, 170151, 170157, 170159, 170206}},
      {"as HTTP 403", L, L, L, {10018}},
      {"RECON, open", U, U, L,
       Codes{10000, 10016, 10019, 20006, 500000, 170001, 170007, 170032, 170146, 170147, 170149,
             170150, 170234, 170310}},
      {"RECON", U, U, L,
       Codes{10014, 40004, 110001, 110008, 110010, 110030, 110064, 110072, 170139, 170142, 170143,
             170190, 170213, 170141, 170145, 170312, 170311, 170313}},
      // Refused for certain: it is the position that has to be looked at.
      {"RECON of the position", R, U, L, {110005, 110017, 110033, 110034}},
      {"DONE", D, D, D, {20001, 34040, 110025, 110026, 110027, 110043, 110075}},
      {"FIX", R, R, R,
       Codes{10001,   10017,  10028,  10029,  10404,  100028, 30208,  30209,  110003,
             110013,  110015, 110036, 110038, 110018, 110019, 110024, 110028, 110029,
             110032,  110092, 110093, 110094, 110103, 110108, 110109, 110120, 110121,
             3100326, 170105, 170121, 170130, 170201, 170132, 170133, 170371, 170372,
             170203,  170204, 170134, 170137, 170148, 170136, 170140, 170217, 170218} +
           range(170115, 170117) + range(170192, 170194)},
      {"RISK", R, R, R,
       Codes{30228,  110023, 110042, 110004, 110006, 110007,  110012, 110014, 110044,
             110045, 110009, 110011, 110039, 110040, 110046,  110016, 110020, 110021,
             110022, 110059, 110060, 110031, 110048, 3400139, 110061, 170033, 170131,
             170124, 170381, 170382, 170228, 170229, 170341,  170197, 170198, 170210,
             170810, 110085, 110086, 110087, 110089, 110090} +
           range(110051, 110053)},
      {"HALT", F, F, F,
       Codes{10003, 10004, 10005, 10007, 10008, 10009, 10010, 10024, 10027, 33004, -2015, 110080,
             110124}},
      {"HALT for it",
       F,
       F,
       F,
       {110067, 110068, 110069, 110070, 110088, 110123, 110125, 110132, 170031, 170227}},
  };
  return all;
}

TEST(ReturnCodes, FollowTheActionColumn) {
  for (const Group& group : groups())
    for (const int code : group.codes) {
      ASSERT_NE(meaning_of(code), nullptr) << group.action << " " << code;
      EXPECT_EQ(outcome_of(RequestKind::Create, code), group.order) << group.action << " " << code;
      EXPECT_EQ(outcome_of(RequestKind::Amend, code), group.order) << group.action << " " << code;
      EXPECT_EQ(outcome_of(RequestKind::Setting, code), group.order) << group.action << " " << code;
      EXPECT_EQ(outcome_of(RequestKind::Cancel, code), group.cancel) << group.action << " " << code;
      EXPECT_EQ(outcome_of(RequestKind::Read, code), group.read) << group.action << " " << code;
      EXPECT_FALSE(meaning_of(code)->words.empty()) << code;
    }
}

TEST(ReturnCodes, HoldExactlyTheCodesOfTheReference) {
  std::set<int> listed;
  for (const Group& group : groups())
    for (const int code : group.codes) EXPECT_TRUE(listed.insert(code).second) << code << " twice";
  std::set<int> known;
  for (const CodeMeaning& meaning : code_meanings()) known.insert(meaning.code);
  EXPECT_EQ(known, listed);
}

/// 110088 stands in two lines of the reference: the stricter one holds.
TEST(ReturnCodes, SymbolHaltsAreMarked) {
  for (const CodeMeaning& meaning : code_meanings()) {
    const Group& group = groups().back();
    const bool listed = std::ranges::count(group.codes, meaning.code) > 0;
    EXPECT_EQ(meaning.symbol_only, listed) << meaning.code;
  }
}

TEST(ReturnCodes, UnknownOnesAreAskedAfter) {
  for (const int code : {1, -7, 110999, 170999, INT32_MAX, INT32_MIN, -1'000'000}) {
    EXPECT_EQ(meaning_of(code), nullptr);
    EXPECT_EQ(outcome_of(RequestKind::Create, code), U);
    EXPECT_EQ(outcome_of(RequestKind::Amend, code), U);
    EXPECT_EQ(outcome_of(RequestKind::Cancel, code), U);
    EXPECT_EQ(outcome_of(RequestKind::Read, code), L);
  }
}

TEST(ReturnCodes, HttpStatuses) {
  const std::map<int, std::array<Outcome, 3>> expected = {
      {0, {U, U, L}},   {200, {D, D, D}}, {400, {R, R, R}}, {401, {F, F, F}},
      {403, {L, L, L}}, {404, {R, R, R}}, {429, {U, U, L}}, {500, {U, U, L}},
      {502, {U, U, L}}, {503, {U, U, L}}, {504, {U, U, L}}, {302, {U, U, L}}};
  for (const auto& [status, outcomes] : expected) {
    EXPECT_EQ(outcome_of_http(RequestKind::Create, status), outcomes[0]) << status;
    EXPECT_EQ(outcome_of_http(RequestKind::Cancel, status), outcomes[1]) << status;
    EXPECT_EQ(outcome_of_http(RequestKind::Read, status), outcomes[2]) << status;
  }
}

TEST(ReturnCodes, EndsOfOrders) {
  EXPECT_EQ(order_end_of(0), OrderEnd::None);
  EXPECT_EQ(order_end_of(110007), OrderEnd::InsufficientMargin);
  EXPECT_EQ(order_end_of(170131), OrderEnd::InsufficientBalance);
  EXPECT_EQ(order_end_of(110094), OrderEnd::BelowMinimum);
  EXPECT_EQ(order_end_of(170140), OrderEnd::BelowMinimum);
  EXPECT_EQ(order_end_of(110017), OrderEnd::ReduceOnlyNothingToReduce);
  EXPECT_EQ(order_end_of(110072), OrderEnd::DuplicateId);
  EXPECT_EQ(order_end_of(110118), OrderEnd::NoLiquidity);
  EXPECT_EQ(order_end_of(110074), OrderEnd::NotTrading);
  EXPECT_EQ(order_end_of(170137), OrderEnd::OffStep);
  EXPECT_EQ(order_end_of(170124), OrderEnd::AboveMaximum);
  EXPECT_EQ(order_end_of(170218), OrderEnd::PostOnlyWouldTake);
  EXPECT_EQ(order_end_of(10001), OrderEnd::ByVenue);
  EXPECT_EQ(order_end_of(123456), OrderEnd::ByVenue);
}

}  // namespace
}  // namespace proteus::live
