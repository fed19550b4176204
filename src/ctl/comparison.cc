#include "ctl/comparison.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace jwtauthd {
namespace {

/// Of the connection and the moment, not of the service; Content-Length is held against the body.
constexpr std::array<std::string_view, 8> kNotCompared{
    "date",         "server",         "connection",        "keep-alive",
    "x-request-id", "content-length", "transfer-encoding", "via",
};
/// Lists whose order means nothing.
constexpr std::array<std::string_view, 2> kSets{"allow", "vary"};

using Headers = std::map<std::string, std::string, std::less<>>;

template <typename List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// "b, A" → "A, b".
std::string sorted(std::string_view value) {
  std::set<std::string> members;
  while (!value.empty()) {
    std::string_view member = value.substr(0, value.find(','));
    value.remove_prefix(std::min(value.size(), member.size() + 1));
    while (member.starts_with(' ')) member.remove_prefix(1);
    while (member.ends_with(' ')) member.remove_suffix(1);
    members.emplace(member);
  }
  std::string out;
  for (const auto& member : members) out += (out.empty() ? "" : ", ") + member;
  return out;
}

Headers compared_headers(const HttpAnswer& answer) {
  Headers headers;
  for (const auto& [name, value] : answer.headers) {
    if (contains(kNotCompared, name)) continue;
    std::string& all = headers[name];
    if (!all.empty()) all += ", ";
    // The value of a cookie is made anew each time.
    all += name == "set-cookie" ? value.substr(0, value.find('=')) : value;
  }
  for (auto& [name, value] : headers) {
    if (contains(kSets, name)) value = sorted(value);
  }
  return headers;
}

bool is_added(std::string_view name, std::string_view value) {
  const auto headers = added_headers();
  return std::any_of(headers.begin(), headers.end(),
                     [&](const AddedHeader& header) { return header.name == name && header.value == value; });
}

std::string shortened(std::string_view text) {
  constexpr std::size_t kShown = 300;
  if (text.size() <= kShown) return text.empty() ? "(nothing)" : std::string(text);
  std::size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U)
    --end;  // not within a character
  return std::string(text.substr(0, end)) + "… (" + std::to_string(text.size()) + " bytes)";
}

void add(Comparison& comparison, const std::string& what, std::string_view reference,
         std::string_view candidate) {
  comparison.differences.push_back(what + ": reference " + shortened(reference) + " | candidate " +
                                   shortened(candidate));
}

bool is_word_of(std::string_view words, std::string_view name) {
  return (" " + std::string(words) + " ").find(" " + std::string(name) + " ") != std::string::npos;
}

/// Returns whether all that differs is named in `expected`.
bool compare_headers(const HttpAnswer& reference, const HttpAnswer& candidate, std::string_view expected,
                     Comparison& comparison) {
  bool only_expected = true;
  const Headers theirs = compared_headers(reference);
  const Headers ours = compared_headers(candidate);
  for (const auto& [name, value] : theirs) {
    const auto found = ours.find(name);
    if (found != ours.end() && found->second == value) continue;
    add(comparison, name, value, found == ours.end() ? std::string() : found->second);
    only_expected = only_expected && is_word_of(expected, name);
  }
  for (const auto& [name, value] : ours) {
    if (theirs.contains(name) || is_added(name, value)) continue;
    add(comparison, name, "", value);
    only_expected = only_expected && is_word_of(expected, name);
  }
  return only_expected;
}

}  // namespace

Comparison compare_answers(const ComparedRequest& request, const HttpAnswer& reference,
                           const HttpAnswer& candidate) {
  Comparison comparison;
  if (reference.status != candidate.status) {
    add(comparison, "status", std::to_string(reference.status), std::to_string(candidate.status));
  }
  const bool headers_as_written =
      compare_headers(reference, candidate, request.deliberate.headers, comparison);
  if (reference.body != candidate.body) add(comparison, "body", reference.body, candidate.body);
  const bool as_written = headers_as_written && !request.deliberate.reason.empty() &&
                          candidate.flaw.empty() && candidate.status == request.deliberate.status &&
                          candidate.body.find(request.deliberate.body) != std::string::npos;
  if (!comparison.differences.empty()) {
    comparison.verdict = as_written ? Verdict::deliberate : Verdict::different;
  }
  // The reference's own flaws are its own; the candidate's are never right.
  if (!candidate.flaw.empty()) {
    comparison.verdict = Verdict::different;
    comparison.differences.push_back("candidate: " + candidate.flaw);
  }
  return comparison;
}

}  // namespace jwtauthd
