#include "api/gateway_headers.h"

#include <charconv>

#include "http/percent.h"
#include "tokens/session_id.h"

namespace api {
namespace {

constexpr std::string_view kOmitted = "X-Auth-Omitted: ";
/// Its longest line, "Issuer,Subject,Groups" or "User,Email,Groups" behind the name.
constexpr std::size_t kOmittedLine = 64;

class Lines {
 public:
  Lines() { out_.reserve(256); }

  /// `append` writes the value of X-Auth-`name`.
  template <typename Append>
  void add(std::string_view name, Append append) {
    const std::size_t begin = out_.size();
    out_.append("X-Auth-").append(name).append(": ");
    append(out_);
    out_ += "\r\n";
    if (out_.size() < kGatewayHeadersEnd - kOmittedLine) return;
    out_.resize(begin);
    (omitted_ += omitted_.empty() ? "" : ",").append(name);
  }
  void add_text(std::string_view name, std::string_view text) {
    if (text.empty()) return;
    // Encoded it is no shorter: a group list or a subject of megabytes is not even begun.
    add(name, [&](std::string& out) { append_value(out, text.substr(0, kGatewayHeadersEnd)); });
  }
  void add_groups(const std::vector<std::string>& groups) {
    if (groups.empty()) return;
    add("Groups", [&](std::string& out) {
      for (const auto& group : groups) {
        if (out.size() >= kGatewayHeadersEnd) return;
        if (&group != &groups.front()) out += ',';
        append_value(out, group);
      }
    });
  }
  std::string take() {
    if (!omitted_.empty()) out_.append(kOmitted).append(omitted_).append("\r\n");
    return std::move(out_);
  }

 private:
  static void append_value(std::string& out, std::string_view text) {
    http::append_percent_encoded(out, text, "@+");
  }

  std::string out_;
  std::string omitted_;
};

void append_number(std::string& out, std::int64_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace

std::string gateway_headers(const tokens::Principal& principal) {
  Lines lines;
  const auto session = [&] {
    lines.add("Session", [&](std::string& out) { out += tokens::sid_text(principal.session); });
  };
  if (principal.user) {
    const tokens::KnownUser& user = *principal.user;
    lines.add("User-Id", [&](std::string& out) { append_number(out, user.id); });
    session();
    lines.add_text("User", user.username);
    lines.add_text("Email", user.email);
    lines.add_groups(user.groups);
  } else {
    const tokens::ForeignSubject& subject = principal.grant->subject.value();
    session();
    lines.add_text("Issuer", subject.issuer);
    lines.add_text("Subject", subject.subject);
    lines.add_groups(subject.groups);
  }
  return lines.take();
}

}  // namespace api
