#include "tools/app/told/log_chain.hpp"

#include <fmt/format.h>

#include "connectors/storage/session_log.hpp"
#include "models/inference/sha256.hpp"

namespace proteus::app::told {
namespace {

Result<ChainLink> digest_of(storage::WalReader reader) {
  ChainLink link;
  link.segment = reader.header().segment;
  inference::Sha256 hash;
  for (;;) {
    BOOST_OUTCOME_TRY(const auto frame, reader.next_frame());
    if (!frame) break;
    std::array<char, 10> head{};
    head[0] = static_cast<char>(frame->kind);
    head[1] = static_cast<char>(frame->version);
    for (std::size_t i = 0; i < 8; ++i) head[2 + i] = static_cast<char>(frame->number >> (8 * i));
    hash.add({head.data(), head.size()});
    hash.add({reinterpret_cast<const char*>(frame->payload.data()), frame->payload.size()});
    ++link.records;
  }
  link.digest = hash.digits();
  return link;
}

}  // namespace

Result<LogChain> chain_of(const std::filesystem::path& folder) {
  const std::filesystem::path wal = folder / "session.wal";
  BOOST_OUTCOME_TRY(const auto log, storage::SessionLog::open(wal));
  LogChain chain;
  chain.value = log.header().session.view();
  for (std::uint32_t segment = log.header().segment;; ++segment) {
    auto reader = storage::open_segment(wal, segment);
    if (reader.has_error()) {
      if (reader.error().code == ErrorCode::NotFound) break;
      return reader.error();
    }
    BOOST_OUTCOME_TRY(ChainLink link, digest_of(std::move(reader).value()));
    link.link = inference::sha256(chain.value + " " + link.digest);
    chain.value = link.link;
    chain.links.push_back(std::move(link));
  }
  return chain;
}

}  // namespace proteus::app::told
