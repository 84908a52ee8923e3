// What a check of `proteus doctor` found, and how it is told. Pure.
#pragma once

#include <string>
#include <vector>

#include "tools/app/text.hpp"

namespace proteus::app {

enum class Health : unsigned char { Ok, Warn, Fail };

struct Finding {
  Health health = Health::Ok;
  std::string topic;   ///< "clock", "rest: name", ...; one or two words
  std::string what;    ///< what was seen, with its figures
  std::string advice;  ///< what to do; empty where nothing has to be done
};

inline Finding fine(std::string topic, std::string what) {
  return {Health::Ok, std::move(topic), std::move(what), ""};
}
inline Finding warning(std::string topic, std::string what, std::string advice) {
  return {Health::Warn, std::move(topic), std::move(what), std::move(advice)};
}
inline Finding failure_of(std::string topic, std::string what, std::string advice) {
  return {Health::Fail, std::move(topic), std::move(what), std::move(advice)};
}

/// One line each: verdict, topic, what was found, and under what is not fine what to do.
std::string render_finding(const Finding& finding, const Style& style = {});
/// "14 checks: 12 ok, 1 warning, 1 failed."
std::string render_verdict(const std::vector<Finding>& findings, const Style& style = {});
/// {"schema":1,"healthy":bool,"checks":[{"health","topic","what","advice"}]}
std::string findings_json(const std::vector<Finding>& findings);
[[nodiscard]] bool healthy(const std::vector<Finding>& findings);

}  // namespace proteus::app
