// A Job is one request, a Link one connection that serves jobs one after another. A job is answered
// once, through Job::finish(): by its link or by its deadline, whichever comes first. Links and
// their coroutines hold themselves alive and ask owner_ again after everything that suspends and
// after every callback, since a callback may destroy the client.
#include "connectors/net/http_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <deque>
#include <optional>
#include <vector>

#include "connectors/net/dial.hpp"

namespace proteus::net {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::uint32_t kAnswerHeadMax = 64U * 1024U;

struct Job {
  Job(HttpRequest r, OnResponse f)
      : request(std::move(r)), on_done(std::move(f)), asked(Loop::steady_now()) {}

  void finish(Result<HttpResponse> result) {
    if (done) return;
    done = true;
    deadline.cancel();
    if (on_done) on_done(std::move(result));
  }

  HttpRequest request;
  OnResponse on_done;
  Duration asked;
  Duration due{};  ///< on the steady clock
  Timer deadline;
  bool done = false;
};
using JobPtr = std::shared_ptr<Job>;

std::string text_of(beast::string_view view) { return {view.data(), view.size()}; }

HttpResponse response_of(http::response<http::string_body>&& message, Duration elapsed) {
  HttpResponse response;
  response.status = message.result_int();
  for (const auto& field : message) {
    response.headers.push_back({text_of(field.name_string()), text_of(field.value())});
  }
  response.body = std::move(message.body());
  response.elapsed = elapsed;
  return response;
}

}  // namespace

struct HttpClient::Impl : std::enable_shared_from_this<Impl> {
  class Link;

  Impl(Loop& l, Endpoint b, HttpOptions o) : loop(l), base(std::move(b)), options(std::move(o)) {
    if (base.path.ends_with('/')) base.path.pop_back();
  }

  void add(HttpRequest request, Duration deadline, OnResponse on_done);
  void too_late(const JobPtr& job, Duration deadline);
  void dispatch();
  void remove(const Link* link);
  void stop();

  [[nodiscard]] Error at(ErrorCode code, std::string_view text) const {
    return error(code, fmt::format("{}: {}", to_string(base), text));
  }

  Loop& loop;
  Endpoint base;
  const HttpOptions options;
  std::deque<JobPtr> waiting;
  std::vector<std::shared_ptr<Link>> links;
};

class HttpClient::Impl::Link : public std::enable_shared_from_this<Link> {
 public:
  Link(Impl& owner, JobPtr first)
      : owner_(&owner),
        loop_(owner.loop),
        base_(owner.base),
        options_(owner.options),
        job_(std::move(first)),
        stream_(std::make_shared<Stream>(executor_of(owner.loop))) {}

  void start() { asio::co_spawn(executor_of(loop_), live(shared_from_this()), asio::detached); }

  [[nodiscard]] bool idle() const { return idle_; }
  [[nodiscard]] const JobPtr& job() const { return job_; }

  /// Wakes the link from its rest with a new job. Only while idle().
  void give(JobPtr job) {
    idle_ = false;
    job_ = std::move(job);
    error_code ignored;
    stream_->socket().cancel(ignored);
  }

  /// Nobody is interested any more; the coroutine ends by itself.
  void abandon() {
    owner_ = nullptr;
    rest_.cancel();
    stream_->close();
  }

 private:
  using Parser = http::response_parser<http::string_body>;
  struct Outcome {
    Outcome() = default;
    error_code ec;
    bool answer_began = false;
    bool reusable = false;
  };

  Task<void> live(std::shared_ptr<Link> self);
  Task<bool> open();
  Task<bool> rest();
  Task<bool> serve();
  Task<Outcome> exchange(std::optional<Parser>& parser);
  void finish(Result<HttpResponse> result);
  [[nodiscard]] http::request<http::string_body> message() const;
  [[nodiscard]] Error failure(const error_code& ec) const;

  Impl* owner_;  ///< null: abandoned
  Loop& loop_;
  const Endpoint base_;
  const HttpOptions options_;
  JobPtr job_;
  // Replaced by open(); shared, since what is under way on the old one still ends on it.
  std::shared_ptr<Stream> stream_;
  beast::flat_buffer buffer_;
  Timer rest_;
  bool idle_ = false;
  bool fresh_ = true;  ///< no answer has come over this stream yet
};

// `self` keeps the link alive as long as the coroutine frame lives.
Task<void> HttpClient::Impl::Link::live(std::shared_ptr<Link> self) {
  bool usable = co_await open();
  while (usable && owner_) {
    if (job_) {
      usable = co_await serve();
    } else {
      usable = co_await rest();
    }
  }
  if (!owner_) co_return;
  const auto owner = owner_->shared_from_this();
  abandon();
  owner->remove(self.get());
  owner->dispatch();
}

/// A new connection for job_. False: there is none, and job_ has been told.
Task<bool> HttpClient::Impl::Link::open() {
  stream_->close();
  stream_ = std::make_shared<Stream>(executor_of(loop_));
  buffer_.clear();
  fresh_ = true;
  const auto stream = stream_;
  const Duration left = job_->due - Loop::steady_now();
  const Result<void> opened = co_await dial(loop_, *stream, base_, options_.ca_file, left);
  if (!owner_) co_return false;
  if (!opened) finish(opened.error());
  co_return opened.has_value();
}

/// Waits for a job on an open connection. False: the server closed it, or it rested long enough.
Task<bool> HttpClient::Impl::Link::rest() {
  const auto stream = stream_;
  idle_ = true;
  rest_ = loop_.after(options_.idle_max, [stream] { stream->close(); });
  // Readable while nothing was asked means closed, or words out of turn: not to be used again.
  const auto [ec] = co_await stream->socket().async_wait(Socket::wait_read, kAwait);
  rest_.cancel();
  idle_ = false;
  if (!owner_ || !job_) co_return false;
  const bool intact = ec == asio::error::operation_aborted && !stream->closed();
  // A job may have come in the very turn in which the connection ended; nothing of it was sent.
  // Two statements: GCC 12 runs the right side of `intact || co_await open()` in either case.
  if (intact) co_return true;
  co_return co_await open();
}

/// Sends job_ and answers it. True: the connection can be used again.
Task<bool> HttpClient::Impl::Link::serve() {
  std::optional<Parser> parser;
  Outcome outcome = co_await exchange(parser);
  if (!owner_) co_return false;
  const bool stale = !fresh_ && !outcome.answer_began &&
                     (is_end_of_stream(outcome.ec) || outcome.ec == http::error::end_of_stream);
  if (stale && job_->request.method == "GET") {
    if (!co_await open()) co_return false;
    outcome = co_await exchange(parser);
    if (!owner_) co_return false;
  }
  if (outcome.ec) {
    finish(failure(outcome.ec));
    co_return false;
  }
  fresh_ = false;
  const Duration elapsed = Loop::steady_now() - job_->asked;
  idle_ = outcome.reusable;  // A request that the callback makes may come straight here.
  finish(response_of(parser->release(), elapsed));
  idle_ = false;
  if (!owner_ || !outcome.reusable) co_return false;
  if (!job_ && !owner_->waiting.empty()) {
    job_ = std::move(owner_->waiting.front());
    owner_->waiting.pop_front();
  }
  co_return true;
}

Task<HttpClient::Impl::Link::Outcome> HttpClient::Impl::Link::exchange(
    std::optional<Parser>& parser) {
  const auto stream = stream_;
  const auto request = message();
  Outcome outcome;
  std::tie(outcome.ec, std::ignore) = co_await http::async_write(*stream, request, kAwait);
  bool interim = true;
  while (!outcome.ec && interim) {
    parser.emplace();
    parser->header_limit(kAnswerHeadMax);
    parser->body_limit(options_.body_max_bytes);
    parser->skip(request.method() == http::verb::head);
    std::tie(outcome.ec, std::ignore) =
        co_await http::async_read(*stream, buffer_, *parser, kAwait);
    outcome.answer_began = parser->got_some() || buffer_.size() > 0;
    // 1xx comes before the answer proper and is complete in itself.
    interim = !outcome.ec && parser->get().result_int() < 200;
  }
  // What stands behind the answer was not asked for; the next answer could be mistaken for it.
  outcome.reusable = !outcome.ec && parser->keep_alive() && buffer_.size() == 0;
  co_return outcome;
}

void HttpClient::Impl::Link::finish(Result<HttpResponse> result) {
  const JobPtr job = std::move(job_);
  job_.reset();
  job->finish(std::move(result));
}

http::request<http::string_body> HttpClient::Impl::Link::message() const {
  const HttpRequest& asked = job_->request;
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(asked.method);
  message.target(base_.path + asked.target);
  message.set(http::field::host, host_header(base_));
  message.set(http::field::user_agent, options_.user_agent);
  for (const HttpHeader& header : asked.headers) message.insert(header.name, header.value);
  message.body() = asked.body;
  message.prepare_payload();
  return message;
}

Error HttpClient::Impl::Link::failure(const error_code& ec) const {
  if (ec == http::error::body_limit) {
    return owner_->at(ErrorCode::OutOfRange,
                      fmt::format("the answer's body is larger than the bound of {} bytes",
                                  options_.body_max_bytes));
  }
  if (ec == http::error::end_of_stream || ec == http::error::partial_message) {
    return stream_error(base_, asio::error::eof);
  }
  if (std::string_view{ec.category().name()} == "beast.http") {
    return owner_->at(ErrorCode::Malformed,
                      fmt::format("the answer is not HTTP ({})", ec.message()));
  }
  return stream_error(base_, ec);
}

void HttpClient::Impl::add(HttpRequest request, Duration deadline, OnResponse on_done) {
  const auto job = std::make_shared<Job>(std::move(request), std::move(on_done));
  if (waiting.size() >= options.waiting_max) {
    // From the loop: a callback never comes from inside a call.
    loop.post([self = weak_from_this(), job] {
      if (const auto impl = self.lock()) {
        job->finish(impl->at(ErrorCode::Busy,
                             fmt::format("{} requests wait already", impl->options.waiting_max)));
      }
    });
    return;
  }
  job->due = job->asked + deadline;
  job->deadline =
      loop.after(deadline, [self = weak_from_this(), weak = std::weak_ptr(job), deadline] {
        const auto impl = self.lock();
        const auto late = weak.lock();
        if (impl && late) impl->too_late(late, deadline);
      });
  waiting.push_back(job);
  dispatch();
}

void HttpClient::Impl::too_late(const JobPtr& job, Duration deadline) {
  std::erase(waiting, job);
  const auto busy = std::ranges::find(links, job, [](const auto& link) { return link->job(); });
  if (busy != links.end()) {
    (*busy)->abandon();
    links.erase(busy);
  }
  dispatch();
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(deadline).count();
  job->finish(at(ErrorCode::Timeout, fmt::format("no answer to {} {} within {} ms",
                                                 job->request.method, job->request.target, ms)));
}

/// Hands waiting jobs to links that rest, then to new ones.
void HttpClient::Impl::dispatch() {
  while (!waiting.empty()) {
    const auto idle = std::ranges::find_if(links, [](const auto& link) { return link->idle(); });
    if (idle == links.end() && links.size() >= options.connections_max) return;
    JobPtr job = std::move(waiting.front());
    waiting.pop_front();
    if (idle != links.end()) {
      (*idle)->give(std::move(job));
    } else {
      links.push_back(std::make_shared<Link>(*this, std::move(job)));
      links.back()->start();
    }
  }
}

void HttpClient::Impl::remove(const Link* link) {
  std::erase_if(links, [&](const auto& other) { return other.get() == link; });
}

void HttpClient::Impl::stop() {
  waiting.clear();
  for (const auto& link : links) link->abandon();
  links.clear();
}

HttpClient::HttpClient(Loop& loop, Endpoint base, HttpOptions options)
    : impl_(std::make_shared<Impl>(loop, std::move(base), std::move(options))) {}
HttpClient::~HttpClient() { impl_->stop(); }

void HttpClient::get(std::string target, Duration deadline, OnResponse on_done) {
  impl_->add(HttpRequest("GET", std::move(target)), deadline, std::move(on_done));
}
void HttpClient::request(HttpRequest request, Duration deadline, OnResponse on_done) {
  impl_->add(std::move(request), deadline, std::move(on_done));
}
std::size_t HttpClient::connections() const { return impl_->links.size(); }
std::size_t HttpClient::waiting() const { return impl_->waiting.size(); }

}  // namespace proteus::net
