// The parts of the status' text: sections that status_view.cpp puts together, in files by subject
// (status_account.cpp: the money, its limits and orders; status_machine.cpp: feed, log, counts and
// who is told), and the lines that they are made of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/app/json_view.hpp"
#include "tools/app/text.hpp"

namespace proteus::app::status {

inline constexpr std::string_view kGood = "1;32";
inline constexpr std::string_view kWarn = "1;33";
inline constexpr std::string_view kBad = "1;31";

/// A line of the head: a word in the first ten columns, then what it is about.
std::string line(std::string_view title, std::string_view what);
/// Cells, as many a line as fit, each line indented under its title.
std::string wrap(std::string_view title, const std::vector<std::string>& cells, const Style& style);

// Sections, from the whole document. Empty: there is nothing to say.
std::string money(const view::bj::value& v, const Style& style);
std::string limits(const view::bj::value& v, const Style& style);
std::string holds(const view::bj::value& v, const Style& style);
std::string open_orders(const view::bj::value& v, const Style& style);
std::string account_line(const view::bj::value& v, const Style& style);
std::string feed_line(const view::bj::value& v, const Style& style);
std::string topics(const view::bj::value& feed, const Style& style);
std::string storage(const view::bj::value& v, const Style& style);
std::string counts(const view::bj::value& v, const Style& style);
std::string operator_line(const view::bj::value& v, const Style& style);
std::string alarms_line(const view::bj::value& v, const Style& style);

}  // namespace proteus::app::status
