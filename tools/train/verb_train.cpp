#include <CLI/CLI.hpp>
#include <cstdlib>

#include "tools/app/verbs.hpp"
#include "tools/app/verify/learner.hpp"
#include "tools/train/train.hpp"

namespace proteus::app {

void declare_train(CLI::App& app, Options& options) {
  app.add_option("-c,--config", options.config, "TOML file of settings")->type_name("FILE");
  app.add_option("-s,--set", options.overrides,
                 "one setting on top of the file: section.key=value; may be given again")
      ->type_name("KEY=VALUE")
      ->take_all()
      ->expected(1);
  app.add_option("--out", options.out,
                 "folder of the run; default: one below runs, named after time and run")
      ->type_name("DIR");
  app.add_option("--resume", options.resume_folder, "goes on with the run in this folder")
      ->type_name("DIR");
  app.add_flag("--check", options.check,
               "reads settings and data, tells what would be trained on what, and ends");
}

int run_train(const Options& options) {
  if (const auto learner = verify::find_learner()) verify::become(*learner);
  const char* processes = std::getenv("WORLD_SIZE");
  if (processes != nullptr && std::string_view(processes) != "1" && *processes != '\0')
    return fail(error(ErrorCode::Unsupported,
                      "WORLD_SIZE asks for several processes, and this build, without LibTorch, "
                      "trains in one: unset it"),
                kError);
  train::Ranks alone;
  return train::run_training(options, train::maml_models(), alone);
}

}  // namespace proteus::app
