#include <CLI/CLI.hpp>

#include "tools/app/daemon_start.hpp"
#include "tools/app/shipped_settings.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {

void declare_run(CLI::App& app, Options& options) {
  add_config(app, options);
  add_run_for(app, options);
}

void declare_paper(CLI::App& app, Options& options) {
  declare_run(app, options);
  app.add_option_function<std::vector<std::string>>(
         "--resume",
         [&options](const std::vector<std::string>& given) {
           options.resume = true;
           if (!given.empty()) options.resume_folder = given.front();
         },
         "go on with a session that was stopped or killed: its FOLDER (or its name below "
         "session.folder), or the newest one; begins "
         "a new one where there is none, and waits for a venue that is away")
      ->expected(0, 1)
      ->type_name("[FOLDER]");
}

int run_paper(const Options& options) {
  auto loaded = load_for_verb(options.config, options.overrides);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  return run_daemon(options, loaded.value(), "paper");
}

}  // namespace proteus::app
