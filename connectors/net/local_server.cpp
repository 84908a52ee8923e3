// A Peer is one connection. What it is sent goes to the kernel at once where there is room, so that
// the last words of a process that is about to end still leave it.
#include "connectors/net/local_server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <unordered_set>

#include "connectors/net/accept_all.hpp"
#include "connectors/net/asio_loop.hpp"

namespace proteus::net {
namespace {

using Protocol = asio::local::stream_protocol;
using LocalSocket = asio::basic_stream_socket<Protocol, Executor>;
using LocalAcceptor = asio::basic_socket_acceptor<Protocol, Executor>;

constexpr std::size_t kUnreadBytesMax = 4U << 20U;

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Error system_error(ErrorCode code, const std::string& path, std::string_view what) {
  return error(code, fmt::format("{}: {} ({})", path, what, std::strerror(errno)));
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

/// Removes what a dead process left at `path`. Busy: somebody answers there.
Result<void> clear_stale(const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) {
    if (errno == ENOENT) return success();
    return system_error(ErrorCode::Io, path, "the place of the socket cannot be looked at");
  }
  if (!S_ISSOCK(there.st_mode)) {
    return error(ErrorCode::Refused,
                 fmt::format("{}: something that is not a socket is in the way; it stays", path));
  }
  const Descriptor probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const sockaddr_un address = address_of(path);
  // A full queue (EAGAIN) and a refused permission also mean that somebody is there.
  if (::connect(probe.get(), generic(address), sizeof address) == 0 || errno != ECONNREFUSED) {
    return error(ErrorCode::Busy, fmt::format("{}: another process answers there", path));
  }
  if (::unlink(path.c_str()) != 0) {
    return system_error(ErrorCode::Io, path, "the socket of a dead process cannot be removed");
  }
  return success();
}

/// A listening descriptor. The directory is locked meanwhile: of two processes that start at once
/// the second must not take the first one's new socket for a stale one.
Result<int> listen_at(const std::string& path) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    return error(ErrorCode::OutOfRange,
                 fmt::format("{}: a socket's path has 1 to {} bytes; choose a shorter folder", path,
                             sizeof(sockaddr_un::sun_path) - 1));
  }
  const auto slash = path.rfind('/');
  const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
  const Descriptor lock{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (lock.get() < 0) return system_error(ErrorCode::Io, path, "its folder cannot be opened");
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return error(ErrorCode::Busy,
                 fmt::format("{}: another process is opening a socket in this folder", path));
  }
  BOOST_OUTCOME_TRY(clear_stale(path));
  Descriptor listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const sockaddr_un address = address_of(path);
  // Linux gives the file the mode of the unbound socket: there is no instant at which the file is
  // open to others, and the process's umask is left alone.
  if (listener.get() < 0 || ::fchmod(listener.get(), S_IRUSR | S_IWUSR) != 0 ||
      ::bind(listener.get(), generic(address), sizeof address) != 0 ||
      ::listen(listener.get(), SOMAXCONN) != 0) {
    return system_error(ErrorCode::Io, path, "it is not possible to listen there");
  }
  return listener.release();
}

}  // namespace

struct LocalServer::Impl {
  Impl(Loop& l, std::string p, OnLine f)
      : loop(l),
        path(std::move(p)),
        on_line(std::make_shared<OnLine>(std::move(f))),
        acceptor(executor_of(l)),
        pause(executor_of(l)) {}

  void admit(LocalSocket socket);
  Result<void> listen();
  void stop();

  Loop& loop;
  const std::string path;
  const std::shared_ptr<OnLine> on_line;
  LocalAcceptor acceptor;
  SteadyTimer pause;
  struct stat file {};  ///< whose file it is that we may remove at the end
  bool stopped = false;
  std::unordered_set<std::shared_ptr<Reply::State>> peers;
};

struct Reply::State : std::enable_shared_from_this<Reply::State> {
  State(LocalServer::Impl& o, LocalSocket s)
      : owner(&o), on_line(o.on_line), socket(std::move(s)) {}

  Task<void> read_all(std::shared_ptr<State> self);
  bool take_lines();
  bool write(std::string_view text);
  void flush();
  void finish();
  void end();

  LocalServer::Impl* owner;  ///< null once the connection has ended
  const std::shared_ptr<LocalServer::OnLine> on_line;
  LocalSocket socket;
  std::string received;
  std::string unsent;
  std::string sending;  ///< what the write under way is made of
  bool finishing = false;
};

// `self` keeps the peer alive as long as the coroutine frame lives.
Task<void> Reply::State::read_all(std::shared_ptr<State> self) {
  std::array<char, 4096> piece;
  while (owner) {
    const auto [ec, size] = co_await socket.async_read_some(asio::buffer(piece), kAwait);
    if (ec) break;
    received.append(piece.data(), size);
    if (!take_lines()) break;
  }
  self->end();
}

/// Hands out every whole line. False: the connection is over.
bool Reply::State::take_lines() {
  std::size_t begin = 0;
  bool too_long = false;
  for (auto end = received.find('\n'); end != std::string::npos; end = received.find('\n', begin)) {
    const std::string line = received.substr(begin, end - begin);
    too_long = line.size() > kLocalLineBytesMax;
    if (too_long) break;
    begin = end + 1;
    (*on_line)(line, Reply{shared_from_this()});
    if (!owner) return false;
  }
  received.erase(0, begin);
  if (!too_long && received.size() <= kLocalLineBytesMax) return true;
  write(fmt::format("error: a line may have {} bytes at most\n", kLocalLineBytesMax));
  return false;
}

/// Straight to the kernel while it takes everything, through the loop otherwise.
bool Reply::State::write(std::string_view text) {
  if (!owner || finishing) return false;
  if (unsent.empty() && sending.empty()) {
    const ssize_t sent =
        ::send(socket.native_handle(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return end(), false;
    if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
  }
  if (unsent.size() + text.size() > kUnreadBytesMax) return end(), false;
  unsent += text;
  flush();
  return true;
}

void Reply::State::flush() {
  if (unsent.empty() || !sending.empty()) return;
  sending.swap(unsent);
  asio::async_write(socket, asio::buffer(sending),
                    [self = shared_from_this()](error_code ec, std::size_t) {
                      self->sending.clear();
                      if (ec) return self->end();
                      self->flush();
                      self->finish();
                    });
}

void Reply::State::finish() {
  if (finishing && unsent.empty() && sending.empty()) end();
}

void Reply::State::end() {
  if (!owner) return;
  const auto self = shared_from_this();
  owner->peers.erase(self);
  owner = nullptr;
  error_code ignored;
  socket.close(ignored);
}

bool Reply::line(std::string_view text) const { return state_->write(std::string{text} + '\n'); }
void Reply::close() const {
  state_->finishing = true;
  state_->finish();
}
bool Reply::gone() const { return state_->owner == nullptr || state_->finishing; }

Result<void> LocalServer::Impl::listen() {
  BOOST_OUTCOME_TRY(const int fd, listen_at(path));
  error_code ec;
  acceptor.assign(Protocol{}, fd, ec);
  if (ec || ::lstat(path.c_str(), &file) != 0) {
    if (ec) ::close(fd);
    return system_error(ErrorCode::Io, path, "the new socket cannot be used");
  }
  return success();
}

void LocalServer::Impl::admit(LocalSocket socket) {
  const auto peer = std::make_shared<Reply::State>(*this, std::move(socket));
  peers.insert(peer);
  asio::co_spawn(executor_of(loop), peer->read_all(peer), asio::detached);
}

void LocalServer::Impl::stop() {
  stopped = true;
  error_code ignored;
  acceptor.close(ignored);
  pause.cancel();
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0 && there.st_ino == file.st_ino &&
      there.st_dev == file.st_dev) {
    ::unlink(path.c_str());
  }
  const auto all = peers;
  for (const auto& peer : all) peer->end();
}

LocalServer::LocalServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalServer::~LocalServer() { impl_->stop(); }

Result<std::unique_ptr<LocalServer>> LocalServer::create(Loop& loop, std::string path,
                                                         OnLine on_line) {
  auto impl = std::make_shared<Impl>(loop, std::move(path), std::move(on_line));
  BOOST_OUTCOME_TRY(impl->listen());
  asio::co_spawn(executor_of(loop), accept_all<LocalSocket>(impl), asio::detached);
  return std::unique_ptr<LocalServer>{new LocalServer{std::move(impl)}};
}

std::size_t LocalServer::connections() const { return impl_->peers.size(); }

}  // namespace proteus::net
