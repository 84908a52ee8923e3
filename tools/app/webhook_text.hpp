// A webhook's address without its secret.
#pragma once

#include <string>
#include <string_view>

namespace proteus::app {

/// "https://host:port/***": what may be shown of an address; the port only where it was written.
/// One without path and query is shown whole, what cannot be read not at all.
std::string shown_webhook(std::string_view url);
/// Whether `url` is what shown_webhook made of an address with a secret: it leads nowhere.
bool is_hidden_webhook(std::string_view url);

}  // namespace proteus::app
