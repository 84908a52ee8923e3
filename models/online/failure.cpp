#include "models/online/failure.hpp"

#include <fmt/format.h>

#include <array>
#include <exception>
#include <new>

namespace proteus::online {

AdaptationFailed failure_of(const LearnTask& task, std::string_view cause) {
  AdaptationFailed out;
  out.instrument = task.instrument;
  out.ordinal = task.ordinal;
  out.cause = cause;
  return out;
}

EventBody work_on(const LearnTask& task, const LearnWork& work) noexcept {
  try {
    return work(task);
  } catch (const std::bad_alloc&) {
    return failure_of(task, "the learner failed: memory ran out");
  } catch (const std::exception& e) {
    std::array<char, decltype(AdaptationFailed::cause)::capacity()> words{};
    const auto end =
        fmt::format_to_n(words.data(), words.size(), "the learner failed: {}", e.what()).out;
    return failure_of(task, {words.data(), static_cast<std::size_t>(end - words.data())});
  } catch (...) {
    return failure_of(task, "the learner failed");
  }
}

}  // namespace proteus::online
