// The fields of a request body, read as DRF's serializers read them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/field_errors.h"
#include "api/route.h"
#include "http/request.h"
#include "http/response.h"
#include "util/error.h"
#include "util/secret.h"

namespace api {

/// What becomes of a required field that was not sent.
enum class Absent { is_an_error, stays };  // stays: PATCH

/// Text fields, stripped; a field that failed is absent here and has its message in `errors`.
class Form {
 public:
  accounts::FieldErrors errors;

  /// The field's text, or nothing when it failed or was not sent. A copy, for the caller to wipe.
  std::optional<std::string> take(std::string_view name);
  /// Refuses halves of surrogate pairs, which UTF-8 cannot store.
  void refuse_lone_surrogates();
  /// Refuses NUL, then lone surrogates, as every CharField of DRF does: for fields that no use case checks.
  void refuse_odd_characters();

 private:
  friend util::Result<Form, http::Response> read_form(const http::Request&, std::span<const Field>, Absent);
  struct Text {
    std::string_view name;
    util::Secret text;  // any of them may be a password
    std::optional<char16_t> lone_surrogate;
  };
  std::vector<Text> values_;
};

/// Reads the body and its writable fields. An unreadable body (415, malformed, no object …) is the
/// answer to send; field errors are in the form, so that the handler can add its own.
util::Result<Form, http::Response> read_form(const http::Request& request, std::span<const Field> fields,
                                             Absent absent = Absent::is_an_error);

}  // namespace api
