// How a failure of the outside world (a frame, a file, a socket, a setting) is passed up: a value,
// never an exception. A broken program is a different matter: see assert.hpp.
#pragma once

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>
#include <boost/outcome/success_failure.hpp>
#include <boost/outcome/try.hpp>
#include <cstdint>
#include <string>
#include <utility>

namespace proteus {

enum class ErrorCode : std::uint8_t {
  Malformed,    ///< text or bytes that do not follow their format
  OutOfRange,   ///< a well-formed value that the type or the setting cannot hold
  NotFound,     ///< a file, key or instrument that is not there
  Io,           ///< disk or socket said no
  Timeout,      ///< a deadline passed; the outcome is unknown
  Refused,      ///< the other side answered and said no
  Corrupt,      ///< a stored artefact that fails its checksum or version
  Unsupported,  ///< known, but not offered
  Busy,         ///< somebody else holds it
  Stopped,      ///< a person asked for an end before it was done
};

/// What went wrong and where. `context` is one sentence for a person: what, where (file:line, key,
/// frame), what to do.
struct Error {
  ErrorCode code = ErrorCode::Malformed;
  std::string context;

  Error() = default;
  Error(ErrorCode c, std::string text) : code(c), context(std::move(text)) {}
};

template <class T>
using Result = boost::outcome_v2::basic_result<T, Error, boost::outcome_v2::policy::terminate>;

using boost::outcome_v2::failure;
using boost::outcome_v2::success;

inline Error error(ErrorCode code, std::string context) { return Error{code, std::move(context)}; }

}  // namespace proteus
