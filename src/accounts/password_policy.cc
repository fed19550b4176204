#include "accounts/password_policy.h"

#include <algorithm>
#include <array>
#include <utility>

#include "accounts/code_points.h"
#include "util/secret.h"

namespace accounts {
namespace {

namespace unicode = util::unicode;

/// The runs of `\w` in `text`, and the empty ends that re.split(r'\W+') leaves, and the whole.
std::vector<std::u32string_view> parts_of(std::u32string_view text) {
  std::vector<std::u32string_view> parts;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (unicode::is_word(text[i])) continue;
    if (i > start || i == 0) parts.push_back(text.substr(start, i - start));
    start = i + 1;
  }
  parts.push_back(text.substr(start));
  parts.push_back(text);
  return parts;
}

/// A password ten times as long as the value cannot come near it; comparing costs time that a client
/// chooses, so it is left out.
bool is_out_of_reach(std::size_t password_length, double max_similarity, std::size_t value_length) noexcept {
  const double bound = max_similarity / 2 * static_cast<double>(password_length);
  return password_length >= 10 * value_length && static_cast<double>(value_length) < bound;
}

/// Characters in ascending order: what two texts share is then found in one pass. Wiped when it goes.
class SortedCharacters {
 public:
  explicit SortedCharacters(std::u32string characters) : characters_(std::move(characters)) {
    std::sort(characters_.begin(), characters_.end());
  }
  SortedCharacters(const SortedCharacters&) = delete;
  SortedCharacters& operator=(const SortedCharacters&) = delete;
  ~SortedCharacters() { util::wipe(characters_.data(), characters_.size() * sizeof(char32_t)); }

  std::size_t size() const noexcept { return characters_.size(); }

  double ratio(const SortedCharacters& other) const noexcept {
    const std::u32string& a = characters_;
    const std::u32string& b = other.characters_;
    if (a.empty() && b.empty()) return 1;
    std::size_t shared = 0;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
      if (a[i] == b[j]) {
        ++shared;
        ++i;
        ++j;
      } else {
        ++(a[i] < b[j] ? i : j);
      }
    }
    return 2.0 * static_cast<double>(shared) / static_cast<double>(a.size() + b.size());
  }

 private:
  std::u32string characters_;
};

bool resembles(const SortedCharacters& password, std::string_view value, double max_similarity) {
  const std::u32string lowered = code_points(unicode::lower(value));
  const std::vector<std::u32string_view> parts = parts_of(lowered);
  return std::any_of(parts.begin(), parts.end(), [&](std::u32string_view part) {
    return !is_out_of_reach(password.size(), max_similarity, part.size()) &&
           password.ratio(SortedCharacters(std::u32string(part))) >= max_similarity;
  });
}

bool is_numeric(std::string_view password) noexcept {
  for (std::size_t offset = 0; offset < password.size();) {
    if (!unicode::is_digit(unicode::next(password, offset))) return false;
  }
  return !password.empty();
}

}  // namespace

PasswordPolicy::PasswordPolicy(PolicyOptions options, CommonPasswords common)
    : options_(options), common_(std::move(common)) {}

std::vector<std::string> PasswordPolicy::complaints(std::string_view password,
                                                    const PasswordOwner& owner) const {
  std::vector<std::string> found;
  const util::Secret lowered = util::Secret::take(unicode::lower(password));

  if (options_.max_similarity > 0) {
    const std::array<std::pair<std::string_view, std::string_view>, 4> attributes{{
        {"username", owner.username},
        {"first name", owner.first_name},
        {"last name", owner.last_name},
        {"email address", owner.email},
    }};
    const SortedCharacters characters(code_points(lowered.reveal()));
    const auto* similar = std::find_if(attributes.begin(), attributes.end(), [&](const auto& attribute) {
      return !attribute.second.empty() && resembles(characters, attribute.second, options_.max_similarity);
    });
    if (similar != attributes.end()) {
      found.push_back("The password is too similar to the " + std::string(similar->first) + ".");
    }
  }
  if (unicode::length(password) < options_.min_length) {
    found.push_back("This password is too short. It must contain at least " +
                    std::to_string(options_.min_length) +
                    (options_.min_length == 1 ? " character." : " characters."));
  }
  if (options_.refuse_common && common_.contains(unicode::strip(lowered.reveal()))) {
    found.emplace_back("This password is too common.");
  }
  if (options_.refuse_numeric && is_numeric(password)) {
    found.emplace_back("This password is entirely numeric.");
  }
  return found;
}

double quick_ratio(std::u32string_view a, std::u32string_view b) {
  return SortedCharacters(std::u32string(a)).ratio(SortedCharacters(std::u32string(b)));
}

}  // namespace accounts
