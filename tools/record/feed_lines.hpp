// Which frames of which recordings a verb is about, from its command line, and the way through
// them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "connectors/storage/feed_merge.hpp"
#include "tools/app/options.hpp"

namespace CLI {
class App;
}

namespace proteus::app::record {

struct Wanted {
  std::vector<storage::FeedStream> streams;
  std::optional<Timestamp> from;    ///< received then or later
  std::optional<Timestamp> to;      ///< and before this
  std::vector<std::string> topics;  ///< patterns; empty: every frame
};

/// SOURCE..., --from, --to, --topic.
void add_sources(CLI::App& app, Options& options);
void add_span(CLI::App& app, Options& options);
void add_topics(CLI::App& app, Options& options, const std::string& what);

/// A time of the command line: "2025-06-01T12:00:00Z", or a day. Errors: Malformed, naming
/// `option`.
Result<std::optional<Timestamp>> time_option(const std::string& text, const char* option);
/// Sources are folders and files; a name without a folder may also be a session beside the socket.
Result<Wanted> wanted_of(const Options& options);

/// What came of a walk: what was damaged was said on standard error.
struct Walked {
  std::uint64_t frames = 0;
  std::uint64_t damages = 0;
  std::optional<Timestamp> first, last;
};
/// Every frame that is wanted, in the order of receive time; damage is told to `on_damage` and
/// passed over. `take` may end it with an error, which comes back. Errors: those of `take`.
Result<Walked> walk(const Wanted& wanted,
                    const std::function<Result<void>(const storage::FrameView&, std::size_t)>& take,
                    const std::function<void(const std::string&)>& on_damage);

}  // namespace proteus::app::record
