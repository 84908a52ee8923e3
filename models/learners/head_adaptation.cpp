#include "models/learners/head_adaptation.hpp"

#include <torch/torch.h>

#include <cmath>
#include <vector>

namespace proteus::learners {
namespace {

using torch::Tensor;

Tensor magnitude(const Tensor& x) { return (x * x + kKink * kKink).sqrt() - kKink; }

/// What the rows say of the market, as tensors of [steps, trials].
struct Market {
  Tensor bar_return;
  Tensor assumed;
  Tensor scale;
  Tensor decision;  ///< step of the decision that is held; 0 with no hold before the first
  Tensor holds;     ///< 1 from the first decision on
};

Market market_of(const TrialRows& rows) {
  const auto steps = static_cast<std::int64_t>(rows.steps);
  const auto trials = static_cast<std::int64_t>(rows.trials);
  Market m{torch::empty({steps, trials}), torch::empty({steps, trials}),
           torch::empty({steps, trials}), torch::zeros({steps, trials}, torch::kInt64),
           torch::zeros({steps, trials})};
  float* r = m.bar_return.data_ptr<float>();
  float* a = m.assumed.data_ptr<float>();
  float* s = m.scale.data_ptr<float>();
  auto* d = m.decision.data_ptr<std::int64_t>();
  float* h = m.holds.data_ptr<float>();
  for (std::size_t k = 0; k < rows.moves.size(); ++k) {
    r[k] = static_cast<float>(rows.moves[k].bar_return);
    a[k] = static_cast<float>(rows.moves[k].assumed);
    s[k] = static_cast<float>(rows.moves[k].scale);
    const bool first = k < rows.trials;
    if (rows.decides[k] != 0) {
      d[k] = static_cast<std::int64_t>(k / rows.trials);
      h[k] = 1.0F;
    } else if (!first) {
      d[k] = d[k - rows.trials];
      h[k] = h[k - rows.trials];
    }
  }
  return m;
}

Tensor net_returns(const Tensor& logits, const TrialRows& rows, const Market& m) {
  const Tensor p = torch::softmax(logits.narrow(2, 0, 3), 2);
  const Tensor wish = (p.select(2, 2) - p.select(2, 0)) * m.scale;
  const Tensor e = wish.gather(0, m.decision) * m.holds;
  const std::int64_t last = e.size(0) - 1;
  const Tensor held = e.narrow(0, 0, last);
  const Tensor before =
      torch::cat({torch::zeros_like(e.narrow(0, 0, 1)), e.narrow(0, 0, last - 1)});
  return (held * m.bar_return.narrow(0, 1, last) - magnitude(held) * m.assumed.narrow(0, 1, last) -
          rows.cost * magnitude(held - before)) /
         rows.unit;
}

Tensor objective_of(const Tensor& net, const ObjectiveSettings& settings) {
  const Tensor mean = net.mean();
  const Tensor square = (net * net).mean();
  if (settings.objective == Objective::Sharpe)
    return mean / (torch::clamp_min(square - mean * mean, 0.0) + 1e-12).sqrt();
  return mean - 0.5 * settings.risk * square;
}

}  // namespace

Tensor net_returns(const Tensor& logits, const TrialRows& rows) {
  return net_returns(logits, rows, market_of(rows));
}

AdaptedObjective adapted_objective(const Tensor& features, const Tensor& weight, const Tensor& bias,
                                   const TrialRows& rows, const ObjectiveSettings& objective,
                                   const AdaptationSettings& settings) {
  const Market market = market_of(rows);
  const std::int64_t trials = features.size(1);
  const std::int64_t from = static_cast<std::int64_t>(rows.warm_up);
  const std::int64_t count = settings.support_bars;
  const std::int64_t query = from + count + 1;
  const std::int64_t left = static_cast<std::int64_t>(rows.steps) - 1 - query;
  const Tensor by_trial = features.transpose(0, 1);  // [trials, steps, width]
  Tensor w = weight.unsqueeze(0).expand({trials, -1, -1});
  Tensor b = bias.unsqueeze(0).expand({trials, -1});
  const auto net_of = [&](const Tensor& heads, const Tensor& biases) {
    const Tensor logits = torch::baddbmm(biases.unsqueeze(1), by_trial, heads.transpose(1, 2));
    return net_returns(logits.transpose(0, 1), rows, market);
  };
  AdaptedObjective out;
  for (std::int64_t k = 0; k <= settings.inner_steps; ++k) {
    const Tensor net = net_of(w, b);
    // The mean of each trial by itself: trials do not share what they learn.
    const Tensor support = net.narrow(0, from, count).mean(0).sum();
    const auto told = [&](const Tensor& part) { return part.mean().item().toDouble(); };
    if (k == 0) {
      out.support_before = told(net.narrow(0, from, count));
      out.query_before = told(net.narrow(0, query, left));
    }
    if (k == settings.inner_steps) {
      out.support_after = told(net.narrow(0, from, count));
      out.query_after = told(net.narrow(0, query, left));
      out.objective = objective_of(net.narrow(0, query, left), objective);
      break;
    }
    const auto gradients = torch::autograd::grad({support}, {w, b}, {}, true, true);
    w = w + settings.inner_rate * gradients[0];
    b = b + settings.inner_rate * gradients[1];
  }
  return out;
}

}  // namespace proteus::learners
