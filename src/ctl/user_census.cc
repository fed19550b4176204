#include "ctl/user_census.h"

#include <algorithm>
#include <functional>

#include "accounts/username.h"
#include "util/unicode.h"

namespace jwtauthd {
namespace {

constexpr std::size_t kExamples = 5;
constexpr std::size_t kExampleMembers = 4;
constexpr std::size_t kLookedUp = 1000;

void keep_example(std::vector<std::string>& examples, const std::string& text) {
  if (examples.size() < kExamples) examples.push_back(text);
}

}  // namespace

void Likeness::add(std::string_view text, std::int64_t id) {
  add(std::hash<std::string_view>{}(text), id);
}

void Likeness::finish() {
  std::sort(entries_.begin(), entries_.end());
  for (auto begin = entries_.begin(); begin != entries_.end();) {
    const auto end =
        std::find_if(begin, entries_.end(), [&](const Entry& entry) { return entry.key != begin->key; });
    if (end - begin > 1) {
      ++groups_;
      users_ += end - begin;
      if (examples_.size() < kExamples) {
        std::vector<std::int64_t>& ids = examples_.emplace_back();
        for (auto at = begin; at != end && ids.size() < kExampleMembers; ++at) ids.push_back(at->id);
      }
    }
    begin = end;
  }
  entries_.clear();
  entries_.shrink_to_fit();
}

void UserCensus::add(const store::SurveyedUser& user, const crypto::PasswordHashes& hashes) {
  ++count;

  const crypto::Inspection password = hashes.inspect(user.password);
  if (password.kind == crypto::Inspection::Kind::unusable) {
    ++unusable;
  } else if (password.kind == crypto::Inspection::Kind::unreadable) {
    ++unreadable;
    keep_example(unreadable_names, user.username);
  } else {
    ++schemes[password.scheme];
    if (password.scheme == "pbkdf2_sha256") ++pbkdf2_sha256_iterations[password.iterations];
    if (password.scheme == "pbkdf2_sha1") ++pbkdf2_sha1_iterations[password.iterations];
    if (!password.salted) ++unsalted;
    if (password.upgrade) ++upgradable;
  }

  const std::string normalised = accounts::normalized_username(user.username);
  if (normalised != user.username) {
    ++not_normalised;
    if (renamed.size() < kLookedUp) renamed.push_back({user.id, user.username, normalised});
  }
  if (util::unicode::length(normalised) > accounts::kUsernameMaxLength) {
    ++too_long;
    keep_example(long_names, user.username);
  }
  names.add(util::unicode::casefold(normalised), user.id);

  if (user.email.empty()) {
    ++without_email;
  } else {
    emails.add(util::unicode::casefold(user.email), user.id);
    collated_emails.add(static_cast<std::uint64_t>(user.email_key), user.id);
  }
}

void UserCensus::finish() {
  names.finish();
  emails.finish();
  collated_emails.finish();
}

}  // namespace jwtauthd
