// A Listener over a unix socket in a directory of its own.
#pragma once

#include <cppunit/TestAssert.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "fastcgi/listener.h"
#include "fcgi_client.h"
#include "util/temporary_directory.h"

namespace fcgi_client {

inline std::string page(std::string_view body) {
  return "Status: 200\r\n\r\n" + std::string(body);
}

/// Answers with the value of the parameter SAY.
inline void echo(std::unique_ptr<fastcgi::Call> call) {
  call->answer(page(call->param("SAY")));
}

inline fastcgi::Options one_thread() {
  fastcgi::Options options;
  options.threads = 1;
  return options;
}

class Served {
 public:
  explicit Served(fastcgi::Listener::Handler handler, fastcgi::Options options = {})
      : listener_(with_socket(std::move(options)), std::move(handler)) {
    listener_.start();
  }
  Client connect() const { return Client(path_); }
  fastcgi::Listener& listener() noexcept { return listener_; }
  const std::string& path() const noexcept { return path_; }

 private:
  fastcgi::Options with_socket(fastcgi::Options options) const {
    options.listen_fd = fastcgi::open_socket(path_, 0600);
    options.withdraw_path = path_;
    return options;
  }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_ / "s";
  fastcgi::Listener listener_;
};

inline void expect_answer(Client& client, const std::string& text) {
  const auto reply = client.ask({{"SAY", text}});
  CPPUNIT_ASSERT(reply.has_value());
  CPPUNIT_ASSERT_EQUAL(page(text), reply->out);
  CPPUNIT_ASSERT_EQUAL(std::string(), reply->err);
}

}  // namespace fcgi_client
