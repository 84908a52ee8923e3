// The packed policy against a plain network written out in double precision, rows against batches,
// kernels against one another, and each checkpoint that must be refused.
#include "models/inference/packed_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "tests/support/policies.hpp"
#include "tests/unit/strategies/allocations.hpp"

namespace proteus::inference {
namespace {

using test::default_architecture;
using test::normals;
using test::policy_checkpoint;
using test::random_policy;
using test::random_weights;
using test::small_architecture;
using ::testing::HasSubstr;

constexpr std::uint64_t kSeed = 11;

std::vector<Architecture> all_kinds() {
  std::vector<Architecture> all{default_architecture(), small_architecture()};
  all.push_back(small_architecture());
  all.back().encoder = 0;
  all.push_back(small_architecture());
  all.back().layers = 3;
  all.push_back(small_architecture());
  all.back().core = CoreKind::Memoryless;
  all.back().layers = 2;
  return all;
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

/// What some steps of a batch lead to.
struct Walk {
  std::vector<float> states;
  std::vector<float> features;
  std::vector<float> outputs;  ///< of the last step

  Walk(const Policy& policy, std::size_t rows, std::span<const float> inputs, std::size_t steps)
      : states(rows * policy.shape().state),
        features(rows * policy.shape().features),
        outputs(rows * policy.shape().outputs()) {
    std::vector<float> scratch(policy.scratch(rows));
    const std::size_t size = rows * policy.shape().inputs;
    for (std::size_t t = 0; t < steps; ++t) {
      policy.trunk(rows, inputs.data() + t * size, states.data(), features.data(), scratch);
      policy.head(rows, features.data(), outputs.data());
    }
  }
};

/// The network's equations over doubles, weights taken by their names from the checkpoint.
class Plain {
 public:
  explicit Plain(const Checkpoint& checkpoint, const Architecture& a) : a_(a) {
    for (const Tensor& t : checkpoint.tensors) weights_[t.name] = t.floats().value();
    state_.assign(a.layers, std::vector<double>(a.hidden));
  }
  std::vector<double> step(std::span<const float> inputs) {
    std::vector<double> x(inputs.begin(), inputs.end());
    if (a_.encoder > 0) x = rectified(affine("encoder_weight", "encoder_bias", x));
    for (std::size_t i = 0; i < a_.layers; ++i) {
      const std::string end = fmt::format("l{}", i);
      if (a_.remembers())
        x = state_[i] = gru(end, x, state_[i]);
      else
        x = rectified(affine("core.weight_" + end, "core.bias_" + end, x));
    }
    return affine("head_weight", "head_bias", x);
  }

 private:
  using Values = std::vector<double>;
  Values affine(const std::string& weight, const std::string& bias, const Values& x) {
    const auto& w = weights_.at(weight);
    const auto& b = weights_.at(bias);
    Values y(b.begin(), b.end());
    for (std::size_t i = 0; i < y.size(); ++i)
      for (std::size_t k = 0; k < x.size(); ++k)
        y[i] += static_cast<double>(w[i * x.size() + k]) * x[k];
    return y;
  }
  static Values rectified(Values x) {
    for (double& v : x) v = std::max(v, 0.0);
    return x;
  }
  Values gru(const std::string& end, const Values& x, const Values& h) {
    const Values in = affine("core.weight_ih_" + end, "core.bias_ih_" + end, x);
    const Values from = affine("core.weight_hh_" + end, "core.bias_hh_" + end, h);
    const auto sigmoid = [](double v) { return 1.0 / (1.0 + std::exp(-v)); };
    const std::size_t n = h.size();
    Values after(n);
    for (std::size_t i = 0; i < n; ++i) {
      const double r = sigmoid(in[i] + from[i]);
      const double z = sigmoid(in[n + i] + from[n + i]);
      const double fresh = std::tanh(in[2 * n + i] + r * from[2 * n + i]);
      after[i] = (1.0 - z) * fresh + z * h[i];
    }
    return after;
  }

  Architecture a_;
  std::map<std::string, std::vector<float>> weights_;
  std::vector<Values> state_;
};

TEST(PackedPolicy, ComputesTheNetworksEquationsForEveryCore) {
  for (const Architecture& a : all_kinds()) {
    const auto checkpoint = policy_checkpoint(a, random_weights(a, kSeed));
    const auto policy = PackedPolicy::create(checkpoint, "a.safetensors").value();
    Plain plain(checkpoint, a);
    constexpr std::size_t kSteps = 40;
    const auto inputs = normals(kSteps * a.inputs, kSeed, "inputs");
    std::vector<float> state(policy->shape().state), features(a.hidden), out(a.outputs());
    std::vector<float> scratch(policy->scratch(1));
    for (std::size_t t = 0; t < kSteps; ++t) {
      const auto row = std::span(inputs).subspan(t * a.inputs, a.inputs);
      policy->trunk(1, row.data(), state.data(), features.data(), scratch);
      policy->head(1, features.data(), out.data());
      const auto expected = plain.step(row);
      for (std::size_t i = 0; i < out.size(); ++i)
        ASSERT_NEAR(out[i], expected[i], 1e-5) << a.layers << " layers, step " << t;
    }
  }
}

TEST(PackedPolicy, OfDefaultSizeHas102148Parameters) {
  EXPECT_EQ(default_architecture().parameters(), 102'148U);
  EXPECT_EQ(random_policy(default_architecture(), kSeed)->weights(AdaptedPart::All).size(),
            102'148U);
}

TEST(PackedPolicy, GivesARowOfABatchTheBitsOfTheRowAlone) {
  for (const Architecture& a : all_kinds()) {
    const auto policy = random_policy(a, kSeed);
    constexpr std::size_t kRows = 29;
    constexpr std::size_t kSteps = 6;
    const auto inputs = normals(kSteps * kRows * a.inputs, kSeed, "inputs");
    const Walk batch(*policy, kRows, inputs, kSteps);
    for (std::size_t row = 0; row < kRows; ++row) {
      std::vector<float> own;
      for (std::size_t t = 0; t < kSteps; ++t) {
        const auto x = std::span(inputs).subspan((t * kRows + row) * a.inputs, a.inputs);
        own.insert(own.end(), x.begin(), x.end());
      }
      const Walk alone(*policy, 1, own, kSteps);
      const auto part = [&](const std::vector<float>& all, std::size_t width) {
        return std::span(all).subspan(row * width, width);
      };
      ASSERT_TRUE(same_bits(alone.outputs, part(batch.outputs, a.outputs()))) << row;
      ASSERT_TRUE(same_bits(alone.states, part(batch.states, policy->shape().state))) << row;
    }
  }
}

TEST(PackedPolicy, GivesTheSameBitsWithEveryKernelOfThisMachine) {
  for (const Architecture& a : all_kinds()) {
    const auto inputs = normals(20 * 5 * a.inputs, kSeed, "inputs");
    const Walk first(*random_policy(a, kSeed, KernelChoice::Plain), 5, inputs, 20);
    for (const auto choice : {KernelChoice::Avx2, KernelChoice::Avx512}) {
      if (!kernels(choice)) continue;
      const auto policy = random_policy(a, kSeed, choice);
      const Walk walk(*policy, 5, inputs, 20);
      EXPECT_TRUE(same_bits(walk.outputs, first.outputs)) << policy->kernel();
      EXPECT_TRUE(same_bits(walk.states, first.states)) << policy->kernel();
    }
  }
}

TEST(PackedPolicy, SaysWhichKernelComputesIt) {
  EXPECT_EQ(random_policy(small_architecture(), 1, KernelChoice::Plain)->kernel(), "plain");
  EXPECT_EQ(random_policy(small_architecture(), 1)->kernel(), kernels().name);
}

TEST(PackedPolicy, AsksForNoMemoryInAStep) {
  const auto policy = random_policy(default_architecture(), kSeed);
  const auto inputs = normals(100 * 19, kSeed, "inputs");
  std::vector<float> states(100 * policy->shape().state), features(100 * 128), out(400);
  std::vector<float> scratch(policy->scratch(100));
  const std::size_t before = proteus::testing::allocations();
  for (const std::size_t rows : {std::size_t{1}, std::size_t{100}}) {
    policy->trunk(rows, inputs.data(), states.data(), features.data(), scratch);
    policy->head(rows, features.data(), out.data());
  }
  EXPECT_EQ(proteus::testing::allocations(), before);
}

TEST(PackedPolicy, WithAnotherHeadSharesTheTrunkAndKeepsTheOldOneAsItWas) {
  const Architecture a = small_architecture();
  const auto base = random_policy(a, kSeed);
  const auto head = normals(base->weights(AdaptedPart::Head).size(), 5, "head");
  const auto other = base->with(AdaptedPart::Head, head).value();
  EXPECT_EQ(other->trunk_id(), base->trunk_id());
  EXPECT_TRUE(same_bits(other->weights(AdaptedPart::Head), head));
  const auto inputs = normals(a.inputs, kSeed, "inputs");
  const Walk was(*base, 1, inputs, 1);
  const Walk is(*other, 1, inputs, 1);
  EXPECT_TRUE(same_bits(was.features, is.features));
  for (std::size_t i = 0; i < a.outputs(); ++i) {
    double expected = head[a.outputs() * a.hidden + i];
    for (std::size_t k = 0; k < a.hidden; ++k)
      expected += static_cast<double>(head[i * a.hidden + k]) * is.features[k];
    EXPECT_NEAR(is.outputs[i], expected, 1e-5);
  }
  EXPECT_TRUE(same_bits(Walk(*random_policy(a, kSeed), 1, inputs, 1).outputs, was.outputs));
}

TEST(PackedPolicy, WithAllWeightsIsThePolicyOfThoseWeights) {
  for (const Architecture& a : all_kinds()) {
    const auto base = random_policy(a, kSeed);
    const auto weights = random_weights(a, 99);
    const auto other = base->with(AdaptedPart::All, weights).value();
    EXPECT_NE(other->trunk_id(), base->trunk_id());
    EXPECT_TRUE(same_bits(other->weights(AdaptedPart::All), weights));
    const auto inputs = normals(a.inputs, kSeed, "inputs");
    EXPECT_TRUE(same_bits(Walk(*other, 1, inputs, 1).outputs,
                          Walk(*random_policy(a, 99), 1, inputs, 1).outputs));
  }
}

TEST(PackedPolicy, GathersAllItsWeightsWithTheHeadThatItHas) {
  const Architecture a = small_architecture();
  const auto base = random_policy(a, kSeed);
  const auto head = normals(base->weights(AdaptedPart::Head).size(), 5, "head");
  const auto other = base->with(AdaptedPart::Head, head).value();
  const std::size_t at = weight_offsets(a).head_weight;
  auto expected = random_weights(a, kSeed);
  std::ranges::copy(head, expected.begin() + static_cast<std::ptrdiff_t>(at));
  EXPECT_TRUE(same_bits(other->weights(AdaptedPart::All), expected));
  EXPECT_TRUE(same_bits(base->weights(AdaptedPart::All), random_weights(a, kSeed)));
}

TEST(PackedPolicy, RefusesWeightsOfAnotherNumberOrThatAreNotFinite) {
  const auto base = random_policy(small_architecture(), kSeed);
  for (const AdaptedPart part : {AdaptedPart::Head, AdaptedPart::All}) {
    const auto now = base->weights(part);
    std::vector<float> weights(now.begin(), now.end() - 1);
    EXPECT_EQ(base->with(part, weights).error().code, ErrorCode::Refused);
    weights.assign(now.begin(), now.end());
    weights[3] = std::numeric_limits<float>::infinity();
    const auto refused = base->with(part, weights);
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code, ErrorCode::Refused);
    EXPECT_THAT(refused.error().context, HasSubstr("weight 3 of"));
  }
}

// Checkpoints that are refused, one by one.

Error refusal(const std::function<void(Checkpoint&)>& change) {
  const Architecture a = small_architecture();
  Checkpoint c = policy_checkpoint(a, random_weights(a, kSeed));
  change(c);
  const auto made = PackedPolicy::create(c, "agent.safetensors");
  EXPECT_TRUE(made.has_error());
  if (!made.has_error()) return {};
  EXPECT_THAT(made.error().context, HasSubstr("agent.safetensors: "));
  return made.error();
}

void set_line(Checkpoint& c, std::string_view was, std::string_view is) {
  const std::size_t at = c.config.find(was);
  ASSERT_NE(at, std::string::npos) << was;
  c.config.replace(at, was.size(), is);
}

Tensor& tensor(Checkpoint& c, std::string_view name) {
  return *std::ranges::find(c.tensors, name, &Tensor::name);
}

TEST(PackedPolicyFile, OfAnotherKindIsRefused) {
  const Error e = refusal([](Checkpoint& c) { c.kind = "maml_predictor"; });
  EXPECT_EQ(e.code, ErrorCode::Refused);
  EXPECT_THAT(e.context, HasSubstr("holds a maml_predictor, and a market_policy or a rl2_agent"));
}

TEST(PackedPolicyFile, WithAMissingTensorIsRefusedByItsName) {
  for (const auto& place : weight_places(small_architecture())) {
    const Error e = refusal([&](Checkpoint& c) {
      std::erase_if(c.tensors, [&](const Tensor& t) { return t.name == place.name; });
    });
    EXPECT_EQ(e.code, ErrorCode::Corrupt);
    EXPECT_THAT(e.context, HasSubstr("tensor " + place.name + " is missing"));
  }
}

TEST(PackedPolicyFile, WithATensorOfAnotherShapeIsRefusedWithBoth) {
  const Error e = refusal([](Checkpoint& c) {
    tensor(c, "core.weight_hh_l0") =
        Tensor::of("core.weight_hh_l0", {39, 12}, std::vector<float>(39 * 12));
  });
  EXPECT_EQ(e.code, ErrorCode::Corrupt);
  EXPECT_THAT(e.context, HasSubstr("core.weight_hh_l0 has the shape [39, 12], and [39, 13]"));
}

TEST(PackedPolicyFile, WithATensorOfAnotherTypeIsRefused) {
  const Error e = refusal([](Checkpoint& c) {
    tensor(c, "head_bias") = Tensor::of("head_bias", {4}, std::vector<double>(4));
  });
  EXPECT_EQ(e.code, ErrorCode::Corrupt);
  EXPECT_THAT(e.context, HasSubstr("tensor head_bias holds no 32-bit floats"));
}

TEST(PackedPolicyFile, WithATensorThatIsCutOffIsRefused) {
  const Error e = refusal([](Checkpoint& c) { tensor(c, "encoder_bias").bytes.resize(8); });
  EXPECT_EQ(e.code, ErrorCode::Corrupt);
  EXPECT_THAT(e.context, HasSubstr("tensor encoder_bias"));
}

TEST(PackedPolicyFile, WithANumberThatIsNotFiniteIsRefused) {
  const Error e = refusal([](Checkpoint& c) {
    const float nan = std::nanf("");
    std::memcpy(tensor(c, "head_weight").bytes.data() + 8, &nan, sizeof nan);
  });
  EXPECT_EQ(e.code, ErrorCode::Corrupt);
  EXPECT_THAT(e.context, HasSubstr("tensor head_weight holds nan at 2"));
}

TEST(PackedPolicyFile, WithATensorOfAnotherModelIsRefused) {
  const Error e = refusal([](Checkpoint& c) {
    c.tensors.push_back(Tensor::of("core.weight_ih_l1", {1}, std::vector<float>(1)));
  });
  EXPECT_EQ(e.code, ErrorCode::Corrupt);
  EXPECT_THAT(e.context, HasSubstr("tensor core.weight_ih_l1 is none of a policy"));
}

TEST(PackedPolicyFile, WithACoreThatIsNotOfferedIsRefusedByName) {
  const Error e = refusal([](Checkpoint& c) { set_line(c, "core = gru", "core = s5"); });
  EXPECT_EQ(e.code, ErrorCode::Unsupported);
  EXPECT_THAT(e.context, HasSubstr("its core is s5"));
}

TEST(PackedPolicyFile, WhosePolicyReadsABeliefIsRefused) {
  const Error e = refusal([](Checkpoint& c) {
    set_line(c, "belief = 0", "belief = 4");
    set_line(c, "belief_read = false", "belief_read = true");
  });
  EXPECT_EQ(e.code, ErrorCode::Unsupported);
  EXPECT_THAT(e.context, HasSubstr("reads a belief"));
}

TEST(PackedPolicyFile, WithABeliefThatIsNotReadIsThePolicyWithout) {
  const Architecture a = small_architecture();
  Checkpoint c = policy_checkpoint(a, random_weights(a, kSeed));
  set_line(c, "belief = 0", "belief = 4");
  c.tensors.push_back(Tensor::of("belief.belief_bias", {4}, std::vector<float>(4)));
  c.tensors.push_back(Tensor::of("training.steps", {1}, std::vector<float>(1)));
  const auto policy = PackedPolicy::create(c, "agent.safetensors").value();
  EXPECT_TRUE(same_bits(policy->weights(AdaptedPart::All), random_weights(a, kSeed)));
}

TEST(PackedPolicyFile, OfAMarketPolicySaysItsSizesByItsTensorsAlone) {
  const Architecture a = small_architecture();
  Checkpoint c = policy_checkpoint(a, random_weights(a, kSeed));
  c.kind = kMarketPolicyKind;
  c.config.resize(c.config.find("inputs = "));
  for (const char* name : {"seen_min", "seen_max"})
    c.tensors.push_back(Tensor::of(name, {2}, std::vector<double>(2)));
  const auto policy = PackedPolicy::create(c, "agent.safetensors").value();
  EXPECT_EQ(policy->architecture(), a);
  EXPECT_TRUE(same_bits(policy->weights(AdaptedPart::All), random_weights(a, kSeed)));
}

TEST(PackedPolicyFile, WhoseMatricesAreNoneIsRefused) {
  for (const char* name : {"encoder_weight", "head_weight"}) {
    const Error e = refusal(
        [&](Checkpoint& c) { tensor(c, name) = Tensor::of(name, {6}, std::vector<float>(6)); });
    EXPECT_EQ(e.code, ErrorCode::Corrupt);
    EXPECT_THAT(e.context, HasSubstr(std::string(name) + " has the shape [6]"));
  }
}

TEST(PackedPolicyFile, WithSettingsThatAreMissingAbsurdOrDisagreeIsRefusedByName) {
  for (const auto& [was, is, words] :
       {std::tuple{"hidden = 13", "hid = 13", "setting hidden is missing"},
        {"layers = 1", "layers = 9", "setting layers is 9, and 1 to 8"},
        {"hidden = 13", "hidden = 999999999", "setting hidden is 999999999"},
        {"encoder = 21", "encoder = 5000", "setting encoder is 5000"},
        {"core = gru", "core = lstm", "setting core is missing or cannot be read"},
        {"state_size = 13", "state_size = 14",
         "state_size is 14, and its tensors and settings make 13"},
        {"state_size = 13\n", "", "state_size is missing"},
        {"choices = 3", "choices = 4", "choices is 4, and its tensors and settings make 3"},
        {"encoder = 21", "encoder = 22",
         "tensor encoder_weight has the shape [21, 7], and [22, 7]"},
        {"inputs = 7", "inputs = 8", "inputs is 8, and its tensors and settings make 7"}}) {
    const Error e = refusal([&](Checkpoint& c) { set_line(c, was, is); });
    EXPECT_EQ(e.code, ErrorCode::Corrupt);
    EXPECT_THAT(e.context, HasSubstr(words));
  }
}

}  // namespace
}  // namespace proteus::inference
