#include "tools/train/train.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <optional>
#include <tuple>
#include <vector>

#include "connectors/net/loop.hpp"
#include "models/runs/run.hpp"
#include "tools/app/screen.hpp"
#include "tools/app/signal_words.hpp"
#include "tools/app/version.hpp"
#include "tools/train/agreement.hpp"
#include "tools/train/configuration.hpp"
#include "tools/train/progress.hpp"
#include "tools/train/test.hpp"

namespace proteus::app::train {
namespace {

namespace fs = std::filesystem;

volatile std::sig_atomic_t training_interrupted = 0;

void on_signal(int number) {
  training_interrupted = 1;
  std::signal(number, SIG_DFL);  // Who asks twice does not want to wait for the iteration.
}

/// Before there is a run, nothing is worth waiting for: it says so and dies of the signal.
void on_early_signal(int number) {
  say_in_handler("\nproteus: interrupted before the training had begun\n");
  std::signal(number, SIG_DFL);
  std::raise(number);
}

/// What whoever started this had ignored stays so: under nohup, a terminal that closes ends
/// nothing.
void listen_to_signals(void (*handler)(int)) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
      std::signal(number, handler);
  }
}

/// What was asked for; a sentence where it does not go together.
Result<void> check_options(const Options& options, const Ranks& ranks) {
  const auto wrong = [](const char* what) { return error(ErrorCode::Malformed, what); };
  if (options.resume_folder.empty() && options.config.empty())
    return wrong(
        "train needs a file of settings, --config FILE, or a run to go on with, --resume "
        "DIR");
  if (!options.resume_folder.empty() && !(options.config.empty() && options.overrides.empty()))
    return wrong(
        "--resume goes on with the settings that the run was begun with: leave out "
        "--config and --set");
  if (!options.resume_folder.empty() && !options.out.empty())
    return wrong("--resume writes to the folder that it goes on in: leave out --out");
  if (ranks.size() > 1 && options.resume_folder.empty() && options.out.empty())
    return wrong("several processes need one folder to write to: name it with --out DIR");
  return success();
}

/// "runs/2026-11-21T16-18-22Z-train-rl2".
fs::path default_folder(Timestamp wall, const std::string& name) {
  std::string time = format_time(wall).substr(0, 19);
  std::ranges::replace(time, ':', '-');
  return fs::path("runs") / fmt::format("{}Z-train-{}", time, name);
}

class Training {
 public:
  Training(const Options& options, Ranks& ranks)
      : options_(options),
        ranks_(ranks),
        agreement_(ranks),
        progress_(style_of_stdout(), stdout_is_terminal() && ranks.rank() == 0) {}

  int run(std::span<const ModelKind> models) {
    listen_to_signals(on_early_signal);
    if (const auto ready = start(models); ready.has_error()) return fail(ready.error(), code_);
    if (options_.check) return tell_all();
    listen_to_signals(on_signal);
    tell_start();
    return train();
  }

 private:
  /// Nothing is written before all ranks have said that they can begin, and with the same.
  Result<void> start(std::span<const ModelKind> models) {
    BOOST_OUTCOME_TRY(agreement_.none_failed(prepare(models), "begin"));
    code_ = kError;
    BOOST_OUTCOME_TRY(agreement_.same(
        fmt::format("{} {} {} {}", config_.resolved, resumes_, options_.check, kVersion),
        "settings, options or version of the program"));
    BOOST_OUTCOME_TRY(agreement_.same(data_text(), "data"));
    BOOST_OUTCOME_TRY(agreement_.none_failed(choose_save(), "find the save that all go on from"));
    BOOST_OUTCOME_TRY(agreement_.none_failed(make_trainer(), "make its trainer"));
    if (options_.check) return success();
    return agreement_.none_failed(open_run(), "open the run's folder");
  }

  /// Settings, data and the state of the folder. Sets the code that an error ends with.
  Result<void> prepare(std::span<const ModelKind> models) {
    code_ = kUsage;
    BOOST_OUTCOME_TRY(check_options(options_, ranks_));
    BOOST_OUTCOME_TRY(read_settings(models));
    code_ = kError;
    if (ranks_.size() > 1 && !config_.model->in_ranks)
      return error(ErrorCode::Unsupported,
                   fmt::format("{} trains in one process: unset WORLD_SIZE", config_.model->name));
    BOOST_OUTCOME_TRY(auto loaded, load_data(config_.data, config_.periods));
    if (ranks_.rank() == 0)
      for (const std::string& note : loaded.notes) progress_.say("note: " + note);
    data_ = std::move(loaded.data);
    if (config_.test_period) {
      BOOST_OUTCOME_TRY(test_, load_test(config_, data_));
    }
    if (options_.check) return success();
    if (!resumes_) return runs::Run::check_begin(folder_, run_settings());
    BOOST_OUTCOME_TRY(saves_, runs::Run::check_resume(folder_, run_settings(), provenance()));
    return success();
  }

  Result<void> read_settings(std::span<const ModelKind> models) {
    resumes_ = !options_.resume_folder.empty();
    const fs::path file =
        resumes_ ? fs::path(options_.resume_folder) / "config.toml" : fs::path(options_.config);
    if (std::error_code failed; resumes_ && !fs::exists(file, failed)) {
      code_ = kConfig;
      return error(ErrorCode::NotFound,
                   fmt::format("{}: it holds no run (there is no config.toml in it)",
                               options_.resume_folder));
    }
    auto configuration = read_configuration(file, options_.overrides, models);
    if (configuration.has_error()) {
      code_ = configuration.error().code == ErrorCode::Unsupported ? kError : kConfig;
      return configuration.error();
    }
    config_ = std::move(configuration.value());
    folder_ = resumes_               ? fs::path(options_.resume_folder)
              : options_.out.empty() ? default_folder(net::Loop::wall_now(), config_.train.name)
                                     : fs::path(options_.out);
    return success();
  }

  /// The newest that all ranks have: where they were ended between their saves, one has it as its
  /// latest and another as the one before.
  Result<void> choose_save() {
    if (!resumes_ || options_.check) return success();
    BOOST_OUTCOME_TRY(const auto newest, agreement_.each(static_cast<double>(saves_.front()),
                                                         "where the run goes on"));
    iteration_ = static_cast<std::int64_t>(*std::ranges::min_element(newest));
    if (std::ranges::find(saves_, *iteration_) != saves_.end()) return success();
    return error(ErrorCode::Refused,
                 fmt::format("the ranks of {} have no save in common: this one has iteration {}, "
                             "another none after {}; begin a new run",
                             folder_.string(), fmt::join(saves_, " and "), *iteration_));
  }

  Result<void> make_trainer() {
    const auto seed = static_cast<std::uint64_t>(config_.train.seed);
    BOOST_OUTCOME_TRY(trainer_, config_.recipe->make(data_, seed));
    return success();
  }

  Result<void> open_run() {
    const auto now = net::Loop::wall_now();
    if (resumes_) {
      BOOST_OUTCOME_TRY(run_, runs::Run::resume(folder_, run_settings(), provenance(), *trainer_,
                                                now, iteration_));
    } else {
      BOOST_OUTCOME_TRY(run_,
                        runs::Run::begin(folder_, run_settings(), provenance(), *trainer_, now));
    }
    return success();
  }

  [[nodiscard]] runs::RunSettings run_settings() const {
    return {.save_every = config_.train.save_every,
            .keep = config_.train.keep,
            .best_figure = config_.train.best_figure,
            .better = config_.train.better,
            .rank = ranks_.rank(),
            .ranks = ranks_.size()};
  }
  [[nodiscard]] runs::Provenance provenance() const {
    return {
        config_.resolved, {static_cast<std::uint64_t>(config_.train.seed)}, data_.hashes, kVersion};
  }
  [[nodiscard]] std::string data_text() const {
    std::string text;
    for (const auto& [name, hash] : data_.hashes) text += fmt::format("{} {:016x}\n", name, hash);
    return text;
  }

  int tell_all() {
    if (ranks_.rank() != 0) return kOk;
    progress_.say(config_.shown);
    for (std::size_t i = 0; i < data_.series.size(); ++i) {
      const auto bars = data_.series[i]->bars();
      progress_.say(fmt::format("{}: {} {} bars, {} to {}, hash {:016x}", data_.hashes[i].name,
                                bars.size(), to_string(data_.series[i]->interval()),
                                format_time(bars.front().open_time),
                                format_time(bars.back().close_time), data_.hashes[i].hash));
    }
    progress_.say(fmt::format("\nfine: {} {} of {}; nothing was written",
                              grouped(trainer_->total_steps()), trainer_->unit(),
                              config_.train.model));
    return kOk;
  }

  void tell_start() {
    if (ranks_.rank() != 0) return;
    std::size_t bars = 0;
    for (const auto& series : data_.series) bars += series->size();
    progress_.say(fmt::format(
        "{} {} in {}: {} of {} {} done, {} series of {} bars, seed {}, settings {}",
        resumes_ ? "goes on with" : "trains", title(), folder_.string(), grouped(trainer_->steps()),
        grouped(trainer_->total_steps()), trainer_->unit(), data_.series.size(),
        grouped(static_cast<std::int64_t>(bars)), config_.train.seed, config_.hash));
  }

  /// "rl2", or "hours (rl2)" where the run has a name.
  [[nodiscard]] std::string title() const {
    const auto& [model, name] = std::tie(config_.train.model, config_.train.name);
    return name == model ? model : fmt::format("{} ({})", name, model);
  }

  int train() {
    const Duration begin = net::Loop::steady_now();
    const std::int64_t from = trainer_->steps();
    speed_.add(begin, from);
    while (!run_->done()) {
      const auto stop = ranks_.sum(training_interrupted != 0 ? 1.0 : 0.0, "the wish to stop");
      if (stop.has_error()) return broken(stop.error());
      if (stop.value() > 0.0) return stopped();
      if (const auto step = run_->iterate(net::Loop::wall_now()); step.has_error())
        return broken(step.error());
      tell_progress();
    }
    const auto hash = run_->finish();
    if (hash.has_error()) return broken(hash.error());
    tell_end(hash.value(), net::Loop::steady_now() - begin, trainer_->steps() - from);
    if (const auto tested = test(); tested.has_error()) return fail(tested.error(), kError);
    return kOk;
  }

  /// The finished model on bars that it has not seen, where the settings ask for it.
  Result<void> test() {
    if (!config_.test_period || ranks_.rank() != 0) return success();
    BOOST_OUTCOME_TRY(const TestReport report,
                      test_model(config_, folder_ / "model.safetensors", test_));
    for (const TestReport::File& file : report.files) {
      BOOST_OUTCOME_TRY(runs::write_text(folder_ / file.name, file.content));
      progress_.say(fmt::format("test      {}", (folder_ / file.name).string()));
    }
    progress_.say("\n" + report.text);
    return success();
  }

  void tell_progress() {
    if (ranks_.rank() != 0) return;
    const Duration now = net::Loop::steady_now();
    speed_.add(now, trainer_->steps());
    for (const std::string& line : events_.of(run_->figures(), trainer_->steps()))
      progress_.say(line);
    tell_note();
    progress_.show(now,
                   {trainer_->unit(), trainer_->steps(), trainer_->total_steps(), speed_.rate(),
                    speed_.left(trainer_->total_steps())},
                   run_->figures());
  }

  void tell_note() {
    if (const auto note = run_->take_note()) progress_.say("note: " + *note);
  }

  [[nodiscard]] std::string resume_words() const {
    const std::string words =
        fmt::format("go on with: {} train --resume {}", options_.program, folder_.string());
    return ranks_.size() == 1 ? words
                              : fmt::format("{}, in {} processes again", words, ranks_.size());
  }

  int stopped() {
    if (const auto saved = run_->save(); saved.has_error()) return broken(saved.error());
    progress_.end();
    tell_note();
    if (ranks_.rank() == 0)
      progress_.say(fmt::format("stopped and saved at {} of {} {}; {}", grouped(trainer_->steps()),
                                grouped(trainer_->total_steps()), trainer_->unit(),
                                resume_words()));
    return kOk;
  }

  int broken(const Error& why) {
    progress_.end();
    std::string said = why.context;
    if (why.code == ErrorCode::Io)
      said += fmt::format(
          "; what was kept before is whole, up to {} {}: make room or mend what "
          "failed, and {}",
          grouped(run_->saved_steps()), trainer_->unit(), resume_words());
    return fail(error(why.code, said), kError);
  }

  void tell_end(const std::string& hash, Duration took, std::int64_t steps) {
    if (ranks_.rank() != 0) return;
    progress_.end();
    tell_note();
    const double seconds = std::chrono::duration<double>(took).count();
    progress_.say(
        fmt::format("\ntrained   {} {} of {} in {}{}", grouped(steps), trainer_->unit(),
                    config_.train.name, age_text(seconds),
                    steps > 0 ? fmt::format(", {} a second, saving and validation included",
                                            plain_number(static_cast<double>(steps) / seconds, 4))
                              : std::string(": it was at its end already")));
    progress_.say(fmt::format("model     {}\n          content hash {}",
                              (folder_ / "model.safetensors").string(), hash));
    if (const auto& best = run_->best())
      progress_.say(fmt::format("best      {}, {} {:.6g} at {}",
                                (folder_ / "best.safetensors").string(), run_->best_figure(),
                                best->value, grouped(best->steps)));
    progress_.say(fmt::format("figures   {}\n          {}\n          tensorboard --logdir {}",
                              (folder_ / "curves.html").string(),
                              (folder_ / "scalars.csv").string(), folder_.string()));
  }

  const Options& options_;
  Ranks& ranks_;
  Agreement agreement_;
  int code_ = kError;
  bool resumes_ = false;
  std::vector<std::int64_t> saves_;        ///< iterations that this rank can go on from
  std::optional<std::int64_t> iteration_;  ///< the one that all can
  Configuration config_;
  fs::path folder_;
  runs::Data data_;
  TestData test_;
  std::unique_ptr<runs::Trainer> trainer_;
  std::unique_ptr<runs::Run> run_;
  Progress progress_;
  Speed speed_;
  Events events_;
};

}  // namespace

int run_training(const Options& options, std::span<const ModelKind> models, Ranks& ranks) {
  std::signal(SIGPIPE, SIG_IGN);  // A training outlives whoever watched it.
  std::signal(SIGXFSZ, SIG_IGN);  // A file at its limit is a full disk: said, not died of.
  return Training(options, ranks).run(models);
}

}  // namespace proteus::app::train
