#include "config/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "config/bounds.hpp"
#include "config/value_text.hpp"
#include "engine/core/assert.hpp"

namespace proteus::config {
namespace {

std::string path_of(std::string_view section, std::string_view key) {
  return section.empty() ? std::string(key) : fmt::format("{}.{}", section, key);
}

std::pair<std::string, std::string> split_path(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return {"", std::string(path)};
  return {std::string(path.substr(0, dot)), std::string(path.substr(dot + 1))};
}

bool says_nothing(const std::optional<Value>& value) {
  if (!value) return false;  // "off" says something.
  if (const auto* text = std::get_if<std::string>(&*value)) return text->empty();
  const auto* list = std::get_if<std::vector<std::string>>(&*value);
  return list != nullptr && list->empty();
}

}  // namespace

Result<Reader> Reader::open(const std::filesystem::path& file,
                            const std::vector<std::string>& overrides) {
  BOOST_OUTCOME_TRY(const std::string text, read_file(file));
  return from_text(text, file.string(), overrides);
}

Reader Reader::from_text(std::string_view text, std::string name,
                         const std::vector<std::string>& overrides) {
  Reader reader;
  reader.name_ = std::move(name);
  reader.document_ = parse_document(text);
  for (const std::string& assignment : overrides) reader.add_override(assignment);
  return reader;
}

void Reader::add_override(std::string_view text) {
  const Origin origin{Origin::From::CommandLine, 0};
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return complain(origin, std::string(text), "is no setting, write section.key=value");
  const auto path = split_path(text.substr(0, equals));
  const bool twice = std::ranges::any_of(overrides_, [&](const Override& o) {
    return o.section == path.first && o.key == path.second;
  });
  if (twice) return complain(origin, path_of(path.first, path.second), "is given twice, keep one");
  overrides_.push_back({path.first, path.second, std::string(text.substr(equals + 1)), false});
}

void Reader::read_section(std::string_view name, std::vector<Slot> slots) {
  PROTEUS_ASSERT(!name.empty() && find(name) == nullptr);
  Section section;
  section.name = name;
  for (Slot& slot : slots) {
    Known known{.slot = std::move(slot), .origin = {}, .said = {}};
    read_file_value(section.name, known);
    read_override(section.name, known);
    known.slot.assign = nullptr;  // The settings may be moved from here on.
    section.settings.push_back(std::move(known));
  }
  sections_.push_back(std::move(section));
}

std::optional<Value> Reader::peek(std::string_view section, const Slot& slot) const {
  std::optional<Value> found;
  for (const Entry& entry : document_.entries)
    if (entry.section == section && entry.key == slot.name && entry.value)
      found = check_value(slot, *entry.value).value;
  for (const Override& given : overrides_)
    if (given.section == section && given.key == slot.name)
      found = check_text(slot, given.text).value;
  return found;
}

void Reader::read_file_value(const std::string& section, Known& known) {
  const auto it = std::find_if(
      document_.entries.begin(), document_.entries.end(),
      [&](const Entry& e) { return e.section == section && e.key == known.slot.name; });
  if (it == document_.entries.end()) return;
  const Origin origin{Origin::From::File, it->line};
  known.said = origin;
  const std::string subject = path_of(section, known.slot.name);
  if (!it->value)
    return complain(origin, subject, fmt::format("is {}, give {}", it->type, wanted(known.slot)));
  Checked checked = check_value(known.slot, *it->value);
  if (!checked.wrong.empty()) return complain(origin, subject, checked.wrong);
  take(known, std::move(checked.value), origin);
}

void Reader::read_override(const std::string& section, Known& known) {
  for (Override& given : overrides_) {
    if (given.section != section || given.key != known.slot.name) continue;
    given.used = true;
    const Origin origin{Origin::From::CommandLine, 0};
    known.said = origin;
    Checked checked = check_text(known.slot, given.text);
    if (!checked.wrong.empty()) return complain(origin, path_of(section, given.key), checked.wrong);
    take(known, std::move(checked.value), origin);
  }
}

void Reader::take(Known& known, std::optional<Value> value, Origin origin) {
  known.slot.value = std::move(value);
  known.slot.assign(known.slot.value);
  known.origin = origin;
}

std::string Reader::place(Origin origin) const {
  switch (origin.from) {
    case Origin::From::File:
      return fmt::format("{}:{}", name_, origin.line);
    case Origin::From::CommandLine:
      return "command line";
    case Origin::From::Default:
      break;
  }
  return "default";
}

/// Where a value came from, as `show` writes it behind the value.
std::string Reader::origin_text(Origin origin) const {
  return origin.from == Origin::From::CommandLine ? "--set" : place(origin);
}

std::string Reader::source_of(const Section& section, const Known& known) const {
  if (known.origin.from != Origin::From::Default) return origin_text(known.origin);
  if (!known.default_source.empty()) return known.default_source;
  return section.profile.empty() ? "default" : "profile " + section.profile;
}

void Reader::complain(Origin origin, const std::string& subject, std::string_view what) {
  // Complaints about defaults (a caller's) go before those about lines; a file has no line 0.
  const std::uint32_t line = origin.from == Origin::From::CommandLine
                                 ? std::numeric_limits<std::uint32_t>::max()
                                 : origin.line;
  complaints_.push_back({line, fmt::format("{}: {}: {}", place(origin), subject, what)});
}

void Reader::reject(std::string_view section, std::string_view key, std::string_view what) {
  const Known* const known = find(section, key);
  PROTEUS_ASSERT(known != nullptr);
  complain(known->origin, path_of(section, key), what);
}

bool Reader::given(std::string_view section, std::string_view key) const {
  const Known* const known = find(section, key);
  PROTEUS_ASSERT(known != nullptr);
  return known->said.from != Origin::From::Default;
}

void Reader::derive(std::string_view section, std::string_view key, Value value) {
  PROTEUS_ASSERT(!given(section, key) || says_nothing(find(section, key)->slot.value));
  for (Section& s : sections_)
    for (Known& known : s.settings)
      if (s.name == section && known.slot.name == key) {
        known.slot.value = std::move(value);
        known.default_source.clear();
      }
}

std::map<std::string, std::string> Reader::sources() const {
  std::map<std::string, std::string> found;
  for (const Section& section : sections_)
    for (const Known& known : section.settings)
      if (known.origin.from != Origin::From::Default)
        found.emplace(path_of(section.name, known.slot.name), origin_text(known.origin));
  return found;
}

void Reader::tell_defaults(const std::map<std::string, std::string>& sources) {
  for (Section& section : sections_)
    for (Known& known : section.settings)
      if (const auto it = sources.find(path_of(section.name, known.slot.name)); it != sources.end())
        known.default_source = it->second;
}

void Reader::hide(std::string_view section, std::string_view key, std::string text) {
  PROTEUS_ASSERT(find(section, key) != nullptr);
  for (Section& s : sections_)
    for (Known& known : s.settings)
      if (s.name == section && known.slot.name == key) known.slot.value = std::move(text);
}

const Reader::Section* Reader::find(std::string_view section) const {
  const auto it = std::find_if(sections_.begin(), sections_.end(),
                               [&](const Section& s) { return s.name == section; });
  return it == sections_.end() ? nullptr : &*it;
}

const Reader::Known* Reader::find(std::string_view section, std::string_view key) const {
  const Section* const in = find(section);
  if (in == nullptr) return nullptr;
  const auto it = std::find_if(in->settings.begin(), in->settings.end(),
                               [&](const Known& k) { return k.slot.name == key; });
  return it == in->settings.end() ? nullptr : &*it;
}

std::string Reader::unknown_key(std::string_view section, std::string_view key,
                                Writing writing) const {
  std::vector<std::string> keys;
  for (const Known& known : find(section)->settings) keys.push_back(known.slot.name);
  if (const auto near = nearest(key, keys))
    return fmt::format("unknown key, did you mean {}?",
                       writing == Writing::Toml ? *near : path_of(section, *near));
  for (const Section& other : sections_)
    if (find(other.name, key) != nullptr)
      return writing == Writing::Toml
                 ? fmt::format("unknown key here, it belongs to [{}]", other.name)
                 : fmt::format("unknown key, did you mean {}?", path_of(other.name, key));
  return fmt::format("unknown key, remove it; [{}] has {}", section, fmt::join(keys, ", "));
}

std::string Reader::unknown_section(std::string_view section, std::string_view key) const {
  std::vector<std::string> names;
  for (const Section& known : sections_) names.push_back(known.name);
  if (const auto near = nearest(section, names))
    return find(*near, key) != nullptr
               ? fmt::format("unknown section, did you mean {}?", path_of(*near, key))
               : fmt::format("unknown section, did you mean [{}]?", *near);
  for (const std::string& name : names)
    if (name.starts_with(std::string(section) + "."))
      return fmt::format("unknown section, did you mean [{}]?", name);
  return fmt::format("unknown section, remove it; there are [{}]", fmt::join(names, "], ["));
}

std::string Reader::without_section(std::string_view key) const {
  if (find(key) != nullptr) return fmt::format("is a section, write {}.key=value", key);
  std::vector<std::string> keys;
  for (const Section& section : sections_)
    for (const Known& known : section.settings) keys.push_back(known.slot.name);
  const auto near = nearest(key, keys);
  std::vector<std::string> paths;
  for (const Section& section : sections_)
    if (near && find(section.name, *near) != nullptr) paths.push_back(path_of(section.name, *near));
  std::string text = "has no section, write section.key=value";
  if (!paths.empty()) text += fmt::format("; did you mean {}?", fmt::join(paths, " or "));
  return text;
}

void Reader::complain_about_entry(const Entry& entry) {
  const Origin origin{Origin::From::File, entry.line};
  const std::string path = path_of(entry.section, entry.key);
  if (find(path) != nullptr)
    return complain(origin, path, fmt::format("is a section, write [{}]", path));
  if (find(entry.section) != nullptr) {
    if (find(entry.section, entry.key) == nullptr)
      complain(origin, path, unknown_key(entry.section, entry.key, Writing::Toml));
    return;
  }
  if (entry.section.empty())
    complain(origin, path, "stands above the first section, move it into one");
}

void Reader::complain_about_table(const Table& table) {
  if (find(table.section) != nullptr) return;
  const Origin origin{Origin::From::File, table.line};
  const auto [section, key] = split_path(table.section);
  if (const Known* const known = find(section, key))
    return complain(origin, table.section, fmt::format("is a table, give {}", wanted(known->slot)));
  const bool holds_keys =
      std::any_of(document_.entries.begin(), document_.entries.end(), [&](const Entry& e) {
        return e.section == table.section && find(path_of(e.section, e.key)) == nullptr;
      });
  if (holds_keys || table.empty)
    complain(origin, fmt::format("[{}]", table.section), unknown_section(table.section));
}

Result<void> Reader::finish() {
  PROTEUS_ASSERT(errors_.empty());
  if (document_.error) {
    errors_.push_back(fmt::format("{}:{}:{}: {}", name_, document_.error->line,
                                  document_.error->column, document_.error->what));
  } else {
    for (const Entry& entry : document_.entries) complain_about_entry(entry);
    for (const Table& table : document_.tables) complain_about_table(table);
  }
  for (const Override& given : overrides_) {
    if (given.used) continue;
    const std::string what = given.section.empty() ? without_section(given.key)
                             : find(given.section) != nullptr
                                 ? unknown_key(given.section, given.key, Writing::Path)
                                 : unknown_section(given.section, given.key);
    complain({Origin::From::CommandLine, 0}, path_of(given.section, given.key), what);
  }
  std::stable_sort(complaints_.begin(), complaints_.end(),
                   [](const Complaint& a, const Complaint& b) { return a.line < b.line; });
  for (const Complaint& complaint : complaints_) errors_.push_back(complaint.text);
  if (errors_.empty()) return success();
  return error(ErrorCode::Malformed, fmt::format("{}", fmt::join(errors_, "\n")));
}

std::string Reader::show() const {
  std::string out;
  for (const Section& section : sections_) {
    out += fmt::format("[{}]\n", section.name);
    for (const Known& known : section.settings)
      out += fmt::format("{} = {}  # {}: {}\n", known.slot.name, toml_text(known.slot.value),
                         source_of(section, known), known.slot.meaning);
    out += '\n';
  }
  return out;
}

std::string Reader::resolved() const {
  std::string out;
  for (const Section& section : sections_) {
    out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", section.name);
    for (const Known& known : section.settings)
      out += fmt::format("{} = {}\n", known.slot.name, toml_text(known.slot.value));
  }
  return out;
}

std::string Reader::hash() const {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : resolved()) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return fmt::format("{:016x}", hash);
}

namespace {
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, 1, '\\');
  return text;
}
}  // namespace

std::string profile_table(std::string_view profile, const std::vector<Slot>& usual,
                          const std::vector<Slot>& changed) {
  PROTEUS_ASSERT(usual.size() == changed.size());
  std::string out = fmt::format(
      "With `profile = \"{}\"`:\n\n| key | default | range |\n|---|---|---|\n", profile);
  for (std::size_t i = 0; i < usual.size(); ++i) {
    const Slot& slot = changed[i];
    if (slot.name == "profile" || (toml_text(slot.value) == toml_text(usual[i].value) &&
                                   range_text(slot) == range_text(usual[i])))
      continue;
    out += fmt::format("| `{}` | `{}` | {} |\n", slot.name, cell(toml_text(slot.value)),
                       range_text(slot));
  }
  return out;
}

std::string markdown_table(std::string_view section, const std::vector<Slot>& slots) {
  std::string out =
      fmt::format("### `[{}]`\n\n| key | value | default | range | meaning |\n", section);
  out += "|---|---|---|---|---|\n";
  for (const Slot& slot : slots)
    out += fmt::format("| `{}` | {} | `{}` | {} | {} |\n", slot.name, cell(wanted(slot)),
                       cell(toml_text(slot.value)), range_text(slot), cell(slot.meaning));
  return out;
}

}  // namespace proteus::config
