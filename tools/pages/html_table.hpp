// Tables of pages.
#pragma once

#include <string>
#include <vector>

namespace proteus::app::pages {

using Cells = std::vector<std::string>;

/// The first column is text, all others are numbers. Cells are plain text.
std::string html_table(const Cells& heads, const std::vector<Cells>& rows);
/// The same with cells that are HTML already; heads are plain text.
std::string html_table_of_markup(const Cells& heads, const std::vector<Cells>& rows);

}  // namespace proteus::app::pages
