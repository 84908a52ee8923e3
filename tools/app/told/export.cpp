#include "tools/app/told/export.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <memory>

#include "connectors/storage/session_log.hpp"
#include "tools/app/told/record_fields.hpp"
#include "tools/app/told/trades.hpp"
#include "tools/app/trading.hpp"

namespace proteus::app::told {
namespace {

namespace fs = std::filesystem;

/// One table. Its columns are those of the first row: rows of one kind have the same.
class Table {
 public:
  Table(const fs::path& folder, const std::string& name, bool json)
      : name_(name + (json ? ".jsonl" : ".csv")), json_(json), file_(folder / name_) {}

  void row(const std::vector<FieldText>& fields) {
    if (rows_++ == 0 && !json_) line(fields, &FieldText::name);
    if (!json_) return line(fields, &FieldText::value);
    std::string text;
    for (const FieldText& field : fields) {
      text += text.empty() ? '{' : ',';
      json::append_text(text, field.name);
      text += ':';
      json::append_text(text, field.value);
    }
    file_ << text << "}\n";
  }
  Result<Exported::File> close() {
    file_.flush();
    if (!file_)
      return error(ErrorCode::Io, fmt::format("cannot write {}: is the disk full?", name_));
    return Exported::File{name_, rows_};
  }

 private:
  void line(const std::vector<FieldText>& fields, std::string FieldText::*part) {
    std::string text;
    for (const FieldText& field : fields)
      text += (text.empty() && &field == fields.data() ? "" : ",") + csv_field(field.*part);
    file_ << text << "\r\n";
  }

  std::string name_;
  bool json_;
  std::ofstream file_;
  std::uint64_t rows_ = 0;
};

/// What the venue did or had, as a fill of nobody's order.
Fill fill_of(const ExternalAdjustment& adjusted) {
  Fill fill;
  fill.instrument = adjusted.instrument;
  fill.side = adjusted.quantity > Quantity{} ? Side::Buy : Side::Sell;
  fill.quantity = adjusted.quantity > Quantity{} ? adjusted.quantity : -adjusted.quantity;
  fill.price = adjusted.price;
  fill.fee = adjusted.fee;
  fill.time = adjusted.time;
  return fill;
}

/// The tables, and which record goes into which.
class Writer {
 public:
  Writer(const fs::path& folder, bool json) {
    for (const char* name :
         {"trades", "fills", "orders", "decisions", "equity", "funding", "adjustments"})
      tables_.push_back(std::make_unique<Table>(folder, name, json));
  }

  void take(const storage::WalRecord& record, std::uint64_t number) {
    if (const auto* snapshot = std::get_if<storage::Snapshot>(&record); snapshot && names_.empty())
      if (const auto table = instruments_of(*snapshot))  // Segments before it are gone.
        for (const Instrument& named : table.value()) names_.push_back(named.name());
    if (const auto* event = std::get_if<Event>(&record)) return take(*event, number);
    if (const auto* order = std::get_if<OrderIntent>(&record)) {
      auto row = begin(number, order->order.decided_at, order->order.instrument);
      add_fields(order->order, row);
      put(2, row);
    } else if (const auto* decision = std::get_if<DecisionRecord>(&record)) {
      decide(*decision, number);
    } else if (const auto* point = std::get_if<EquityPoint>(&record)) {
      std::vector<FieldText> row{{"record", std::to_string(number)}};
      flatten(*point, "", row);
      row.back().value = fmt::format("{:016x}", point->ledger_hash);
      put(4, row);
    }
  }
  Result<std::vector<Exported::File>> close() {
    for (const Trade& trade : trades_.open()) tell(trade);
    std::vector<Exported::File> files;
    for (const auto& table : tables_) {
      BOOST_OUTCOME_TRY(auto file, table->close());
      files.push_back(std::move(file));
    }
    return files;
  }

 private:
  void take(const Event& event, std::uint64_t number) {
    if (const auto* named = std::get_if<InstrumentChanged>(&event.body)) {
      const std::size_t index = named->instrument.id.index;
      if (names_.size() <= index) names_.resize(index + 1);
      names_[index] = named->instrument.name();
    } else if (const auto* fill = std::get_if<Fill>(&event.body)) {
      event_row(1, event, *fill, fill->instrument, number);
      if (const auto ended = trades_.add(*fill)) tell(*ended);
    } else if (const auto* funding = std::get_if<FundingSettled>(&event.body)) {
      event_row(5, event, *funding, funding->instrument, number);
      trades_.add(*funding);
    } else if (const auto* adjusted = std::get_if<ExternalAdjustment>(&event.body)) {
      event_row(6, event, *adjusted,
                adjusted->has_instrument ? std::optional(adjusted->instrument) : std::nullopt,
                number);
      if (adjusted->has_instrument && !adjusted->quantity.is_zero())
        if (const auto ended = trades_.add(fill_of(*adjusted))) tell(*ended);
    }
  }
  template <class Body>
  void event_row(std::size_t table, const Event& event, const Body& body,
                 std::optional<InstrumentId> instrument, std::uint64_t number) {
    auto row = begin(number, event.ts_recv, instrument);
    add_fields(body, row);
    put(table, row);
  }
  /// The row names its instrument already.
  template <class T>
  static void add_fields(const T& value, std::vector<FieldText>& row) {
    std::vector<FieldText> fields;
    flatten(value, "", fields);
    for (FieldText& field : fields) {
      if (field.name == "time") field.name = "happened";
      if (!field.name.starts_with("instrument")) row.push_back(std::move(field));
    }
  }
  /// What has one value a decision; lists stand as JSON.
  void decide(const DecisionRecord& d, std::uint64_t number) {
    auto row = begin(number, d.time, d.instrument);
    const auto add = [&](const char* name, const auto& value) { flatten(value, name, row); };
    add("bar_open", d.bar_open);
    add("close", d.close);
    add("outcome", d.outcome);
    add("reason", d.reason);
    row.push_back({"weight", d.has_target ? json::to_json(d.target.weight) : ""});
    row.push_back({"confidence", d.has_target ? json::to_json(d.target.confidence) : ""});
    add("position", d.position);
    add("wanted", d.wanted);
    add("equity", d.equity);
    row.push_back({"observation", json::to_json(d.observation)});
    row.push_back({"policy", json::to_json(d.policy)});
    row.push_back({"sizing", json::to_json(d.sizing)});
    row.push_back({"controls", json::to_json(d.controls)});
    row.push_back({"orders", json::to_json(d.orders)});
    put(3, row);
  }
  void tell(const Trade& trade) {
    std::vector<FieldText> row{{"instrument", name_of(trade.instrument)}};
    flatten(trade, "", row);
    for (FieldText& field : row)
      if (field.name == "left" && trade.open) field.value.clear();
    put(0, row);
  }
  std::vector<FieldText> begin(std::uint64_t number, Timestamp time,
                               std::optional<InstrumentId> instrument) {
    return {{"record", std::to_string(number)},
            {"time", json::time_text(time)},
            {"instrument", instrument ? name_of(*instrument) : ""}};
  }
  [[nodiscard]] std::string name_of(InstrumentId id) const {
    if (id.index < names_.size() && !names_[id.index].empty()) return names_[id.index];
    return fmt::format("#{}", id.index);
  }
  void put(std::size_t table, const std::vector<FieldText>& row) { tables_[table]->row(row); }

  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::string> names_;
  Trades trades_;
};

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

Result<Exported> export_session(const fs::path& session, const fs::path& to, bool json) {
  BOOST_OUTCOME_TRY(auto log, storage::SessionLog::open(session / "session.wal"));
  std::error_code failed;
  fs::create_directories(to, failed);
  if (failed) return storage::io_error("make the folder", to, failed.value());
  Writer writer(to, json);
  for (;;) {
    const std::uint64_t number = log.number();
    BOOST_OUTCOME_TRY(const storage::WalRecord* const record, log.next());
    if (record == nullptr) break;
    writer.take(*record, number);
  }
  Exported exported;
  exported.missing = log.missing();
  BOOST_OUTCOME_TRY(exported.files, writer.close());
  return exported;
}

}  // namespace proteus::app::told
