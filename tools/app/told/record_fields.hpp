// Records of the log taken apart into named texts, so that two of them can be held side by side.
#pragma once

#include <string>
#include <vector>

#include "connectors/storage/wal_format.hpp"
#include "engine/core/json.hpp"

namespace proteus::app::told {

struct FieldText {
  std::string name;  ///< "sizing[2].weight"
  std::string value;
};

struct FieldDifference {
  std::string name, then, now;  ///< "(none)" where one side lacks it
  static constexpr auto fields() {
    using F = FieldDifference;
    return std::tuple{field("name", &F::name), field("then", &F::then), field("now", &F::now)};
  }
};

template <class T>
concept TextRange = requires(const T& list) {
  list.begin();
  list.end();
}
&&!std::is_convertible_v<const T&, std::string_view> && !binary::detail::IsText<T>::value;

/// Every leaf of a described value, in order.
template <class T>
void flatten(const T& value, const std::string& name, std::vector<FieldText>& out) {
  if constexpr (Described<T>) {
    for_each_field(value, [&](const char* member, const auto& inner) {
      flatten(inner, name.empty() ? std::string(member) : name + "." + member, out);
    });
  } else if constexpr (TextRange<T>) {
    std::size_t index = 0;
    for (const auto& entry : value) flatten(entry, fmt::format("{}[{}]", name, index++), out);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    out.push_back({name, std::string(std::string_view(value))});
  } else if constexpr (binary::detail::IsText<T>::value) {
    out.push_back({name, std::string(value.view())});
  } else {
    std::string text = json::to_json(value);
    if (text.size() > 1 && text.front() == '"') text = text.substr(1, text.size() - 2);
    out.push_back({name, std::move(text)});
  }
}

std::vector<FieldText> fields_of(const storage::WalRecord& record);
/// Fields of one that differ from the other's, in order.
std::vector<FieldDifference> differences(const std::vector<FieldText>& then,
                                         const std::vector<FieldText>& now);
/// "fill", "decision", "order", "cancel", "equity", "snapshot", or an event's name.
std::string_view kind_of(const storage::WalRecord& record);
/// One line for people: kind and content, shortened.
std::string words_of(const storage::WalRecord& record);
/// The instrument a record is about; nothing: none.
std::optional<InstrumentId> instrument_of(const storage::WalRecord& record);
/// Bit for bit, as they stand in the log.
bool same_bits(const storage::WalRecord& a, const storage::WalRecord& b);

}  // namespace proteus::app::told
