// The packed policy of a trainer's checkpoint beside the agent of that checkpoint.
#include "models/inference/packed_policy.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "models/learners/agent_file.hpp"
#include "tests/support/policies.hpp"
#include "tests/unit/learners/support.hpp"

namespace proteus::learners {
namespace {

using inference::PackedPolicy;

torch::Tensor view(std::span<const float> values, std::vector<std::int64_t> shape) {
  return torch::from_blob(const_cast<float*>(values.data()), shape, torch::kFloat32);
}

double farthest(std::span<const float> a, const torch::Tensor& b) {
  double most = 0.0;
  const auto* other = b.data_ptr<float>();
  for (std::size_t i = 0; i < a.size(); ++i)
    most = std::max(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(other[i])));
  return most;
}

/// An agent of each core that is offered, also in layers.
std::vector<Rl2Settings> offered() {
  std::vector<Rl2Settings> all(4, small_settings());
  all[1].policy.core.layers = 3;
  all[2].policy.core.kind = policy::CoreKind::Memoryless;
  all[3].policy.encoder = 0;
  all[3].policy.belief = 4;
  all[3].ppo.belief_share = 0.5;
  return all;
}

TEST(PackedPolicyOfATrainer, OfATrainersCheckpointIsTheAgentOfThatCheckpoint) {
  for (const Rl2Settings& settings : offered()) {
    const auto data = market_data();
    const auto saved = std::move(make_rl2_trainer(settings, data, 7).value())->model();
    const auto agent = load_agent(saved, data.series.front()->schema()).value();
    const auto packed = PackedPolicy::create(saved, "agent").value();
    const auto& shape = packed->shape();
    ASSERT_EQ(shape.inputs, static_cast<std::size_t>(agent.policy->inputs()));
    ASSERT_EQ(shape.state, static_cast<std::size_t>(agent.state_size()));
    const auto flat = std::as_const(*agent.policy).values();
    const auto own = packed->weights(AdaptedPart::All);
    ASSERT_LE(own.size(), flat.size());
    EXPECT_EQ(own.size() == flat.size(), settings.policy.belief == 0);
    EXPECT_EQ(std::memcmp(own.data(), flat.data(), own.size_bytes()), 0)
        << "the flat order is that of ActorCritic::values(), a belief last";
    const auto x = test::normals(10 * 3 * shape.inputs, 5, "inputs");
    torch::Tensor state = torch::zeros({3, static_cast<std::int64_t>(shape.state)});
    std::vector<float> states(3 * shape.state), features(3 * shape.features),
        scratch(packed->scratch(3));
    std::vector<float> outputs(3 * shape.outputs());
    for (std::size_t t = 0; t < 10; ++t) {
      const auto row = std::span(x).subspan(t * 3 * shape.inputs, 3 * shape.inputs);
      packed->trunk(3, row.data(), states.data(), features.data(), scratch);
      packed->head(3, features.data(), outputs.data());
      const auto out = agent.policy->step(view(row, {3, agent.policy->inputs()}), state);
      ASSERT_LE(farthest(outputs, out), 1e-5);
    }
  }
}

TEST(PackedPolicyOfATrainer, OfACoreThatIsNotOfferedIsRefused) {
  auto settings = small_settings();
  settings.policy.core.kind = policy::CoreKind::S5;
  const auto saved = std::move(make_rl2_trainer(settings, market_data(), 7).value())->model();
  EXPECT_EQ(PackedPolicy::create(saved, "agent").error().code, ErrorCode::Unsupported);
}

}  // namespace
}  // namespace proteus::learners
