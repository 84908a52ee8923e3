// What is between the account's gateway and the venue in the self-test. Nothing, in the program; a
// test taps the wire to take a control of the gateway out, and sees that the line tells.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace proteus::app::selftest {

struct WireTap {
  /// A message of a stream, or the path of a request; false: it does not leave.
  std::function<bool(std::string& text)> leaves = [](std::string&) { return true; };
  /// The answer to a request.
  std::function<void(std::string_view target, std::string& body)> comes = [](std::string_view,
                                                                             std::string&) {};
};

}  // namespace proteus::app::selftest
