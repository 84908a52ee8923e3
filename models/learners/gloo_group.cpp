// Gloo says that a connection broke or that nothing came in time, and not whose fault it is. So a
// rank whose sum fails lets go of all its connections, which wakes those that wait for it, says in
// the store that it is alive, and looks who does not say so.
#include "models/learners/gloo_group.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <torch/torch.h>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace proteus::learners {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kPatience{1'500};  ///< for a rank to say that it is alive

/// What Gloo and the store throw comes with a stack; its first line is for people.
std::string first_line(const std::exception& thrown) {
  const std::string_view all = thrown.what();
  return std::string(all.substr(0, all.find('\n')));
}

/// This machine's address on the way to rank 0: the one at which the other ranks can reach it.
/// Empty: unknown.
std::string own_address(const GroupSettings& settings) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(settings.port);
  if (::getaddrinfo(settings.address.c_str(), port.c_str(), &hints, &found) != 0) return {};
  std::string text;
  for (const addrinfo* at = found; at != nullptr && text.empty(); at = at->ai_next) {
    const int fd = ::socket(at->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    char host[NI_MAXHOST] = {};
    // Connecting a datagram socket sends nothing; it only chooses the way.
    if (fd >= 0 && ::connect(fd, at->ai_addr, at->ai_addrlen) == 0 &&
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
        ::getnameinfo(reinterpret_cast<sockaddr*>(&own), size, host, sizeof host, nullptr, 0,
                      NI_NUMERICHOST) == 0)
      text = host;
    if (fd >= 0) ::close(fd);
  }
  ::freeaddrinfo(found);
  return text;
}

class GlooGroup : public Group {
 public:
  explicit GlooGroup(const GroupSettings& settings) : settings_(settings) {}
  /// Throws what LibTorch throws.
  void join();

  [[nodiscard]] int rank() const override { return settings_.rank; }
  [[nodiscard]] int size() const override { return settings_.size; }
  [[nodiscard]] int local_rank() const override { return settings_.local_rank; }
  Result<void> sum(std::span<double> numbers, std::string_view what) override {
    return add_up(numbers, torch::kFloat64, what);
  }
  Result<void> sum(std::span<float> numbers, std::string_view what) override {
    return add_up(numbers, torch::kFloat32, what);
  }

 private:
  template <class T>
  Result<void> add_up(std::span<T> numbers, torch::ScalarType type, std::string_view what);
  [[nodiscard]] std::string missing();

  GroupSettings settings_;
  std::int64_t sums_ = 0;
  c10::intrusive_ptr<c10d::TCPStore> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

void GlooGroup::join() {
  const auto timeout = std::chrono::duration_cast<Milliseconds>(settings_.timeout);
  c10d::TCPStoreOptions store;
  store.port = settings_.port;
  store.isServer = settings_.rank == 0;
  store.numWorkers = static_cast<std::size_t>(settings_.size);
  store.timeout = timeout;
  store_ = c10::make_intrusive<c10d::TCPStore>(settings_.address, store);
  auto options = c10d::ProcessGroupGloo::Options::create(timeout);
  options->threads = 1;
  const std::string own = own_address(settings_);
  options->devices.push_back(own.empty() ? c10d::ProcessGroupGloo::createDefaultDevice()
                                         : c10d::ProcessGroupGloo::createDeviceForHostname(own));
  group_ =
      c10::make_intrusive<c10d::ProcessGroupGloo>(store_, settings_.rank, settings_.size, options);
}

template <class T>
Result<void> GlooGroup::add_up(std::span<T> numbers, torch::ScalarType type,
                               std::string_view what) {
  ++sums_;
  if (group_ == nullptr)
    return error(ErrorCode::Io, "the group of ranks has ended: start all ranks again");
  try {
    std::vector<torch::Tensor> tensors{
        torch::from_blob(numbers.data(), {static_cast<std::int64_t>(numbers.size())}, type)};
    group_->allreduce(tensors)->wait();
    return success();
  } catch (const std::exception& thrown) {
    const std::string words = first_line(thrown);
    const std::string who = missing();
    return error(ErrorCode::Io,
                 fmt::format("rank {} of {} cannot add up {} with the others, since {} ({}): "
                             "start all ranks again, from the last checkpoint",
                             settings_.rank, settings_.size, what, who, words));
  }
}

/// Who does not say that it is alive, in words. Ends the group.
std::string GlooGroup::missing() {
  group_.reset();
  const auto key = [this](int rank) { return fmt::format("alive/{}/{}", sums_, rank); };
  std::vector<int> gone;
  bool reachable = true;
  try {
    store_->set(key(settings_.rank), std::vector<std::uint8_t>{1});
    store_->wait({key(settings_.rank)}, kPatience);
  } catch (const std::exception&) {
    reachable = false;
  }
  if (!reachable) return "rank 0 is gone or says nothing";
  for (int rank = 0; rank < settings_.size; ++rank) {
    if (rank == settings_.rank) continue;
    try {
      store_->wait({key(rank)}, kPatience);
    } catch (const std::exception&) {
      gone.push_back(rank);
    }
  }
  if (gone.empty()) return "the connection to another rank broke, though all are alive";
  return fmt::format("rank{} {} {} gone or say{} nothing", gone.size() > 1 ? "s" : "",
                     fmt::join(gone, ", "), gone.size() > 1 ? "are" : "is",
                     gone.size() > 1 ? "" : "s");
}

}  // namespace

Result<std::unique_ptr<Group>> join_gloo(const GroupSettings& settings) {
  auto group = std::make_unique<GlooGroup>(settings);
  try {
    group->join();
  } catch (const std::exception& thrown) {
    return error(
        ErrorCode::Io,
        fmt::format("rank {} of {} did not find the others at {}:{} within {} s ({}): see that all "
                    "ranks run, and that MASTER_ADDR and MASTER_PORT are those of rank 0",
                    settings.rank, settings.size, settings.address, settings.port,
                    std::chrono::duration_cast<std::chrono::seconds>(settings.timeout).count(),
                    first_line(thrown)));
  }
  return std::unique_ptr<Group>(std::move(group));
}

}  // namespace proteus::learners
