// The upper bound: a bare libevent server on a UNIX socket that reads up to the empty line and writes a fixed answer of 600
// bytes. Usage: bare_server SOCKET. One thread, bufferevents. Requests with "keep=1" leave the connection open.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

namespace {

const std::string& fixed_answer() {
  static const std::string answer = "result=bare\n" + std::string("x=") + std::string(600 - 16, 'x') + "\n\n";
  return answer;
}

void on_written(bufferevent* client, void* /*unused*/) { bufferevent_free(client); }
void on_event(bufferevent* client, short what, void* /*unused*/) {
  if ((what & BEV_EVENT_EOF) != 0 && evbuffer_get_length(bufferevent_get_output(client)) != 0) return;
  bufferevent_free(client);
}

void on_read(bufferevent* client, void* /*unused*/) {
  evbuffer* input = bufferevent_get_input(client);
  for (;;) {
    const evbuffer_ptr end = evbuffer_search(input, "\n\n", 2, nullptr);
    if (end.pos < 0) return;
    const evbuffer_ptr keep = evbuffer_search_range(input, "keep=1", 6, nullptr, &end);
    evbuffer_drain(input, static_cast<std::size_t>(end.pos) + 2);
    bufferevent_write(client, fixed_answer().data(), fixed_answer().size());
    if (keep.pos < 0) {
      bufferevent_setcb(client, nullptr, on_written, on_event, nullptr);
      return;
    }
  }
}

void on_accept(evconnlistener* listener, evutil_socket_t fd, sockaddr* /*unused*/, int /*unused*/, void* /*unused*/) {
  bufferevent* client = bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(client, on_read, nullptr, on_event, nullptr);
  bufferevent_enable(client, EV_READ | EV_WRITE);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: bare_server SOCKET\n", stderr);
    return 64;
  }
  std::signal(SIGPIPE, SIG_IGN);
  event_base* base = event_base_new();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
  unlink(argv[1]);
  evconnlistener* listener = evconnlistener_new_bind(base, on_accept, nullptr, LEV_OPT_CLOSE_ON_FREE, 1024,
                                                     reinterpret_cast<sockaddr*>(&address), sizeof address);
  if (listener == nullptr) {
    std::perror(argv[1]);
    return 71;
  }
  event_base_dispatch(base);
  evconnlistener_free(listener);
  event_base_free(base);
  return 0;
}
