#include "accounts/service_clients.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "util/encoding.h"

namespace accounts {
namespace {

constexpr std::string_view kSpace = " \t\r";

std::string digest_of(std::string_view secret) {
  return util::to_hex(crypto::sha256(secret));
}

bool is_digest(std::string_view text) noexcept {
  return text.size() == 2 * std::tuple_size_v<crypto::Sha256> &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// Takes the first word from `line`.
std::string_view next_word(std::string_view& line) noexcept {
  line.remove_prefix(std::min(line.find_first_not_of(kSpace), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kSpace));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

util::Result<ServiceClients> ServiceClients::parse(std::string_view text) {
  ServiceClients clients;
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view name = next_word(line);
    if (name.empty() || name.starts_with('#')) continue;
    const std::string_view digest = next_word(line);
    if (!is_client_name(name) || !is_digest(digest) || !next_word(line).empty()) {
      return util::fail("line " + std::to_string(number) +
                        " is not a client's name and the SHA-256 of its secret in lower-case hexadecimal");
    }
    clients.clients_.push_back({std::string(name), std::string(digest)});
  }
  return clients;
}

util::Result<ServiceClients> ServiceClients::read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw util::Outage("cannot read " + path + ": " + std::generic_category().message(errno));
  auto clients = parse(text);
  if (!clients) return util::fail(path + ": " + clients.error().message);
  return clients;
}

bool ServiceClients::knows(std::string_view name, std::string_view secret) const {
  const std::string digest = digest_of(secret);
  bool known = false;
  for (const Client& client : clients_) {
    const bool same = util::equal_constant_time(client.digest, digest);
    known = known || (same && client.name == name);
  }
  return known;
}

bool is_client_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  });
}

NewClient new_client(std::string_view name, util::Random& random) {
  std::array<unsigned char, 32> bytes{};
  random.fill(bytes);
  auto secret =
      util::Secret::take(util::to_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  util::wipe(bytes.data(), bytes.size());
  std::string line = std::string(name) + " " + digest_of(secret.reveal());
  return {std::move(secret), std::move(line)};
}

}  // namespace accounts
