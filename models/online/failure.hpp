// What is said where nothing was learned. A learner ends no session: what is thrown in it, memory
// that ran out among it, becomes an AdaptationFailed, and the base policy goes on.
#pragma once

#include <functional>
#include <string_view>

#include "engine/core/event.hpp"
#include "engine/ports/learner.hpp"

namespace proteus::online {

/// AdaptationProposed or AdaptationFailed. May throw.
using LearnWork = std::function<EventBody(const LearnTask&)>;

/// Allocates nothing; what is longer than the event's text is cut.
AdaptationFailed failure_of(const LearnTask& task, std::string_view cause);

/// What `work` says of the task. Never throws: what it throws is the failure's cause.
EventBody work_on(const LearnTask& task, const LearnWork& work) noexcept;

}  // namespace proteus::online
