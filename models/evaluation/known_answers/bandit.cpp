#include "models/evaluation/known_answers/bandit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace proteus::evaluation {
namespace {

struct Arm {
  std::int64_t wins = 0;
  std::int64_t losses = 0;
  [[nodiscard]] double mean() const {
    return static_cast<double>(wins + 1) / static_cast<double>(wins + losses + 2);
  }
  friend auto operator<=>(const Arm&, const Arm&) = default;
};

std::size_t any(std::size_t count, market::Random& random) {
  return std::min(count - 1,
                  static_cast<std::size_t>(random.uniform() * static_cast<double>(count)));
}

std::size_t greedy(const std::vector<Arm>& arms, market::Random& random) {
  std::size_t best = 0;
  double ties = 1.0;
  for (std::size_t a = 1; a < arms.size(); ++a) {
    const double ahead = arms[a].mean() - arms[best].mean();
    if (ahead > 0.0) {
      best = a;
      ties = 1.0;
    } else if (ahead == 0.0) {
      ties += 1.0;
      if (random.chance(1.0 / ties)) best = a;
    }
  }
  return best;
}

std::size_t thompson(const std::vector<Arm>& arms, market::Random& random) {
  std::size_t best = 0;
  double most = -1.0;
  for (std::size_t a = 0; a < arms.size(); ++a) {
    const double drawn = beta_draw(arms[a].wins + 1, arms[a].losses + 1, random);
    if (drawn > most) {
      most = drawn;
      best = a;
    }
  }
  return best;
}

std::size_t choose(BanditRule rule, const std::vector<Arm>& arms, market::Random& random) {
  if (rule == BanditRule::Greedy) return greedy(arms, random);
  if (rule == BanditRule::Thompson) return thompson(arms, random);
  return any(arms.size(), random);
}

/// The value of each posterior, with arms in order so that equal ones meet.
class BestRule {
 public:
  double value(std::vector<Arm>& arms, std::int64_t pulls) {
    if (pulls == 0) return 0.0;
    std::ranges::sort(arms);
    if (const auto known = known_.find(arms); known != known_.end()) return known->second;
    double best = 0.0;
    for (std::size_t a = 0; a < arms.size(); ++a) {
      if (a > 0 && arms[a] == arms[a - 1]) continue;
      const double p = arms[a].mean();
      std::vector<Arm> won = arms;
      ++won[a].wins;
      std::vector<Arm> lost = arms;
      ++lost[a].losses;
      best = std::max(best, p * (1.0 + value(won, pulls - 1)) + (1.0 - p) * value(lost, pulls - 1));
    }
    known_.emplace(arms, best);
    return best;
  }

 private:
  std::map<std::vector<Arm>, double> known_;
};

/// Posteriors of up to `arms` arms with fewer than `pulls` pulls: multisets of pairs (wins,
/// losses), of which k + 1 have k pulls.
double posteriors(const Bandit& bandit) {
  const auto n = static_cast<std::size_t>(bandit.pulls);
  const auto k = static_cast<std::size_t>(bandit.arms);
  std::vector<std::vector<double>> ways(k + 1, std::vector<double>(n, 0.0));  // [arms used][pulls]
  ways[0][0] = 1.0;
  for (std::size_t size = 1; size < n; ++size)
    for (std::size_t kind = 0; kind <= size; ++kind)
      for (std::size_t used = 1; used <= k; ++used)
        for (std::size_t pulls = size; pulls < n; ++pulls)
          ways[used][pulls] += ways[used - 1][pulls - size];
  double sum = 0.0;
  for (const auto& row : ways)
    for (const double w : row) sum += w;
  return sum;
}

}  // namespace

double gamma_draw(std::int64_t shape, market::Random& random) {
  if (shape == 1) return random.exponential();
  const double d = static_cast<double>(shape) - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = random.normal();
    const double root = 1.0 + c * x;
    if (root <= 0.0) continue;
    const double v = root * root * root;
    const double u = random.uniform();
    if (u < 1.0 - 0.0331 * x * x * x * x) return d * v;
    if (std::log(u) < 0.5 * x * x + d * (1.0 - v + std::log(v))) return d * v;
  }
}

double beta_draw(std::int64_t a, std::int64_t b, market::Random& random) {
  const double x = gamma_draw(a, random);
  return x / (x + gamma_draw(b, random));
}

double play(const Bandit& bandit, BanditRule rule, std::int64_t instances, std::uint64_t seed) {
  market::Random world{seed, "bandit"};
  market::Random chance{seed, "rule"};
  std::vector<double> means(static_cast<std::size_t>(bandit.arms));
  const double pulls = static_cast<double>(bandit.pulls);
  double regret = 0.0;
  for (std::int64_t i = 0; i < instances; ++i) {
    for (double& m : means) m = world.uniform();
    std::vector<Arm> arms(means.size());
    double earned = 0.0;
    for (std::int64_t pull = 0; pull < bandit.pulls; ++pull) {
      const std::size_t a = choose(rule, arms, chance);
      const bool won = world.chance(means[a]);
      ++(won ? arms[a].wins : arms[a].losses);
      earned += won ? 1.0 : 0.0;
    }
    regret += pulls * *std::ranges::max_element(means) - earned;
  }
  // The best of k uniform means is k / (k + 1) on average: only the regret needs to be measured,
  // and it spreads less than the total, most of which is the luck of the arms.
  const double arms = static_cast<double>(bandit.arms);
  return pulls * arms / (arms + 1.0) - regret / static_cast<double>(instances);
}

Result<double> bayes_optimal(const Bandit& bandit) {
  constexpr double kPosteriorsMax = 1e6;
  // Counting is cheap only where there may be few; either size alone is already too much beyond.
  if (bandit.arms > 64 || bandit.pulls > 128 || posteriors(bandit) > kPosteriorsMax)
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} pulls of {} arms have more posteriors than can be enumerated; ask "
                             "for fewer pulls",
                             bandit.pulls, bandit.arms));
  std::vector<Arm> arms(static_cast<std::size_t>(bandit.arms));
  return BestRule{}.value(arms, bandit.pulls);
}

double dependent_arms_regret(std::int64_t pulls) {
  double earned = 0.0;
  for (std::int64_t t = 0; t < pulls; ++t) {
    // After t pulls each count of t + 1 signs for the first arm is as likely as any other.
    double sum = 0.0;
    for (std::int64_t s = 0; s <= t; ++s) sum += static_cast<double>(std::max(s + 1, t - s + 1));
    earned += sum / (static_cast<double>(t + 1) * static_cast<double>(t + 2));
  }
  return 0.75 * static_cast<double>(pulls) - earned;  // E max(p, 1 - p) = 3/4
}

}  // namespace proteus::evaluation
