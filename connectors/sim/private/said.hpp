// How the private half says no: a return code and the venue's words, as a value.
#pragma once

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>
#include <boost/outcome/success_failure.hpp>
#include <boost/outcome/try.hpp>
#include <string>
#include <utility>

namespace proteus::sim {

/// `http`: status of the answer; other than 200 the text is the whole body, as at the venue.
struct Refusal {
  int code = 10001;
  std::string text;
  int http = 200;
  Refusal() = default;
  Refusal(int c, std::string t, int status = 200) : code(c), text(std::move(t)), http(status) {}
};

template <class T>
using Said = boost::outcome_v2::basic_result<T, Refusal, boost::outcome_v2::policy::terminate>;

}  // namespace proteus::sim
