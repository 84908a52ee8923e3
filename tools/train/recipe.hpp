// How a model's name becomes a trainer: the table that joins the learners to `proteus train`.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader.hpp"
#include "models/inference/checkpoint.hpp"
#include "models/runs/data.hpp"
#include "models/runs/trainer.hpp"
#include "tools/train/settings.hpp"

namespace proteus::app::train {

/// What a trained model did on bars that training had not.
struct TestReport {
  struct File {
    std::string name;
    std::string content;
  };
  std::string text;  ///< tables, for people
  std::vector<File> files;
};

/// The series of a test; of their bars those before the period are only looked back at.
struct TestData {
  std::vector<std::shared_ptr<const training::Series>> series;
  training::Period period;
};

/// The settings of one model's trainer, and the way from them to the trainer.
class Recipe {
 public:
  virtual ~Recipe() = default;
  /// Reads [train], which holds `shared` and keys of the trainer's own, and the model's sections.
  virtual void read(config::Reader& reader, TrainSettings& shared) = 0;
  /// Errors: those of the trainer.
  virtual Result<std::unique_ptr<runs::Trainer>> make(const runs::Data& data,
                                                      std::uint64_t seed) = 0;
  /// Whether there is a test; `read` then also reads [test].
  [[nodiscard]] virtual bool tests() const { return false; }
  /// Errors: those of reading the model and of playing it; Unsupported, where there is no test.
  virtual Result<TestReport> test(const inference::Checkpoint& /*model*/,
                                  const TestData& /*data*/) {
    return error(ErrorCode::Unsupported, "this model has no test of its own");
  }
};

struct ModelKind {
  std::string_view name;
  std::function<std::unique_ptr<Recipe>()> recipe;
  bool in_ranks = false;  ///< several processes may train it together
};

/// Models that need no LibTorch.
std::span<const ModelKind> maml_models();
/// Those that do; proteus-learn has them.
bool needs_torch(std::string_view model);

/// The processes that train one model together.
class Ranks {
 public:
  virtual ~Ranks() = default;
  [[nodiscard]] virtual int rank() const { return 0; }
  [[nodiscard]] virtual int size() const { return 1; }
  /// The sum of what all ranks say. Errors: Io, where one is gone.
  virtual Result<double> sum(double mine, std::string_view /*what*/) { return mine; }
};

}  // namespace proteus::app::train
