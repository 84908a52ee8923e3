// The account's key as the gateway asks for it.
#pragma once

#include <memory>
#include <string>

#include "connectors/live/account_io.hpp"
#include "tools/app/keys.hpp"

namespace proteus::app {

class AccountSigning final : public live::Signing {
 public:
  explicit AccountSigning(std::shared_ptr<const Keys> keys) : keys_(std::move(keys)) {}
  [[nodiscard]] std::string_view key() const override { return keys_->key(); }
  [[nodiscard]] std::string sign(std::string_view text) const override {
    return keys_->signer().sign(text);
  }

 private:
  std::shared_ptr<const Keys> keys_;
};

}  // namespace proteus::app
