// A session log told again from its first record by a second engine, which shares nothing with the
// first but the settings; every record is compared. The product's own way to do so (RetoldJournal)
// is not used: it is what a resumed session stands on, and is checked by that.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/core/instrument.hpp"
#include "tools/app/settings.hpp"

namespace proteus::simulation {

struct Retold {
  std::string complaint;  ///< empty: every record was the same
  std::uint64_t records = 0;
  std::uint64_t ledger_hash = 0;
};

Retold tell_again(const app::Loaded& loaded, const std::filesystem::path& wal);

}  // namespace proteus::simulation
