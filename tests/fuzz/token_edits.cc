#include "token_edits.h"

#include <algorithm>
#include <array>

#include "crypto/digest.h"
#include "util/encoding.h"

namespace fuzz {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// ---- characters ----------------------------------------------------------------------------------------

std::string another_character(const std::string& token, const TokenHouse&, Chance& chance) {
  std::string out = token;
  out[chance.below(out.size())] = chance.of(alphabet);
  return out;
}
std::string another_byte(const std::string& token, const TokenHouse&, Chance& chance) {
  std::string out = token;
  out[chance.below(out.size())] = chance.byte();
  return out;
}
std::string a_bit(const std::string& token, const TokenHouse&, Chance& chance) {
  std::string out = token;
  char& c = out[chance.below(out.size())];
  c = static_cast<char>(c ^ (1 << chance.below(8)));
  return out;
}
std::string one_less(const std::string& token, const TokenHouse&, Chance& chance) {
  std::string out = token;
  return out.erase(chance.below(out.size()), 1);
}
std::string one_more(const std::string& token, const TokenHouse&, Chance& chance) {
  std::string out = token;
  return out.insert(chance.below(out.size() + 1), 1, chance.of(alphabet));
}
std::string a_foreign_one_more(const std::string& token, const TokenHouse&, Chance& chance) {
  std::string out = token;
  return out.insert(chance.below(out.size() + 1), 1,
                    chance.of(std::string_view("=. \t\r\n\0+/~%\"\xff", 14)));
}
std::string neighbours_swapped(const std::string& token, const TokenHouse&, Chance& chance) {
  std::string out = token;
  const std::size_t at = chance.below(out.size() - 1);
  std::swap(out[at], out[at + 1]);
  return out;
}
std::string cut(const std::string& token, const TokenHouse&, Chance& chance) {
  return token.substr(0, chance.below(token.size()));
}

// ---- parts ---------------------------------------------------------------------------------------------

struct Parts {
  std::string header;
  std::string claims;
  std::string signature;

  explicit Parts(const std::string& token) {
    const auto first = token.find('.');
    const auto second = token.find('.', first + 1);
    header = token.substr(0, first);
    claims = token.substr(first + 1, second - first - 1);
    signature = token.substr(second + 1);
  }
  std::string text() const { return header + "." + claims + "." + signature; }
  std::string& any(Chance& chance) {
    std::string* const parts[] = {&header, &claims, &signature};
    return *parts[chance.below(3)];
  }
};

std::string decoded(const std::string& part) {
  return util::from_base64url(part).value_or("");
}

/// Same bytes for a lenient decoder: bits behind the last byte, padding, the other alphabet, white space.
std::string other_base64(const std::string& token, const TokenHouse&, Chance& chance) {
  Parts parts(token);
  std::string& part = parts.any(chance);
  switch (chance.below(4)) {
    case 0: {
      const std::size_t unused = part.size() % 4 == 2 ? 15 : part.size() % 4 == 3 ? 3 : 0;
      part.back() = alphabet[alphabet.find(part.back()) ^ (unused & chance.next())];
      break;
    }
    case 1:
      part.append(1 + chance.below(3), '=');
      break;
    case 2:
      std::ranges::replace(part, '-', '+');
      std::ranges::replace(part, '_', '/');
      break;
    default:
      part.insert(chance.below(part.size() + 1), 1, chance.of(" \t\r\n"));
  }
  return parts.text();
}

std::string more_or_fewer_parts(const std::string& token, const TokenHouse&, Chance& chance) {
  Parts parts(token);
  switch (chance.below(6)) {
    case 0:
      return parts.header + "." + parts.claims;
    case 1:
      return parts.header + "." + parts.claims + ".";
    case 2:
      return token + "." + parts.any(chance);
    case 3:
      return "." + token;
    case 4:
      return parts.header + ".." + parts.signature;
    default:
      return parts.claims + "." + parts.header + "." + parts.signature;
  }
}

/// The same object for a JSON reader.
std::string other_json(const std::string& token, const TokenHouse&, Chance& chance) {
  Parts parts(token);
  std::string& part = chance.below(2) == 0 ? parts.header : parts.claims;
  std::string json = decoded(part);
  switch (chance.below(4)) {
    case 0:  // white space where it may stand
      json.insert(chance.below(2) == 0 ? 1 : json.size() - 1, 1 + chance.below(4), chance.of(" \t\r\n"));
      break;
    case 1:  // a member twice
      json.insert(json.size() - 1, "," + json.substr(1, json.size() - 2));
      break;
    case 2:  // a character escaped
      if (const auto at = json.find("typ"); at != std::string::npos) json.replace(at, 1, "\\u0074");
      break;
    default:
      json += chance.of(" \n\t");
  }
  part = util::to_base64url(json);
  return parts.text();
}

std::string other_claims(const std::string& token, const TokenHouse&, Chance& chance) {
  Parts parts(token);
  std::string json = decoded(parts.claims);
  static constexpr std::array<std::string_view, 8> more{
      R"("user_id":"1",)",       R"("exp":9999999999,)", R"("token_type":"access",)",
      R"("is_superuser":true,)", R"("jti":"x",)",        R"("aud":"y",)",
      R"("exp":null,)",          R"("iss":"z",)"};
  if (chance.below(2) == 0) {
    json.insert(1, more[chance.below(more.size())]);
  } else if (const auto digit = json.find_first_of("0123456789", chance.below(json.size()));
             digit != std::string::npos) {
    json[digit] = chance.of("0123456789");
  }
  parts.claims = util::to_base64url(json);
  return parts.text();
}

/// What the header asks for, with the signature that was there, none, or one that needs no private key.
std::string other_header(const std::string& token, const TokenHouse& house, Chance& chance) {
  static constexpr std::array<std::string_view, 16> algorithms{
      "none",  "None",  "NONE",  "",      "HS256", "hs256", "HS384",  "HS512",
      "RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA", "ES256K", "A128KW"};
  Parts parts(token);
  std::string header = R"({"alg":")" + std::string(algorithms[chance.below(algorithms.size())]) + "\"";
  static constexpr std::array<std::string_view, 7> members{"",
                                                           R"(,"kid":"../../dev/null")",
                                                           R"(,"kid":"")",
                                                           R"(,"crit":["exp"])",
                                                           R"(,"b64":false)",
                                                           R"(,"jku":"https://evil.example/jwks.json")",
                                                           R"(,"jwk":{"kty":"oct","k":"AA"})"};
  header += members[chance.below(members.size())];
  parts.header = util::to_base64url(header + R"(,"typ":"JWT"})");
  const std::string signed_part = parts.header + "." + parts.claims;
  switch (chance.below(4)) {
    case 0:
      parts.signature.clear();
      break;
    case 1:  // the public key as a secret
      parts.signature = util::to_base64url(crypto::hmac(
          crypto::HashAlg::sha256, house.public_pem().empty() ? "secret" : house.public_pem(), signed_part));
      break;
    case 2:
      parts.signature = util::to_base64url(crypto::hmac(crypto::HashAlg::sha256, "", signed_part));
      break;
    default:
      break;
  }
  return parts.text();
}

std::string of_two_tokens(const std::string& token, const TokenHouse&, Chance& chance) {
  auto& houses = token_houses();
  const auto& other = houses[chance.below(houses.size())];
  Parts parts(token);
  const Parts others(chance.below(2) == 0 ? other.access() : other.refresh());
  if (chance.below(2) == 0) parts.header = others.header;
  if (chance.below(2) == 0) parts.claims = others.claims;
  if (chance.below(2) == 0) parts.signature = others.signature;
  return parts.text();
}

// ---- signatures ----------------------------------------------------------------------------------------

/// S + L, which the equation of Ed25519 does not tell from S (RFC 8032 section 5.1.7 wants it refused).
std::string with_group_order_added(std::string signature) {
  static constexpr unsigned char order[32] = {
      0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
      0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32 && signature.size() == 64; ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]) + order[i];
    signature[32 + i] = static_cast<char>(carry & 0xff);
    carry >>= 8;
  }
  return signature;
}

/// SEQUENCE of two INTEGERs, as X9.62 has it; halves of 32 bytes, so every length is one byte.
std::string as_der(const std::string& signature) {
  const auto integer = [](std::string bytes) {
    if (static_cast<unsigned char>(bytes.front()) >= 0x80) bytes.insert(0, 1, '\0');
    return std::string("\x02") + static_cast<char>(bytes.size()) + bytes;
  };
  const std::string body =
      integer(signature.substr(0, signature.size() / 2)) + integer(signature.substr(signature.size() / 2));
  return std::string("\x30") + static_cast<char>(body.size() & 0x7f) + body;
}

std::string other_signature(const std::string& token, const TokenHouse&, Chance& chance) {
  Parts parts(token);
  std::string bytes = decoded(parts.signature);
  switch (chance.below(7)) {
    case 0:
      bytes.insert(0, 1, '\0');
      break;
    case 1:
      bytes.append(1 + chance.below(40), '\0');
      break;
    case 2:
      bytes.assign(bytes.size(), '\0');
      break;
    case 3:
      bytes = with_group_order_added(bytes);
      break;
    case 4:
      if (bytes.size() == 64) bytes = as_der(bytes);
      break;
    case 5:
      bytes.erase(chance.below(bytes.size()));
      break;
    default:
      bytes.erase(0, 1 + chance.below(bytes.size() - 1));
  }
  parts.signature = util::to_base64url(bytes);
  return parts.text();
}

constexpr TokenEdit all_edits[] = {
    {"another character", another_character},
    {"another byte", another_byte},
    {"a bit", a_bit},
    {"one less", one_less},
    {"one more", one_more},
    {"a foreign one more", a_foreign_one_more},
    {"neighbours swapped", neighbours_swapped},
    {"cut", cut},
    {"other base64", other_base64},
    {"more or fewer parts", more_or_fewer_parts},
    {"other JSON", other_json},
    {"other claims", other_claims},
    {"other header", other_header},
    {"of two tokens", of_two_tokens},
    {"other signature", other_signature},
};

}  // namespace

std::span<const TokenEdit> token_edits() {
  return all_edits;
}

}  // namespace fuzz
