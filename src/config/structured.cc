#include "config/structured.h"

#include <algorithm>
#include <array>

#include "config/formats.h"
#include "config/server_address.h"
#include "util/log.h"

namespace config {
namespace {

using Wrong = std::optional<Complaint>;

std::string in_quotes(std::string_view text) {
  return util::log::quoted(text, 80);
}

Wrong wrong_type(const Value& value, std::uint32_t line = 0) {
  return Complaint{"is " + type_of(value), line};
}

/// The strings of a list for which `good` holds, none twice.
template <typename Good>
Wrong read_strings(const Value& value, Good&& good, std::vector<std::string>& out) {
  const auto* const list = std::get_if<List>(&value);
  if (list == nullptr) return wrong_type(value);
  for (const Item& item : list->items) {
    const auto* const word = std::get_if<std::string>(&item.value);
    if (word == nullptr) return Complaint{"has " + type_of(item.value) + " in it", item.line};
    if (!good(*word)) {
      return Complaint{"has " + in_quotes(*word) + " in it", item.line};
    }
    if (std::find(out.begin(), out.end(), *word) != out.end()) {
      return Complaint{"has " + in_quotes(*word) + " in it twice", item.line};
    }
    out.push_back(*word);
  }
  return std::nullopt;
}

Wrong read_words(const Value& value, std::span<const std::string_view> words, std::vector<std::string>& out) {
  return read_strings(
      value,
      [&](const std::string& word) { return std::find(words.begin(), words.end(), word) != words.end(); },
      out);
}

/// A member of an issuer that is a text.
struct Part {
  std::string_view name;
  std::string TrustedIssuer::*at;
  bool (*good)(std::string_view);
  std::string_view allowed;
};
constexpr std::array<Part, 3> kParts{{
    {"issuer", &TrustedIssuer::issuer, is_issuer, kIssuerAllowed},
    {"audience", &TrustedIssuer::audience, is_issuer, kIssuerAllowed},
    {"jwks_file", &TrustedIssuer::jwks_file, is_path, "the absolute path of a file"},
}};
constexpr std::string_view kAlgorithms = "algorithms";

Wrong read_part(const Part& part, const Member& member, TrustedIssuer& issuer) {
  const auto* const text = std::get_if<std::string>(&member.value);
  if (text != nullptr && !text->empty() && part.good(*text)) {
    issuer.*part.at = *text;
    return std::nullopt;
  }
  return Complaint{"has the member " + member.name + " that is " + type_of(member.value) + ", where " +
                       std::string(part.allowed) + " belongs",
                   member.line};
}

Wrong read_issuer(const Issuers& kind, const Item& item, TrustedIssuer& issuer) {
  const auto* const table = std::get_if<Table>(&item.value);
  if (table == nullptr) return Complaint{"has " + type_of(item.value) + " in it", item.line};
  for (const Member& member : table->members) {
    const auto* const part =
        std::find_if(kParts.begin(), kParts.end(), [&](const Part& p) { return p.name == member.name; });
    if (part != kParts.end()) {
      if (auto wrong = read_part(*part, member, issuer)) return wrong;
    } else if (member.name != kAlgorithms) {
      return Complaint{"has an issuer with the unknown member " + in_quotes(member.name), member.line};
    } else if (auto wrong = read_words(member.value, kind.algorithms, issuer.algorithms)) {
      return Complaint{"has an issuer whose list algorithms " + wrong->what,
                       wrong->line != 0 ? wrong->line : member.line};
    }
  }
  for (const Part& part : kParts) {
    if (!(issuer.*part.at).empty()) continue;
    return Complaint{"has an issuer without the member " + std::string(part.name), item.line};
  }
  return std::nullopt;
}

std::optional<ConstantClaim> read_constant(const Member& member) {
  ConstantClaim claim{member.name, {}};
  if (const auto* const text = std::get_if<std::string>(&member.value)) {
    claim.value = *text;
  } else if (const auto* const count = std::get_if<std::int64_t>(&member.value)) {
    claim.value = *count;
  } else if (const auto* const fraction = std::get_if<double>(&member.value)) {
    claim.value = *fraction;
  } else if (const auto* const on = std::get_if<bool>(&member.value)) {
    claim.value = *on;
  } else {
    return std::nullopt;
  }
  return claim;
}

std::string joined(const std::vector<std::string>& texts, std::string_view open, std::string_view close) {
  std::string text(open);
  for (const std::string& one : texts) {
    if (text.size() > open.size()) text += ", ";
    text += one;
  }
  return text.append(close);
}

std::string list_of(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(in_quotes(word));
  return joined(quoted, "[", "]");
}

}  // namespace

Wrong set(const Words& kind, const Value& value, Config& config) {
  std::vector<std::string> words;
  if (auto wrong = read_words(value, kind.words, words)) return wrong;
  kind.at(config) = std::move(words);
  return std::nullopt;
}

Wrong set(const Servers& kind, const Value& value, Config& config) {
  std::vector<std::string> servers;
  if (auto wrong = read_strings(value, is_server, servers)) return wrong;
  kind.at(config) = std::move(servers);
  return std::nullopt;
}

Wrong set(const Issuers& kind, const Value& value, Config& config) {
  const auto* const list = std::get_if<List>(&value);
  if (list == nullptr) return wrong_type(value);
  std::vector<TrustedIssuer> issuers;
  for (const Item& item : list->items) {
    if (auto wrong = read_issuer(kind, item, issuers.emplace_back())) return wrong;
    const auto same = [&](const TrustedIssuer& known) { return known.issuer == issuers.back().issuer; };
    if (std::find_if(issuers.begin(), issuers.end() - 1, same) != issuers.end() - 1) {
      return Complaint{"has the issuer " + in_quotes(issuers.back().issuer) + " twice", item.line};
    }
  }
  kind.at(config) = std::move(issuers);
  return std::nullopt;
}

Wrong set(const Constants& kind, const Value& value, Config& config) {
  const auto* const table = std::get_if<Table>(&value);
  if (table == nullptr) return wrong_type(value);
  std::vector<ConstantClaim> claims;
  for (const Member& member : table->members) {
    auto claim = read_constant(member);
    if (!claim) {
      return Complaint{"has the claim " + in_quotes(member.name) + " that is " + type_of(member.value),
                       member.line};
    }
    claims.push_back(std::move(*claim));
  }
  kind.at(config) = std::move(claims);
  return std::nullopt;
}

std::string shown(const Words& kind, Config& config) {
  return list_of(kind.at(config));
}

std::string shown(const Servers& kind, Config& config) {
  return list_of(kind.at(config));
}

std::string shown(const Issuers& kind, Config& config) {
  std::vector<std::string> tables;
  for (const TrustedIssuer& issuer : kind.at(config)) {
    std::vector<std::string> members;
    for (const Part& part : kParts) {
      members.push_back(std::string(part.name) + " = " + in_quotes(issuer.*part.at));
    }
    if (!issuer.algorithms.empty()) {
      members.push_back(std::string(kAlgorithms) + " = " + list_of(issuer.algorithms));
    }
    tables.push_back(joined(members, "{ ", " }"));
  }
  return joined(tables, "[", "]");
}

std::string shown(const Constants& kind, Config& config) {
  std::vector<std::string> members;
  for (const ConstantClaim& claim : kind.at(config)) {
    const std::string value = std::visit([](const auto& v) { return show_value(Value(v)); }, claim.value);
    members.push_back(in_quotes(claim.name) + " = " + value);
  }
  return members.empty() ? "{}" : joined(members, "{ ", " }");
}

}  // namespace config
