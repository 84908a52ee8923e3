#include "tools/app/override_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "config/bounds.hpp"
#include "config/document.hpp"
#include "risk/limits/overrides.hpp"

namespace proteus::app {
namespace {

/// One section on its way to an override.
struct Draft {
  std::uint32_t line = 0;
  std::optional<std::string> control;
  std::optional<std::string> instrument;
  std::optional<std::string> reason;
  std::optional<std::string> expires;
};

class Complaints {
 public:
  explicit Complaints(std::string name) : name_(std::move(name)) {}
  void add(std::uint32_t line, const std::string& what) {
    text_ += fmt::format("{}{}:{}: {}", text_.empty() ? "" : "\n", name_, line, what);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string name_;
  std::string text_;
};

std::string text_of(const config::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return {};
}

void take(const config::Entry& entry, Draft& draft, Complaints& complaints) {
  std::optional<std::string>* const field = entry.key == "control"      ? &draft.control
                                            : entry.key == "instrument" ? &draft.instrument
                                            : entry.key == "reason"     ? &draft.reason
                                            : entry.key == "expires"    ? &draft.expires
                                                                        : nullptr;
  if (field == nullptr)
    return complaints.add(
        entry.line,
        fmt::format("{}: unknown key, known: control, instrument, reason, expires", entry.key));
  std::string text = entry.value ? text_of(*entry.value) : std::string{};
  if (text.empty())
    return complaints.add(entry.line, fmt::format("{}: has to be a text in quotes", entry.key));
  *field = std::move(text);
}

void take_control(const Draft& draft, OverrideChanged& made, Complaints& complaints) {
  if (!draft.control)
    return complaints.add(draft.line, "control is missing: name the control that is lifted");
  const auto control = risk::parse_control(*draft.control);
  if (!control)
    return complaints.add(draft.line,
                          fmt::format("control \"{}\" is no name or number of a risk control, see "
                                      "docs/reference/risk-controls.md",
                                      *draft.control));
  if (const char* why = risk::never_lifted(*control))
    return complaints.add(draft.line,
                          fmt::format("control {} ({}) cannot be lifted: {}", to_string(*control),
                                      static_cast<int>(*control), why));
  made.control = *control;
}

void take_instrument(const Draft& draft, const InstrumentTable& instruments, OverrideChanged& made,
                     Complaints& complaints) {
  if (!draft.instrument) return;
  const auto name = parse_instrument_name(*draft.instrument);
  if (name.has_error()) return complaints.add(draft.line, "instrument: " + name.error().context);
  const auto id = instruments.find(name.value().category, name.value().symbol);
  if (!id)
    return complaints.add(draft.line, fmt::format("instrument {} is not traded in this run: leave "
                                                  "it out for all, or name one that is",
                                                  *draft.instrument));
  made.has_instrument = true;
  made.instrument = *id;
}

OverrideChanged finish(const Draft& draft, const InstrumentTable& instruments,
                       Complaints& complaints) {
  OverrideChanged made;
  made.active = true;
  take_control(draft, made, complaints);
  take_instrument(draft, instruments, made, complaints);
  if (!draft.reason)
    complaints.add(draft.line, "reason is missing: an override is written down with its reason");
  else
    made.reason = std::string_view{*draft.reason};
  if (const auto expires = parse_time(draft.expires.value_or("")))
    made.expires = expires.value();
  else
    complaints.add(draft.line, "expires is missing or no UTC time: write 2025-06-01T12:00:00Z");
  return made;
}

bool same_place(const OverrideChanged& a, const OverrideChanged& b) {
  return a.control == b.control && a.has_instrument == b.has_instrument &&
         (!a.has_instrument || a.instrument == b.instrument);
}

}  // namespace

Result<std::vector<OverrideChanged>> parse_overrides(std::string_view text, const std::string& name,
                                                     const InstrumentTable& instruments) {
  const config::Document document = config::parse_document(text);
  if (document.error)
    return error(ErrorCode::Malformed,
                 fmt::format("{}:{}: {}", name, document.error->line, document.error->what));
  Complaints complaints{name};
  std::map<std::string, Draft> drafts;  // by section, so that they come in a fixed order
  for (const config::Table& table : document.tables)
    if (!table.section.empty()) drafts[table.section].line = table.line;
  for (const config::Entry& entry : document.entries) {
    if (entry.section.empty()) {
      complaints.add(entry.line, fmt::format("{}: stands above the first section, give each "
                                             "override one, such as [index-rebased]",
                                             entry.key));
      continue;
    }
    take(entry, drafts[entry.section], complaints);
  }
  std::vector<OverrideChanged> made;
  for (const auto& [section, draft] : drafts)
    made.push_back(finish(draft, instruments, complaints));
  if (made.size() > risk::Overrides::kMax)
    complaints.add(1, fmt::format("{} overrides, at most {} may stand at once: take some out",
                                  made.size(), risk::Overrides::kMax));
  if (!complaints.text().empty()) return error(ErrorCode::Malformed, complaints.text());
  return made;
}

std::vector<OverrideChanged> override_changes(std::span<const OverrideChanged> wanted,
                                              std::span<const OverrideChanged> standing,
                                              Timestamp now) {
  std::vector<OverrideChanged> changes;
  for (OverrideChanged old : standing) {
    const bool kept =
        std::ranges::any_of(wanted, [&](const auto& w) { return same_place(w, old); });
    if (kept || old.expires <= now) continue;
    old.active = false;
    changes.push_back(old);
  }
  for (const OverrideChanged& w : wanted) {
    const bool there = std::ranges::any_of(standing, [&](const auto& s) {
      return same_place(w, s) && s.expires == w.expires && s.reason == w.reason;
    });
    if (!there && w.expires > now) changes.push_back(w);
  }
  return changes;
}

bool OverrideFile::changed() {
  if (path_.empty()) return false;
  std::error_code failed;
  const auto time = std::filesystem::last_write_time(path_, failed);
  std::string now = "none";
  if (!failed) {
    const auto size = std::filesystem::file_size(path_, failed);
    now = fmt::format("{} {}", time.time_since_epoch().count(), failed ? 0 : size);
  }
  return std::exchange(seen_, now) != now;
}

Result<std::vector<OverrideChanged>> OverrideFile::read(const InstrumentTable& instruments) {
  const Result<std::string> text = config::read_file(path_);
  if (text.has_value())
    return parse_overrides(text.value(), path_.filename().string(), instruments);
  if (text.error().code == ErrorCode::NotFound) return std::vector<OverrideChanged>{};
  seen_ = "never";  // It is tried again.
  return error(ErrorCode::Io, fmt::format("{}: no override of it counts", text.error().context));
}

}  // namespace proteus::app
