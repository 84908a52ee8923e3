// A training run and its folder. Drives a Trainer iteration by iteration and keeps
//
//   config.toml                      the settings it was started with, all of them
//   scalars.csv                      a row of figures an iteration (scalar_rows.hpp)
//   events.out.tfevents.proteus      the same for TensorBoard (event_record.hpp)
//   curves.html                      the same as plots (curves.hpp), drawn at a save when there are
//                                    an eighth more rows than on it, and at the end
//   latest.safetensors               the model, and in the tensor training.state all that a resumed
//                                    run needs
//   checkpoints/step-N.safetensors   the last few models, by their steps
//   best.safetensors                 the model whose figure of the validation was the best
//   model.safetensors                the model at the end
//   last-good.safetensors            the model, where training ended because its numbers broke
//   latest.rank-N.safetensors        where several processes train together, of each but the first
//   latest.previous.safetensors      where they do, the save before: ranks save one after another,
//   latest.rank-N.previous...        and until all have, this is the newest that all of them have
//
// A run that was stopped at any moment and is resumed gives the same rows and the same model as one
// that was never stopped: what was written after the last save is cut away and made again. A
// model's parent is the checkpoint of this run that was kept before it.
//
// Time is given by the caller and stands in the TensorBoard file alone. Thread: one owner.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/runs/appended_file.hpp"
#include "models/runs/files.hpp"
#include "models/runs/provenance.hpp"
#include "models/runs/run_settings.hpp"
#include "models/runs/trainer.hpp"

namespace proteus::runs {

struct Best {
  double value = 0.0;
  std::int64_t steps = 0;
  void archive(Archive& a) { a(value, steps); }
};

class Run {
 public:
  /// What begin() would be refused for, as far as it can be told without writing. Errors: Refused,
  /// Busy, Io.
  static Result<void> check_begin(const std::filesystem::path& folder, const RunSettings& settings);
  /// The iterations of the saves that resume() can go on from, the newest first; writes nothing.
  /// Errors: those of resume().
  static Result<std::vector<std::int64_t>> check_resume(const std::filesystem::path& folder,
                                                        const RunSettings& settings,
                                                        const Provenance& provenance);
  /// Makes the folder and saves the model as it is before the first iteration. `trainer` must
  /// outlive the run. Errors: Refused (there is a run in the folder), Busy, Io, those of saving.
  static Result<std::unique_ptr<Run>> begin(const std::filesystem::path& folder,
                                            const RunSettings& settings, Provenance provenance,
                                            Trainer& trainer, Timestamp now);
  /// Puts `trainer`, made from the same settings and data, where the run was saved last, or at the
  /// save of `iteration`. Errors: NotFound (no run there, no such save), Refused (other settings,
  /// data, program or number of ranks, with what differs), Busy, Corrupt, Io.
  static Result<std::unique_ptr<Run>> resume(const std::filesystem::path& folder,
                                             const RunSettings& settings, Provenance provenance,
                                             Trainer& trainer, Timestamp now,
                                             std::optional<std::int64_t> iteration = std::nullopt);

  [[nodiscard]] bool done() const { return trainer_.steps() >= trainer_.total_steps(); }
  /// One iteration, its figures, and what is to be kept of it. Errors: Io (no room, with what was
  /// to be written: what was kept before is whole); those of the trainer, after keeping
  /// last-good.safetensors. No iteration may follow an error.
  Result<void> iterate(Timestamp now);
  /// Keeps this moment for resume().
  Result<void> save();
  /// Keeps model.safetensors, whose content hash it returns; empty beside rank 0.
  Result<std::string> finish();

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::int64_t iterations() const { return state_.iterations; }
  /// Of the iteration done last; empty before the first.
  [[nodiscard]] const std::vector<Scalar>& figures() const { return figures_.all(); }
  /// The figure that decides which model is the best; empty: there is none.
  [[nodiscard]] const std::string& best_figure() const { return best_figure_; }
  [[nodiscard]] const std::optional<Best>& best() const { return state_.best; }
  /// Where resume() would go on.
  [[nodiscard]] std::int64_t saved_steps() const { return saved_steps_; }
  /// What went wrong that ends no training, for people; the first such thing alone, and once.
  [[nodiscard]] std::optional<std::string> take_note() {
    return std::exchange(note_, std::nullopt);
  }

 private:
  /// Of the run itself; the trainer's follows it in the file.
  struct State {
    std::int64_t iterations = 0;
    std::uint64_t csv_bytes = 0;
    std::uint64_t event_bytes = 0;
    std::vector<std::string> columns;
    std::optional<Best> best;
    std::string parent;
    std::int64_t rank = 0;
    std::int64_t ranks = 1;
    void archive(Archive& a) {
      a(rank, ranks, iterations, csv_bytes, event_bytes, columns, best, parent);
    }
  };
  struct Save {
    std::filesystem::path path;
    inference::Checkpoint checkpoint;
    State state;
  };

  Run(std::filesystem::path folder, const RunSettings& settings, Provenance provenance,
      Trainer& trainer, FolderLock lock);
  static Result<std::vector<Save>> saves(const std::filesystem::path& folder,
                                         const RunSettings& settings, const Provenance& provenance);
  static Result<Save> read_save(const std::filesystem::path& path, const RunSettings& settings,
                                const Provenance& provenance);
  Result<void> read_state(const Save& save);
  Result<void> put_down();
  Result<void> save_latest(const inference::Checkpoint& latest);
  Result<void> open_files(Timestamp now);
  Result<void> write_row(Timestamp now);
  Result<void> name_columns();
  Result<void> choose_best_figure();
  Result<void> keep_best();
  Result<void> keep_interval();
  Result<void> drop_checkpoints();
  void show_curves();
  Result<void> draw_curves();
  [[nodiscard]] inference::Checkpoint model() const;
  [[nodiscard]] std::filesystem::path checkpoint_path(std::int64_t steps) const;
  [[nodiscard]] bool is_first() const { return settings_.rank == 0; }

  std::filesystem::path folder_;
  RunSettings settings_;
  Provenance provenance_;
  Trainer& trainer_;
  FolderLock lock_;
  State state_;
  Scalars figures_;
  std::string best_figure_;
  std::int64_t saved_steps_ = 0;
  std::optional<std::int64_t> saved_iterations_;
  std::uint64_t drawn_bytes_ = 0;  ///< of scalars.csv, that are on curves.html
  std::optional<std::string> note_;
  bool noted_ = false;
  std::optional<AppendedFile> csv_;
  std::optional<AppendedFile> events_;
};

}  // namespace proteus::runs
