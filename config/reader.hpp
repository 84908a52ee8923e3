// Turns a TOML file into checked settings. Rooms describe what they want
// (engine/core/settings.hpp); the reader fills it, remembers where each value came from, and
// collects every complaint instead of stopping at the first:
//
//   auto reader = Reader::open("config/paper.toml", {"risk.limits.drawdown_max=0.1"});
//   reader.value().section("risk.limits", limits);
//   reader.value().section("engine", engine);
//   if (auto ok = reader.value().finish(); !ok) return ok.error();   // one line a complaint
//
// Values come from, the later winning: defaults in the struct, the file, the command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"
#include "config/setting_slot.hpp"
#include "engine/core/result.hpp"

namespace proteus::config {

class Reader {
 public:
  /// `overrides`: "section.key=value" without TOML's quotes, lists parted by commas. Errors:
  /// those of `read_file`; what is wrong inside the file is told by `finish`.
  static Result<Reader> open(const std::filesystem::path& file,
                             const std::vector<std::string>& overrides = {});
  /// `name` stands where the file's name would in messages.
  static Reader from_text(std::string_view text, std::string name,
                          const std::vector<std::string>& overrides = {});

  /// Fills `settings` from [name]; what is wrong keeps its default. Each section once.
  template <HasSettings S>
  void section(std::string_view name, S& settings) {
    if constexpr (HasProfiles<S>) {
      choose_profile(name, settings);
      read_section(name, make_slots(settings, S::settings(settings.profile)));
      if (settings.profile != S{}.profile) sections_.back().profile = profile_name(settings);
    } else {
      read_section(name, make_slots(settings));
    }
  }

  /// The same for a section whose keys are those of several structs, which share none.
  template <HasSettings A, HasSettings B>
  void section(std::string_view name, A& first, B& second) {
    std::vector<Slot> slots = make_slots(first);
    for (Slot& slot : make_slots(second)) slots.push_back(std::move(slot));
    read_section(name, std::move(slots));
  }

  /// Adds a complaint of the caller about a key that was read: a sentence half, "what, what to do".
  void reject(std::string_view section, std::string_view key, std::string_view what);
  /// Whether the file or the command line gave a key that was read; what was wrong counts as well.
  [[nodiscard]] bool given(std::string_view section, std::string_view key) const;
  /// Gives a key that nobody gave, or gave as an empty text or list, a default that other settings
  /// decide; `resolved` then has it. The caller sets its own copy.
  void derive(std::string_view section, std::string_view key, Value value);

  /// Where each key was given that could be taken ("policy.toml:12", "--set"), by its path
  /// ("policy.adapt").
  [[nodiscard]] std::map<std::string, std::string> sources() const;
  /// The settings were filled with other defaults before they were read: `show` tells their source
  /// where it would tell "default". Paths that were not read tell nothing; `derive` takes it back.
  void tell_defaults(const std::map<std::string, std::string>& sources);

  /// Shows `text` instead of a key's value in `show`, `resolved` and `hash`: it holds a secret.
  /// What was assigned stays.
  void hide(std::string_view section, std::string_view key, std::string text);

  /// Call once, after the last section: complains about keys and sections nobody asked for. All
  /// complaints, one a line, in the error's text.
  Result<void> finish();
  /// One line each: "file:line: key: what, what to do". Complete after `finish`.
  [[nodiscard]] const std::vector<std::string>& errors() const { return errors_; }

  /// Every setting with its value, where it came from ("default", "profile research",
  /// "paper.toml:12", "--set") and what it means. For `config show`.
  [[nodiscard]] std::string show() const;
  /// The settings as TOML, in the order of the sections read: reading it gives the same settings.
  [[nodiscard]] std::string resolved() const;
  /// FNV-1a (64 bits) of `resolved`, 16 hexadecimal letters: tells runs apart, protects nothing.
  [[nodiscard]] std::string hash() const;

 private:
  struct Origin {
    enum class From : std::uint8_t { Default, File, CommandLine } from = From::Default;
    std::uint32_t line = 0;
  };
  struct Known {
    Slot slot;
    Origin origin;
    Origin said;  // where it was given, even if it could not be taken
    std::string default_source = {};
  };
  struct Section {
    std::string name;
    std::vector<Known> settings;
    std::string profile = {};  ///< whose defaults they are, where it is not the usual one
  };
  struct Override {
    std::string section;
    std::string key;
    std::string text;
    bool used = false;
  };
  struct Complaint {
    std::uint32_t line = 0;  // the command line's come last
    std::string text;
  };

  /// Begins with the defaults of the profile that is given; one that is not known is told by
  /// `read_section`.
  template <HasProfiles S>
  void choose_profile(std::string_view name, S& settings) {
    for (const Slot& slot : make_slots(settings))
      if (slot.name == "profile")
        if (const auto given = peek(name, slot)) slot.assign(given);
    settings = S::of(settings.profile);
  }
  template <HasProfiles S>
  static std::string profile_name(const S& settings) {
    using Profile = std::remove_cvref_t<decltype(settings.profile)>;
    return std::string(EnumNames<Profile>::names[static_cast<std::size_t>(settings.profile)]);
  }
  [[nodiscard]] std::optional<Value> peek(std::string_view section, const Slot& slot) const;

  void read_section(std::string_view name, std::vector<Slot> slots);
  void read_file_value(const std::string& section, Known& known);
  void read_override(const std::string& section, Known& known);
  void add_override(std::string_view text);
  void take(Known& known, std::optional<Value> value, Origin origin);
  void complain(Origin origin, const std::string& subject, std::string_view what);
  void complain_about_entry(const Entry& entry);
  void complain_about_table(const Table& table);
  /// How a key that is suggested would be written: below its [section], or with it in one.
  enum class Writing : std::uint8_t { Toml, Path };
  [[nodiscard]] std::string unknown_key(std::string_view section, std::string_view key,
                                        Writing writing) const;
  [[nodiscard]] std::string unknown_section(std::string_view section,
                                            std::string_view key = {}) const;
  [[nodiscard]] std::string without_section(std::string_view key) const;
  [[nodiscard]] const Section* find(std::string_view section) const;
  [[nodiscard]] const Known* find(std::string_view section, std::string_view key) const;
  [[nodiscard]] std::string place(Origin origin) const;
  [[nodiscard]] std::string origin_text(Origin origin) const;
  [[nodiscard]] std::string source_of(const Section& section, const Known& known) const;

  std::string name_;
  Document document_;
  std::vector<Override> overrides_;
  std::vector<Section> sections_;
  std::vector<Complaint> complaints_;
  std::vector<std::string> errors_;
};

/// A markdown table of a section's settings with defaults and ranges.
std::string markdown_table(std::string_view section, const std::vector<Slot>& slots);
template <HasSettings S>
std::string markdown_table(std::string_view section) {
  S defaults{};
  return markdown_table(section, make_slots(defaults));
}
/// The keys whose default or range another profile changes.
std::string profile_table(std::string_view profile, const std::vector<Slot>& usual,
                          const std::vector<Slot>& changed);

}  // namespace proteus::config
