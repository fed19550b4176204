#include "tokens/access_claims.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "util/log.h"

namespace tokens {
namespace {

constexpr std::size_t most_warned = 10'000;  // users whose hour is remembered

std::string quoted(std::string_view text) {
  std::string json;
  json::append_quoted(json, text);
  return json;
}

std::string truth(bool is_so) {
  return is_so ? "true" : "false";
}

std::string list(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) json += ',';
    json::append_quoted(json, text);
  }
  return json += ']';
}

/// `"name":json,`
std::size_t length(std::string_view name, std::string_view json) {
  return name.size() + json.size() + 4;
}

}  // namespace

struct AccessClaims::Row {
  std::string_view name;
  std::string (*json)(const KnownUser&);
};

/// What is to be left out first stands first.
std::span<const AccessClaims::Row> AccessClaims::rows() {
  static constexpr std::array<Row, 5> table{{
      {"groups", [](const KnownUser& user) { return list(user.groups); }},
      {"email", [](const KnownUser& user) { return quoted(user.email); }},
      {"username", [](const KnownUser& user) { return quoted(user.username); }},
      {"is_staff", [](const KnownUser& user) { return truth(user.is_staff); }},
      {"is_superuser", [](const KnownUser& user) { return truth(user.is_superuser); }},
  }};
  return table;
}

AccessClaims::AccessClaims(const std::vector<std::string>& of_user, std::vector<ConstantClaim> constant,
                           const util::Clock& clock)
    : constant_(std::move(constant)), clock_(clock) {
  for (const std::string& name : of_user) {
    const auto row = std::find_if(rows().begin(), rows().end(), [&](const Row& r) { return r.name == name; });
    if (row == rows().end()) throw std::invalid_argument("no claim of a user is called " + name);
    of_user_.push_back(&*row);
  }
  for (const ConstantClaim& claim : constant_) constant_bytes_ += length(claim.name, claim.json);
}

bool AccessClaims::own(std::string_view claim) const noexcept {
  const auto named = [&](const auto& one) { return one.name == claim; };
  return std::any_of(constant_.begin(), constant_.end(), named) ||
         std::any_of(of_user_.begin(), of_user_.end(), [&](const Row* row) { return named(*row); });
}

void AccessClaims::append(json::Object& token, const KnownUser* user) const {
  if (user != nullptr && !of_user_.empty()) {
    std::vector<Piece> pieces;
    std::size_t bytes = constant_bytes_;
    for (const Row* const row : of_user_) {
      pieces.push_back({row, row->json(*user)});
      bytes += length(row->name, pieces.back().json);
    }
    for (auto row = rows().begin(); bytes > max_custom_claims_bytes && row != rows().end(); ++row) {
      const auto piece =
          std::find_if(pieces.begin(), pieces.end(), [&](const Piece& p) { return p.row == &*row; });
      if (piece == pieces.end()) continue;
      bytes -= length(row->name, piece->json);
      pieces.erase(piece);
      warn(user->id, row->name);
    }
    for (const Piece& piece : pieces) token.raw(piece.row->name, piece.json);
  }
  for (const ConstantClaim& claim : constant_) token.raw(claim.name, claim.json);
}

void AccessClaims::warn(std::int64_t user_id, std::string_view left_out) const {
  const std::int64_t hour = clock_.unix_now() / 3600;
  {
    auto warned = warned_.lock();
    if (warned->size() >= most_warned) warned->clear();
    const auto [known, is_new] = warned->try_emplace(user_id, hour);
    if (!is_new && std::exchange(known->second, hour) == hour) return;
  }
  util::log::warning("access tokens of user " + std::to_string(user_id) + " go without the claim " +
                     std::string(left_out) +
                     ": all claims of claims.access and claims.constant together "
                     "have at most 1024 bytes");
}

}  // namespace tokens
