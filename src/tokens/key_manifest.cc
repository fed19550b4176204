#include "tokens/key_manifest.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "json/parse.h"
#include "json/value.h"

namespace tokens {
namespace {

using json::Type;
using json::Value;
using std::chrono::milliseconds;

constexpr std::int64_t version = 1;
constexpr std::size_t history = 50;      // retired keys that are kept
constexpr std::size_t most_keys = 1000;  // of any state: what is longer was not written by us
// The year 9999: beyond it, sums of times and lifetimes leave the range.
constexpr std::int64_t last_millisecond = 253'402'300'799'999;

std::int64_t to_number(util::TimePoint time) {
  return std::chrono::floor<milliseconds>(time).time_since_epoch().count();
}

util::TimePoint whole_milliseconds(util::TimePoint time) {
  return util::TimePoint(milliseconds(to_number(time)));
}

/// The members of an entry that are times.
struct TimeRow {
  std::string_view name;
  bool required;
  void (*set)(KeyEntry&, util::TimePoint);
  std::optional<util::TimePoint> (*get)(const KeyEntry&);
};
constexpr std::array<TimeRow, 4> time_rows{{
    {"created_at", true, [](KeyEntry& e, util::TimePoint t) { e.created_at = t; },
     [](const KeyEntry& e) { return std::optional(e.created_at); }},
    {"signs_from", true, [](KeyEntry& e, util::TimePoint t) { e.signs_from = t; },
     [](const KeyEntry& e) { return std::optional(e.signs_from); }},
    {"verifies_until", false, [](KeyEntry& e, util::TimePoint t) { e.verifies_until = t; },
     [](const KeyEntry& e) { return e.verifies_until; }},
    {"retired_at", false, [](KeyEntry& e, util::TimePoint t) { e.retired_at = t; },
     [](const KeyEntry& e) { return e.retired_at; }},
}};

/// base64url of SHA-256; it becomes the name of a file.
bool is_kid(std::string_view text) {
  return text.size() == 43 && text.find_first_not_of(
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_") == std::string_view::npos;
}

std::string text_of(const Value& object, std::string_view name) {
  const auto member = object.get(name);
  return member && member->is(Type::string) ? std::string(member->as_string()) : std::string();
}

util::Result<KeyEntry> read_entry(const Value& member) {
  KeyEntry entry;
  entry.kid = text_of(member, "kid");
  const auto algorithm = jwt::algorithm_of(text_of(member, "alg"));
  if (!algorithm) return util::fail("a key has no alg that is known");
  entry.algorithm = *algorithm;
  if (entry.is_secret() != jwt::is_hmac(*algorithm) || !(entry.is_secret() || is_kid(entry.kid))) {
    return util::fail("a key's kid is not its thumbprint");
  }
  for (const TimeRow& row : time_rows) {
    const auto time = member.get(row.name);
    if (!time && !row.required) continue;
    if (!time || !time->is(Type::integer) || time->as_integer() < 0 ||
        time->as_integer() > last_millisecond) {
      return util::fail("a key's " + std::string(row.name) + " is not a time in milliseconds since 1970");
    }
    row.set(entry, util::TimePoint(milliseconds(time->as_integer())));
  }
  return entry;
}

}  // namespace

std::string_view name(KeyState state) noexcept {
  constexpr std::array<std::string_view, 4> names{"next", "active", "retiring", "retired"};
  return names[static_cast<std::size_t>(state)];
}

util::Result<KeyManifest> KeyManifest::parse(std::string_view text) {
  const auto parsed = json::parse(text);
  if (!parsed) return util::fail(parsed.error().message);
  const auto said = parsed->get("version");
  if (!said || !said->is(Type::integer) || said->as_integer() != version) {
    return util::fail("it is not of version " + std::to_string(version));
  }
  const auto keys = parsed->get("keys");
  if (!keys || !keys->is(Type::array) || keys->size() > most_keys)
    return util::fail("it has no list of keys");
  KeyManifest manifest;
  for (std::size_t i = 0; i < keys->size(); ++i) {
    auto entry = read_entry(keys->at(i));
    if (!entry) return util::unexpected(entry.error());
    if (manifest.find(entry->kid) != nullptr) return util::fail("a key is listed twice");
    manifest.entries_.push_back(std::move(*entry));
  }
  std::ranges::stable_sort(manifest.entries_, {}, &KeyEntry::signs_from);
  return manifest;
}

std::string KeyManifest::dump() const {
  Value keys = Value::array();
  for (const KeyEntry& entry : entries_) {
    Value member = Value::object();
    member.set("kid", Value::string(entry.kid));
    member.set("alg", Value::string(jwt::name(entry.algorithm)));
    for (const TimeRow& row : time_rows) {
      if (const auto time = row.get(entry)) member.set(row.name, Value::integer(to_number(*time)));
    }
    keys.append(std::move(member));
  }
  Value whole = Value::object();
  whole.set("version", Value::integer(version));
  whole.set("keys", std::move(keys));
  return whole.dump_indented(2) + "\n";
}

const KeyEntry* KeyManifest::find(std::string_view kid) const noexcept {
  const auto found = std::ranges::find(entries_, kid, &KeyEntry::kid);
  return found == entries_.end() ? nullptr : &*found;
}

/// It is there.
KeyEntry& KeyManifest::named(std::string_view kid) noexcept {
  return *std::ranges::find(entries_, kid, &KeyEntry::kid);
}

const KeyEntry* KeyManifest::active(util::TimePoint now) const noexcept {
  const auto found = std::find_if(entries_.rbegin(), entries_.rend(), [&](const KeyEntry& entry) {
    return entry.signs_from <= now && !entry.retired(now);
  });
  return found == entries_.rend() ? nullptr : &*found;
}

const KeyEntry* KeyManifest::next(util::TimePoint now) const noexcept {
  const auto found = std::ranges::find_if(
      entries_, [&](const KeyEntry& entry) { return entry.signs_from > now && !entry.retired(now); });
  return found == entries_.end() ? nullptr : &*found;
}

KeyState KeyManifest::state(const KeyEntry& entry, util::TimePoint now) const noexcept {
  if (entry.retired(now)) return KeyState::retired;
  if (entry.signs_from > now) return KeyState::next;
  return &entry == active(now) ? KeyState::active : KeyState::retiring;
}

void KeyManifest::add(KeyEntry entry, const KeyPacing& pacing) {
  entry.created_at = whole_milliseconds(entry.created_at);
  entry.signs_from = whole_milliseconds(entry.signs_from);
  const util::TimePoint now = entry.created_at;
  std::erase_if(entries_, [&](const KeyEntry& known) { return known.kid == entry.kid; });
  const auto place = std::ranges::upper_bound(entries_, entry.signs_from, {}, &KeyEntry::signs_from);
  entries_.insert(place, std::move(entry));
  settle(pacing, now);
}

void KeyManifest::hasten(std::string_view kid, util::TimePoint now, const KeyPacing& pacing) {
  named(kid).signs_from = whole_milliseconds(now);
  std::ranges::stable_sort(entries_, {}, &KeyEntry::signs_from);
  settle(pacing, now);
}

void KeyManifest::retire(std::string_view kid, util::TimePoint now, const KeyPacing& pacing) {
  named(kid).retired_at = whole_milliseconds(now);
  settle(pacing, now);
}

/// Each key that is not retired ends when the tokens are over that it signed before the next of them did; the
/// last of them is open.
void KeyManifest::settle(const KeyPacing& pacing, util::TimePoint now) {
  KeyEntry* successor = nullptr;
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->retired(now)) continue;
    if (successor == nullptr) {
      entry->verifies_until.reset();
    } else if (const auto end = pacing.end_of_predecessor(successor->signs_from);
               !entry->verifies_until || successor->signs_from > now) {
      entry->verifies_until = whole_milliseconds(end);
    }
    successor = &*entry;
  }
}

void KeyManifest::trim(util::TimePoint now) {
  auto retired = std::ranges::count_if(entries_, [&](const KeyEntry& entry) { return entry.retired(now); });
  std::erase_if(entries_, [&](const KeyEntry& entry) {
    return entry.retired(now) && retired-- > static_cast<std::ptrdiff_t>(history);
  });
}

}  // namespace tokens
