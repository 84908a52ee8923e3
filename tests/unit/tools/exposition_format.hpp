// A reader of the Prometheus text format 0.0.4 that accepts nothing else, written from its
// description and sharing nothing with the writer.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace proteus::app::exposition {

using Labels = std::map<std::string, std::string>;
struct Parsed {
  std::map<std::string, std::string> types;                 ///< by family
  std::map<std::string, std::string> helps;                 ///< unescaped
  std::map<std::string, std::map<Labels, double>> samples;  ///< by sample name
  std::string error;                                        ///< empty: well-formed

  [[nodiscard]] std::optional<double> value(const std::string& name, const Labels& l = {}) const {
    const auto family = samples.find(name);
    if (family == samples.end() || !family->second.contains(l)) return std::nullopt;
    return family->second.at(l);
  }
};

class Reader {
 public:
  Parsed read(std::string_view text) {
    if (text.empty() || text.back() != '\n') return fail("the last line has no end");
    while (!text.empty() && out_.error.empty()) {
      const auto end = text.find('\n');
      line_ = rest_ = text.substr(0, end);
      text.remove_prefix(end + 1);
      if (rest_.empty()) continue;
      if (rest_.front() == '#')
        comment();
      else
        sample();
    }
    if (out_.error.empty()) histograms();
    return out_;
  }

 private:
  Parsed& fail(const std::string& what) {
    if (out_.error.empty()) out_.error = what + ": " + std::string(line_);
    return out_;
  }
  static bool letter(char c, bool colon) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colon && c == ':');
  }
  /// [a-zA-Z_:][a-zA-Z0-9_:]*, without the colon for labels.
  std::string name(bool colon) {
    std::size_t n = 0;
    while (n < rest_.size() &&
           (letter(rest_[n], colon) || (n > 0 && rest_[n] >= '0' && rest_[n] <= '9')))
      ++n;
    std::string out{rest_.substr(0, n)};
    rest_.remove_prefix(n);
    if (out.empty()) fail("a name is missing");
    return out;
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  /// Up to `end` (0: the end of the line), with the escapes that are known there.
  std::string escaped(char end) {
    std::string out;
    while (!rest_.empty() && (end == 0 || rest_.front() != end)) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\\') {
        if (rest_.empty()) return fail("a backslash at the end"), out;
        c = rest_.front();
        rest_.remove_prefix(1);
        if (c == 'n')
          c = '\n';
        else if (c != '\\' && !(c == '"' && end == '"'))
          return fail("an unknown escape"), out;
      }
      out += c;
    }
    return out;
  }
  void comment() {
    const bool help = take("# HELP ");
    if (!help && !take("# TYPE ")) return void(fail("a comment that is neither HELP nor TYPE"));
    const std::string of = name(true);
    if (!take(" ")) return void(fail("nothing follows the name"));
    if (help) {
      if (!out_.helps.emplace(of, escaped(0)).second) fail("a second HELP");
      begin(of);
      return;
    }
    const std::string type{rest_};
    static const std::set<std::string> kTypes = {"counter", "gauge", "histogram", "summary",
                                                 "untyped"};
    if (!kTypes.contains(type)) return void(fail("an unknown type"));
    if (!out_.types.emplace(of, type).second) return void(fail("a second TYPE"));
    begin(of);
  }
  /// All lines of a family stand together.
  void begin(const std::string& family) {
    if (family == current_) return;
    if (!begun_.insert(family).second) fail("the family stands in two places");
    current_ = family;
  }
  /// The family that a sample's name belongs to.
  std::string family_of(const std::string& sample) {
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"})
      if (sample.ends_with(suffix)) {
        const std::string base = sample.substr(0, sample.size() - suffix.size());
        const auto type = out_.types.find(base);
        if (type != out_.types.end() && type->second == "histogram") return base;
      }
    return sample;
  }
  void sample() {
    const std::string of = name(true);
    const std::string family = family_of(of);
    begin(family);
    const auto type = out_.types.find(family);
    if (type == out_.types.end()) return void(fail("a sample before its TYPE"));
    if (!out_.helps.contains(family)) return void(fail("a sample without HELP"));
    if (type->second == "histogram" && family == of) return void(fail("a bare histogram"));
    if (type->second == "counter" && !of.ends_with("_total"))
      return void(fail("a counter that does not end with _total"));
    Labels found;
    if (take("{")) found = labels();
    if (!take(" ")) return void(fail("no blank before the value"));
    const double v = value();
    if (type->second == "counter" && !(v >= 0)) return void(fail("a counter below zero"));
    if (!out_.error.empty()) return;
    if (!out_.samples[of].emplace(found, v).second) fail("the same sample twice");
  }
  Labels labels() {
    Labels out;
    while (out_.error.empty()) {
      const std::string key = name(false);
      if (key.starts_with("__")) fail("a reserved label");
      if (!take("=\"")) return fail("a label without a value"), out;
      const std::string word = escaped('"');
      if (!take("\"")) return fail("a label's value has no end"), out;
      if (!out.emplace(key, word).second) fail("a label twice");
      if (take("}")) return out;
      if (!take(",")) return fail("neither , nor } after a label"), out;
    }
    return out;
  }
  /// The rest of the line: one number as Go's ParseFloat reads it, and no timestamp (we give none).
  double value() {
    if (rest_ == "NaN") return NAN;
    if (rest_ == "+Inf") return INFINITY;
    if (rest_ == "-Inf") return -INFINITY;
    double v = 0;
    const auto [end, bad] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), v);
    if (bad != std::errc{} || end != rest_.data() + rest_.size() || rest_.starts_with('i') ||
        rest_.starts_with('n'))
      fail("no number");
    return v;
  }
  /// Buckets rise with their bound up to +Inf, which is the count.
  void histograms() {
    for (const auto& [family, type] : out_.types) {
      if (type != "histogram") continue;
      line_ = family;
      std::map<double, double> buckets;
      for (const auto& [found, v] : out_.samples[family + "_bucket"]) {
        if (!found.contains("le")) return void(fail("a bucket without le"));
        const std::string& le = found.at("le");
        buckets[le == "+Inf" ? INFINITY : std::strtod(le.c_str(), nullptr)] = v;
      }
      if (!buckets.contains(INFINITY)) return void(fail("no bucket +Inf"));
      double before = 0;
      for (const auto& [bound, v] : buckets) {
        if (v < before) return void(fail("buckets that fall"));
        before = v;
      }
      if (out_.value(family + "_count") != before) return void(fail("+Inf is not the count"));
      if (!out_.value(family + "_sum")) return void(fail("no sum"));
    }
  }

  Parsed out_;
  std::string_view line_, rest_;
  std::string current_;
  std::set<std::string> begun_;
};

inline Parsed parse(std::string_view text) { return Reader{}.read(text); }

}  // namespace proteus::app::exposition
