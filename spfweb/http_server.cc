#include "spfweb/http_server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include <list>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

#include "common/base/text.h"

namespace spfweb {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSweep{250};

std::string field(const evhttp_request* request, const char* name) {
  const char* value = evhttp_find_header(request->input_headers, name);
  return value == nullptr ? std::string() : std::string(value);
}

// Returns the value of the last field of that name. A client cannot write after a proxy.
std::string last_field(const evhttp_request* request, std::string_view name) {
  std::string value;
  for (const evkeyval* one = request->input_headers->tqh_first; one != nullptr; one = one->next.tqe_next) {
    if (base::equals_ignoring_case(one->key, name)) value = one->value;
  }
  return value;
}

// Returns the address of the client. A proxy on this host, at a loopback address or a UNIX socket, names it.
std::optional<base::IpAddress> client_of(evhttp_request* request) {
  char* peer = nullptr;
  std::uint16_t port = 0;
  evhttp_connection_get_peer(evhttp_request_get_connection(request), &peer, &port);
  const auto address = peer == nullptr ? std::nullopt : base::IpAddress::parse(peer);
  const bool is_local = !address || (address->is_v4() ? address->bytes()[0] == 127 : address->text() == "::1");
  if (!is_local) return address;
  const std::string forwarded = last_field(request, "X-Forwarded-For");
  const auto named = base::IpAddress::parse(base::strip(base::split(forwarded, ',').back()));
  return named ? named : address;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 429: return "Too Many Requests";
    case 503: return "Service Unavailable";
    default: return "Error";
  }
}

void send(evhttp_request* request, const HttpReply& reply) {
  evkeyvalq* const fields = evhttp_request_get_output_headers(request);
  const auto add = [fields](const char* name, const std::string& value) { evhttp_add_header(fields, name, value.c_str()); };
  add("Content-Type", std::string(reply.type));
  add("Content-Security-Policy",
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
      "frame-ancestors 'none'");
  add("X-Content-Type-Options", "nosniff");
  add("Referrer-Policy", "no-referrer");
  add("Cache-Control", "no-store");
  add("X-Robots-Tag", "noindex");
  add("Vary", "Accept, Accept-Language");
  add("Connection", "close");
  add("Content-Length", std::to_string(reply.body.size()));
  if (reply.status == 405) add("Allow", "GET, HEAD");
  if (reply.retry_after > 0) add("Retry-After", std::to_string(reply.retry_after));
  const std::unique_ptr<evbuffer, void (*)(evbuffer*)> body(evbuffer_new(), evbuffer_free);
  const bool has_body = evhttp_request_get_command(request) != EVHTTP_REQ_HEAD;
  if (body && has_body) evbuffer_add(body.get(), reply.body.data(), reply.body.size());
  evhttp_send_reply(request, reply.status, std::string(reason_of(reply.status)).c_str(), body.get());
}

}  // namespace

// The connections that evhttp has. It reports neither their beginning nor their end: a connection begins when evhttp requests a
// bufferevent, and has ended when evhttp has removed its callbacks from that bufferevent. We hold a reference to the bufferevent,
// which keeps the socket open, so that no other connection gets its descriptor meanwhile.
class HttpServer::Connections {
 public:
  Connections(io::Loop& loop, std::chrono::milliseconds deadline, std::size_t most)
      : deadline_(deadline), most_(most), timer_(loop, [this] { sweep(); }) {}
  ~Connections() {
    for (const Connection& one : all_) bufferevent_decref(one.buffer);
  }
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  void add(bufferevent* buffer) {
    if (all_.size() + 1 >= most_) sweep();
    if (all_.empty()) timer_.set(kSweep);
    all_.push_back({buffer, Clock::now() + deadline_});
    bufferevent_incref(buffer);
    update_listeners();
  }
  void watch(evconnlistener* listener) { listeners_.push_back(listener); }

 private:
  struct Connection {
    bufferevent* buffer;
    Clock::time_point end;
  };

  static bool is_over(bufferevent* buffer) {
    bufferevent_event_cb on_event = nullptr;  // the callback for reading is also missing while evhttp sends an answer
    bufferevent_getcb(buffer, nullptr, nullptr, &on_event, nullptr);
    return on_event == nullptr;
  }

  // Forgets the connections that have ended, ends those whose time is over, and accepts new ones if there is room.
  void sweep() {
    const auto now = Clock::now();
    for (auto one = all_.begin(); one != all_.end();) {
      if (is_over(one->buffer)) {
        bufferevent_decref(one->buffer);
        one = all_.erase(one);
        continue;
      }
      // evhttp sees the end of input, or cannot write, and closes the connection.
      if (now >= one->end) ::shutdown(bufferevent_getfd(one->buffer), SHUT_RDWR);
      ++one;
    }
    update_listeners();
    if (!all_.empty()) timer_.set(kSweep);
  }

  void update_listeners() {
    for (evconnlistener* const listener : listeners_) {
      if (all_.size() < most_) {
        evconnlistener_enable(listener);
      } else {
        evconnlistener_disable(listener);
      }
    }
  }

  const std::chrono::milliseconds deadline_;
  const std::size_t most_;
  std::list<Connection> all_;
  std::vector<evconnlistener*> listeners_;
  io::Timer timer_;
};

HttpServer::HttpServer(io::Loop& loop, Handler handler, std::chrono::milliseconds deadline, std::size_t max_connections)
    : handler_(std::move(handler)),
      connections_(std::make_unique<Connections>(loop, deadline, max_connections)),
      http_(evhttp_new(loop.base()), evhttp_free) {
  if (!http_) throw std::bad_alloc();
  evhttp_set_max_headers_size(http_.get(), static_cast<ev_ssize_t>(kMaxHeader));
  evhttp_set_max_body_size(http_.get(), 0);
  evhttp_set_timeout(http_.get(), static_cast<int>(kIdle.count()));
  // Others get our own answer, with its header fields.
  evhttp_set_allowed_methods(http_.get(), 0xffff);
  evhttp_set_bevcb(http_.get(), make_connection, this);
  evhttp_set_gencb(http_.get(), on_request, this);
}

HttpServer::~HttpServer() = default;

void HttpServer::listen(int socket) {
  const int own = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);  // evhttp closes it
  evhttp_bound_socket* const bound = own < 0 ? nullptr : evhttp_accept_socket_with_handle(http_.get(), own);
  if (bound == nullptr) throw std::runtime_error("evhttp cannot listen");
  connections_->watch(evhttp_bound_socket_get_listener(bound));
}

bufferevent* HttpServer::make_connection(event_base* base, void* server) {
  bufferevent* const buffer = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
  if (buffer == nullptr) return nullptr;
  try {
    static_cast<HttpServer*>(server)->connections_->add(buffer);
  } catch (const std::bad_alloc&) {
    bufferevent_free(buffer);
    return nullptr;
  }
  return buffer;
}

void HttpServer::on_request(evhttp_request* request, void* server) {
  try {
    static_cast<HttpServer*>(server)->handle(request);
  } catch (const std::exception&) {
    // The request has no answer yet: a handler does not throw after it has answered.
    evhttp_send_error(request, HTTP_SERVUNAVAIL, nullptr);
  }
}

void HttpServer::handle(evhttp_request* request) {
  const evhttp_cmd_type method = evhttp_request_get_command(request);
  if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD) {
    return send(request, {.status = 405, .type = "text/plain; charset=utf-8", .body = "This site answers GET and HEAD.\n"});
  }
  HttpRequest made;
  const evhttp_uri* const uri = evhttp_request_get_evhttp_uri(request);
  const char* const path = uri == nullptr ? nullptr : evhttp_uri_get_path(uri);
  const char* const query = uri == nullptr ? nullptr : evhttp_uri_get_query(uri);
  made.path = url_decoded(path == nullptr ? "/" : path, false);
  if (!made.path.starts_with('/')) made.path.insert(0, "/");
  made.parameters = Parameters(query == nullptr ? "" : query);
  made.accept = field(request, "Accept");
  made.accept_language = field(request, "Accept-Language");
  made.client = client_of(request);
  // evhttp keeps the request until it is answered, even if the client has gone.
  handler_(std::move(made), [request](const HttpReply& reply) { send(request, reply); });
}

}  // namespace spfweb
