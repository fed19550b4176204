// `head; name=value; …`: Content-Type, the items of Accept, Content-Disposition. Read as Django's
// multipart parser reads them, which DRF uses for media types too. Linear in the header's length.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace http {

/// Without ASCII white space at both ends.
std::string_view trim(std::string_view text) noexcept;
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

class HeaderValue {
 public:
  explicit HeaderValue(std::string_view text) noexcept;

  /// What stands before the first semicolon, trimmed.
  std::string_view head() const noexcept { return head_; }
  /// The parameter's value without its quotes, the last one of that name. `name*=charset'language'value`
  /// (RFC 2231) counts as `name`.
  std::optional<std::string> parameter(std::string_view name) const;
  /// Whether it has a parameter other than `q`.
  bool is_qualified() const noexcept;

 private:
  std::string_view head_;
  std::string_view parameters_;  // from the first semicolon on
};

/// Whether a head such as `application/json`, `application/*` or `*/*` takes in `main`/`sub`.
bool covers(std::string_view head, std::string_view main, std::string_view sub) noexcept;

}  // namespace http
