// PROTEUS_ASSERT: the program itself is wrong. On in release builds too: a trading process that has
// lost its invariants must end, and start-up is recovery. The handler lets a session flush its log
// before the process ends.
#pragma once

namespace proteus {

using AssertHandler = void (*)(const char* expression, const char* file, int line) noexcept;

/// Installs what runs before the process aborts (flushing a log, say). Returns the handler that
/// stood before.
AssertHandler set_assert_handler(AssertHandler handler) noexcept;

[[noreturn]] void assert_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace proteus

#define PROTEUS_ASSERT(expression)     \
  ((expression) ? static_cast<void>(0) \
                : ::proteus::assert_failed(#expression, __FILE_NAME__, __LINE__))
