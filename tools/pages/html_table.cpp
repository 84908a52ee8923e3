#include "tools/pages/html_table.hpp"

#include "models/runs/html.hpp"

namespace proteus::app::pages {

std::string html_table_of_markup(const Cells& heads, const std::vector<Cells>& rows) {
  std::string out = "<div class=\"wide\"><table><thead><tr>";
  for (const std::string& one : heads) out += "<th>" + runs::escaped(one) + "</th>";
  out += "</tr></thead><tbody>\n";
  for (const Cells& row : rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      out += i == 0 ? "<th>" + row[i] + "</th>" : "<td>" + row[i] + "</td>";
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string html_table(const Cells& heads, const std::vector<Cells>& rows) {
  std::vector<Cells> escaped = rows;
  for (Cells& row : escaped)
    for (std::string& cell : row) cell = runs::escaped(cell);
  return html_table_of_markup(heads, escaped);
}

}  // namespace proteus::app::pages
