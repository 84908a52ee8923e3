// KA-14: the example of Bailey, Lopez de Prado (2014), "The deflated Sharpe ratio".
#include <cmath>

#include "models/evaluation/known_answers/known_answer.hpp"
#include "models/evaluation/sharpe.hpp"

namespace proteus::evaluation {

Result<std::vector<Check>> deflation(const Parameters&) {
  constexpr double kDays = 250.0;
  const SharpeSample sample{2.5 / std::sqrt(kDays), 1250.0, -3.0, 10.0};
  BOOST_OUTCOME_TRY(const DeflatedSharpe hundred, deflated_sharpe(sample, 0.5 / kDays, 100));
  BOOST_OUTCOME_TRY(const DeflatedSharpe fewer, deflated_sharpe(sample, 0.5 / kDays, 46));
  return std::vector<Check>{
      Check::within("threshold a day, 100 trials", hundred.threshold, 0.1132, 1e-3),
      Check::within("deflated Sharpe ratio, 100 trials", hundred.probability, 0.9004, 1e-3),
      Check::within("deflated Sharpe ratio, 46 trials", fewer.probability, 0.9505, 1e-3)};
}

}  // namespace proteus::evaluation
