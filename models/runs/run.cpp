#include "models/runs/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>
#include <tuple>
#include <utility>

#include "models/runs/curves.hpp"
#include "models/runs/event_record.hpp"
#include "models/runs/files.hpp"
#include "models/runs/scalar_rows.hpp"

namespace proteus::runs {
namespace {

namespace fs = std::filesystem;

constexpr const char* kState = "training.state";
constexpr std::string_view kStep = "step-";
constexpr std::string_view kEnding = ".safetensors";

std::string latest_of(int rank) {
  return rank == 0 ? "latest.safetensors" : fmt::format("latest.rank-{}.safetensors", rank);
}
std::string previous_of(int rank) {
  return rank == 0 ? "latest.previous.safetensors"
                   : fmt::format("latest.rank-{}.previous.safetensors", rank);
}
/// N of "step-N.safetensors".
std::optional<std::int64_t> step_of(const fs::path& path) {
  const std::string name = path.filename().string();
  if (!name.starts_with(kStep) || !name.ends_with(kEnding)) return std::nullopt;
  std::int64_t steps = 0;
  const char* const begin = name.data() + kStep.size();
  const char* const end = name.data() + name.size() - kEnding.size();
  const auto [stop, failed] = std::from_chars(begin, end, steps);
  if (failed != std::errc{} || stop != end) return std::nullopt;
  return steps;
}

/// Whether the folder has a save of this rank, of either name.
Result<bool> holds_run(const fs::path& folder, int rank) {
  BOOST_OUTCOME_TRY(const bool latest, is_there(folder / latest_of(rank)));
  BOOST_OUTCOME_TRY(const bool previous, is_there(folder / previous_of(rank)));
  return latest || previous;
}

Result<void> check_holds_none(const fs::path& folder, int rank) {
  BOOST_OUTCOME_TRY(const bool held, holds_run(folder, rank));
  if (!held) return success();
  return error(
      ErrorCode::Refused,
      fmt::format("{} holds a run already: resume it, or name another folder", folder.string()));
}

Result<void> check_holds_one(const fs::path& folder, int rank) {
  BOOST_OUTCOME_TRY(const bool held, holds_run(folder, rank));
  if (held) return success();
  return error(ErrorCode::NotFound,
               fmt::format("{} holds no run{}: there is no {} in it", folder.string(),
                           rank == 0 ? "" : fmt::format(" of a rank {}", rank), latest_of(rank)));
}

bool is_loss(std::string_view name) {
  return name.find("loss") != std::string_view::npos ||
         name.find("error") != std::string_view::npos;
}

}  // namespace

Run::Run(fs::path folder, const RunSettings& settings, Provenance provenance, Trainer& trainer,
         FolderLock lock)
    : folder_(std::move(folder)),
      settings_(settings),
      provenance_(std::move(provenance)),
      trainer_(trainer),
      lock_(std::move(lock)) {
  state_.rank = settings_.rank;
  state_.ranks = settings_.ranks;
}

Result<void> Run::check_begin(const fs::path& folder, const RunSettings& settings) {
  BOOST_OUTCOME_TRY(check_holds_none(folder, settings.rank));
  return FolderLock::check_free(folder, settings.rank);
}

Result<std::unique_ptr<Run>> Run::begin(const fs::path& folder, const RunSettings& settings,
                                        Provenance provenance, Trainer& trainer, Timestamp now) {
  BOOST_OUTCOME_TRY(make_folder(folder));
  BOOST_OUTCOME_TRY(FolderLock lock, FolderLock::take(folder, settings.rank));
  BOOST_OUTCOME_TRY(check_holds_none(folder, settings.rank));
  BOOST_OUTCOME_TRY(make_folder(folder / "checkpoints"));
  std::unique_ptr<Run> run(
      new Run(folder, settings, std::move(provenance), trainer, std::move(lock)));
  if (run->is_first()) {
    BOOST_OUTCOME_TRY(write_text(folder / "config.toml", run->provenance_.config));
  }
  BOOST_OUTCOME_TRY(run->open_files(now));
  BOOST_OUTCOME_TRY(run->save());
  return run;
}

Result<Run::Save> Run::read_save(const fs::path& path, const RunSettings& settings,
                                 const Provenance& provenance) {
  Save save{path, {}, {}};
  BOOST_OUTCOME_TRY(save.checkpoint, inference::load_checkpoint(path));
  BOOST_OUTCOME_TRY(check_same(save.checkpoint, provenance));
  BOOST_OUTCOME_TRY(const auto* tensor, save.checkpoint.tensor(kState));
  Archive archive = Archive::reader(std::as_bytes(std::span(tensor->bytes)));
  archive.part("the run");
  archive(save.state);
  if (!archive.ok())
    return error(ErrorCode::Corrupt,
                 fmt::format("{}: its training state cannot be read, at {}: it was written by "
                             "another program",
                             path.string(), archive.place()));
  BOOST_OUTCOME_TRY(check_ranks(save.state.rank, save.state.ranks, settings, path));
  return save;
}

/// The latest first.
Result<std::vector<Run::Save>> Run::saves(const fs::path& folder, const RunSettings& settings,
                                          const Provenance& provenance) {
  std::vector<Save> found;
  for (const std::string& name : {latest_of(settings.rank), previous_of(settings.rank)}) {
    BOOST_OUTCOME_TRY(const bool there, is_there(folder / name));
    if (!there) continue;
    BOOST_OUTCOME_TRY(Save save, read_save(folder / name, settings, provenance));
    found.push_back(std::move(save));
  }
  return found;
}

Result<std::vector<std::int64_t>> Run::check_resume(const fs::path& folder,
                                                    const RunSettings& settings,
                                                    const Provenance& provenance) {
  BOOST_OUTCOME_TRY(check_holds_one(folder, settings.rank));
  BOOST_OUTCOME_TRY(const auto found, saves(folder, settings, provenance));
  BOOST_OUTCOME_TRY(FolderLock::check_free(folder, settings.rank));
  std::vector<std::int64_t> iterations;
  for (const Save& save : found) iterations.push_back(save.state.iterations);
  return iterations;
}

Result<std::unique_ptr<Run>> Run::resume(const fs::path& folder, const RunSettings& settings,
                                         Provenance provenance, Trainer& trainer, Timestamp now,
                                         std::optional<std::int64_t> iteration) {
  BOOST_OUTCOME_TRY(check_holds_one(folder, settings.rank));
  BOOST_OUTCOME_TRY(FolderLock lock, FolderLock::take(folder, settings.rank));
  BOOST_OUTCOME_TRY(const auto found, saves(folder, settings, provenance));
  const auto chosen = std::ranges::find_if(
      found, [&](const Save& save) { return !iteration || save.state.iterations == *iteration; });
  if (chosen == found.end())
    return error(ErrorCode::NotFound,
                 fmt::format("{} was not saved at iteration {}", folder.string(), *iteration));
  BOOST_OUTCOME_TRY(make_folder(folder / "checkpoints"));
  std::unique_ptr<Run> run(
      new Run(folder, settings, std::move(provenance), trainer, std::move(lock)));
  BOOST_OUTCOME_TRY(run->read_state(*chosen));
  BOOST_OUTCOME_TRY(run->open_files(now));
  BOOST_OUTCOME_TRY(run->choose_best_figure());
  // A later save that not all ranks have would stand in the way of the next one.
  if (const fs::path latest = folder / latest_of(settings.rank); chosen->path != latest) {
    BOOST_OUTCOME_TRY(move_file(chosen->path, latest));
  }
  return run;
}

Result<void> Run::read_state(const Save& save) {
  BOOST_OUTCOME_TRY(const auto* tensor, save.checkpoint.tensor(kState));
  Archive archive = Archive::reader(std::as_bytes(std::span(tensor->bytes)));
  archive.part("the run");
  archive(state_);
  archive.part("the trainer");
  if (archive.ok()) trainer_.archive(archive);
  if (!archive.finish())
    return error(ErrorCode::Corrupt,
                 fmt::format("{}: its training state cannot be read, at {}: it was written by "
                             "another program",
                             save.path.string(), archive.place()));
  saved_steps_ = trainer_.steps();
  saved_iterations_ = state_.iterations;
  return success();
}

Result<void> Run::open_files(Timestamp now) {
  if (!is_first()) return success();
  BOOST_OUTCOME_TRY(csv_, AppendedFile::open(folder_ / "scalars.csv", state_.csv_bytes));
  BOOST_OUTCOME_TRY(
      events_, AppendedFile::open(folder_ / "events.out.tfevents.proteus", state_.event_bytes));
  if (state_.event_bytes > 0) return success();
  return events_->append(first_event_record(now));
}

Result<void> Run::iterate(Timestamp now) {
  figures_.clear();
  if (auto learned = trainer_.iterate(figures_); !learned) {
    auto why = learned.error();
    if (!is_first()) return why;
    const fs::path kept = folder_ / "last-good.safetensors";
    const auto saved = inference::save_checkpoint(kept, model());
    why.context += saved
                       ? fmt::format("; the model of the last good update is in {}", kept.string())
                       : fmt::format("; its model could not be kept: {}", saved.error().context);
    return why;
  }
  ++state_.iterations;
  if (is_first()) {
    BOOST_OUTCOME_TRY(write_row(now));
    BOOST_OUTCOME_TRY(keep_best());
  }
  if (settings_.save_every > 0 && state_.iterations % settings_.save_every == 0)
    return keep_interval();
  return success();
}

Result<void> Run::write_row(Timestamp now) {
  if (state_.columns.empty()) {
    BOOST_OUTCOME_TRY(name_columns());
  }
  if (!std::ranges::equal(figures_.all(), state_.columns, {}, &Scalar::name))
    return error(ErrorCode::Malformed,
                 "the trainer's figures are not those of its first iteration: a fault of the "
                 "program");
  BOOST_OUTCOME_TRY(csv_->append(scalar_row(trainer_.steps(), figures_.all())));
  return events_->append(scalars_event_record(now, trainer_.steps(), figures_.all()));
}

Result<void> Run::name_columns() {
  for (const Scalar& figure : figures_.all()) state_.columns.push_back(figure.name);
  BOOST_OUTCOME_TRY(csv_->append(scalar_header(figures_.all())));
  return choose_best_figure();
}

Result<void> Run::choose_best_figure() {
  const auto is_validation = [](const std::string& name) {
    return name.starts_with("validation/");
  };
  const auto& columns = state_.columns;
  if (columns.empty()) return success();
  if (settings_.best_figure.empty()) {
    const auto found = std::ranges::find_if(columns, is_validation);
    best_figure_ = found == columns.end() ? "" : *found;
    return success();
  }
  best_figure_ = settings_.best_figure;
  if (std::ranges::find(columns, best_figure_) != columns.end()) return success();
  return error(
      ErrorCode::NotFound,
      fmt::format("there is no figure \"{}\" to choose the best model by; this trainer has "
                  "{}",
                  best_figure_, fmt::join(columns, ", ")));
}

Result<void> Run::keep_best() {
  if (best_figure_.empty()) return success();
  const auto figure = std::ranges::find(figures_.all(), best_figure_, &Scalar::name);
  if (!std::isfinite(figure->value)) return success();
  const bool lower = settings_.better == Better::Lower ||
                     (settings_.better == Better::Auto && is_loss(best_figure_));
  if (state_.best &&
      (lower ? figure->value >= state_.best->value : figure->value <= state_.best->value))
    return success();
  BOOST_OUTCOME_TRY(inference::save_checkpoint(folder_ / "best.safetensors", model()));
  state_.best = Best{figure->value, trainer_.steps()};
  return success();
}

Result<void> Run::keep_interval() {
  if (!is_first()) return put_down();
  BOOST_OUTCOME_TRY(std::string hash,
                    inference::save_checkpoint(checkpoint_path(trainer_.steps()), model()));
  state_.parent = std::move(hash);
  BOOST_OUTCOME_TRY(put_down());
  // Reading every row again for a few new ones would take ever longer.
  if (state_.csv_bytes >= drawn_bytes_ + drawn_bytes_ / 8) show_curves();
  return drop_checkpoints();
}

/// Those of before that are too many, and those of steps that have not been taken: of a run that
/// was cut back.
Result<void> Run::drop_checkpoints() {
  const fs::path folder = folder_ / "checkpoints";
  std::vector<std::int64_t> kept;
  std::error_code failed;
  fs::directory_iterator entry(folder, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed))
    if (const auto steps = step_of(entry->path())) kept.push_back(*steps);
  if (failed) return io_error("read", folder, failed);
  std::ranges::sort(kept, std::greater{});
  Result<void> dropped = success();
  std::int64_t left = settings_.keep;
  for (const std::int64_t steps : kept) {
    if (steps <= trainer_.steps() && left-- > 0) continue;
    fs::remove(checkpoint_path(steps), failed);
    if (failed && dropped) dropped = io_error("remove", checkpoint_path(steps), failed);
  }
  return dropped;
}

Result<void> Run::save() {
  BOOST_OUTCOME_TRY(put_down());
  show_curves();
  return success();
}

/// The rows first: a saved moment never counts rows that the disk does not have.
Result<void> Run::put_down() {
  if (is_first()) {
    BOOST_OUTCOME_TRY(csv_->sync());
    BOOST_OUTCOME_TRY(events_->sync());
    state_.csv_bytes = csv_->size();
    state_.event_bytes = events_->size();
  }
  ByteBuffer bytes;
  Archive archive = Archive::writer(bytes);
  archive.part("the run");
  archive(state_);
  archive.part("the trainer");
  trainer_.archive(archive);
  if (!archive.finish())
    return error(ErrorCode::Malformed,
                 "the trainer's state cannot be written: a fault of the "
                 "program");
  inference::Checkpoint latest = model();
  inference::Tensor state{kState, inference::TensorType::U8, {bytes.size()}, {}};
  state.bytes.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  latest.tensors.push_back(std::move(state));
  BOOST_OUTCOME_TRY(save_latest(latest));
  saved_steps_ = trainer_.steps();
  saved_iterations_ = state_.iterations;
  return success();
}

/// Among several ranks the save before stays beside it. One of the same iteration is replaced: a
/// rank can be ahead of another by one iteration's save, never by two.
Result<void> Run::save_latest(const inference::Checkpoint& latest) {
  const fs::path path = folder_ / latest_of(settings_.rank);
  const fs::path previous = folder_ / previous_of(settings_.rank);
  const bool keeps =
      settings_.ranks > 1 && saved_iterations_ && *saved_iterations_ != state_.iterations;
  if (keeps) {
    BOOST_OUTCOME_TRY(move_file(path, previous));
  }
  Result<void> saved = success();
  if (auto hash = inference::save_checkpoint(path, latest); !hash) saved = std::move(hash).error();
  // Where this fails as well, resume() finds it under its other name.
  if (!saved && keeps) std::ignore = move_file(previous, path);
  return saved;
}

/// Plots are a convenience: where they fail, that is said and the training goes on.
void Run::show_curves() {
  if (!is_first() || state_.iterations == 0) return;
  if (auto drawn = draw_curves()) {
    drawn_bytes_ = state_.csv_bytes;
  } else if (!std::exchange(noted_, true)) {
    note_ = "curves.html could not be drawn, training goes on: " + drawn.error().context;
  }
}

Result<void> Run::draw_curves() {
  BOOST_OUTCOME_TRY(const std::string csv, read_text(folder_ / "scalars.csv"));
  BOOST_OUTCOME_TRY(const CurveTable table, read_curves(csv));
  const fs::path draft = folder_ / "curves.html.draft";
  BOOST_OUTCOME_TRY(write_text(draft, curves_page(fmt::format("{}, seed {}", trainer_.model().kind,
                                                              fmt::join(provenance_.seeds, ", ")),
                                                  trainer_.unit(), table)));
  return move_file(draft, folder_ / "curves.html");
}

Result<std::string> Run::finish() {
  std::string hash;
  if (is_first()) {
    BOOST_OUTCOME_TRY(hash, inference::save_checkpoint(folder_ / "model.safetensors", model()));
  }
  BOOST_OUTCOME_TRY(save());
  return hash;
}

inference::Checkpoint Run::model() const {
  inference::Checkpoint model = trainer_.model();
  model.run_config = provenance_.config;
  model.seeds = provenance_.seeds;
  model.data = provenance_.data;
  model.code_version = provenance_.code_version;
  model.parent = state_.parent;
  return model;
}

fs::path Run::checkpoint_path(std::int64_t steps) const {
  return folder_ / "checkpoints" / fmt::format("{}{}{}", kStep, steps, kEnding);
}

}  // namespace proteus::runs
