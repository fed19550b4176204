// How passwords are stored: which encodings, how strong, and whether Django could go on with ours.
#include "ctl/doctor.h"
#include "ctl/user_text.h"

namespace jwtauthd::doctor {
namespace {

std::int64_t total(const std::map<std::string, std::int64_t>& counts) {
  std::int64_t sum = 0;
  for (const auto& [scheme, count] : counts) sum += count;
  return sum;
}

std::int64_t count_of(const UserCensus& users, const std::string& scheme) {
  const auto found = users.schemes.find(scheme);
  return found == users.schemes.end() ? 0 : found->second;
}

std::string histogram(std::string_view scheme, const std::map<unsigned, std::int64_t>& counts) {
  std::string text(scheme);
  text += ":";
  for (const auto& [iterations, count] : counts) {
    text += (text.back() == ':' ? " " : ", ") + std::to_string(iterations) + " × " + std::to_string(count);
  }
  return text;
}

/// Under `fewest` anywhere; the map is in order.
bool any_under(const std::map<unsigned, std::int64_t>& counts, unsigned fewest) {
  return !counts.empty() && counts.begin()->first < fewest;
}

/// Django's hasher lets OpenSSL have its default of 32 MiB, which counts the blocks of all lanes and two
/// more.
bool django_lacks_memory_for_scrypt(const config::Config::Passwords& passwords) {
  constexpr std::int64_t kMost = 32 * 1024 * 1024;
  return 128 * passwords.scrypt_r * (passwords.scrypt_n + passwords.scrypt_p + 2) > kMost;
}

json::Value histogram_facts(const std::map<unsigned, std::int64_t>& counts) {
  json::Value object = json::Value::object();
  for (const auto& [iterations, count] : counts) {
    object.set(std::to_string(iterations), json::Value::integer(count));
  }
  return object;
}

}  // namespace

void check_encodings(Patient& patient, Report& report) {
  const UserCensus& users = *patient.users;
  json::Value about = json::Value::object();
  std::string text;
  const auto add = [&](const std::string& scheme, std::int64_t count) {
    about.set(scheme, json::Value::integer(count));
    if (count > 0) text += (text.empty() ? "" : ", ") + scheme + " " + std::to_string(count);
  };
  for (const auto& [scheme, count] : users.schemes) add(scheme, count);
  add("unusable", users.unusable);
  add("unreadable", users.unreadable);
  report.ok("Passwords by encoding: " + (text.empty() ? std::string("none") : text) + ".", about);
}

void check_weak_passwords(Patient& patient, Report& report) {
  const UserCensus& users = *patient.users;
  const std::int64_t bare = count_of(users, "md5") + count_of(users, "sha1");
  const std::string& hasher = patient.config->passwords.hasher;
  const json::Value about = facts({{"weaker_than_configured", users.upgradable},
                                   {"md5_or_sha1", bare},
                                   {"without_salt", users.unsalted},
                                   {"usable", total(users.schemes)}});
  if (users.upgradable > 0 && patient.config->tokens.check_revoke_token) {
    report.warning(counted(users.upgradable, "password is", "passwords are") +
                       " to be encoded anew at the next login, and with tokens.check_revoke_token a new "
                       "encoding ends the user's other sessions.",
                   "Set passwords.hasher and its parameters to what the site's Django writes; then neither "
                   "side encodes anew what the other wrote.",
                   about);
  }
  if (bare > 0) {
    return report.problem(
        counted(bare, "password is", "passwords are") + " a plain MD5 or SHA-1 digest, " +
            std::to_string(users.unsalted) +
            " of them without salt: whoever reads the table has most of them within hours.",
        "Each becomes " + hasher + " at its owner's next login. Have those who do not come reset theirs.",
        about);
  }
  if (users.upgradable > 0) {
    return report.note(counted(users.upgradable, "password is", "passwords are") +
                           " weaker than passwords.hasher = " + hasher + " asks for.",
                       "Nothing: each is encoded anew at its owner's next login.", about);
  }
  report.ok("No password is weaker than passwords.hasher = " + hasher + " asks for.", about);
}

void check_iterations(Patient& patient, Report& report) {
  const UserCensus& users = *patient.users;
  const auto& sha256 = users.pbkdf2_sha256_iterations;
  const auto& sha1 = users.pbkdf2_sha1_iterations;
  if (sha256.empty() && sha1.empty()) return;
  json::Value about = json::Value::object();
  std::string text = "PBKDF2 iterations × users: ";
  if (!sha256.empty()) {
    about.set("pbkdf2_sha256", histogram_facts(sha256));
    text += histogram("pbkdf2_sha256", sha256);
  }
  if (!sha1.empty()) {
    about.set("pbkdf2_sha1", histogram_facts(sha1));
    text += (sha256.empty() ? "" : "; ") + histogram("pbkdf2_sha1", sha1);
  }
  // What Django 3.2 wrote in 2021.
  constexpr unsigned kFewest = 260'000;
  if (any_under(sha256, kFewest) || any_under(sha1, kFewest)) {
    return report.warning(
        text + ".",
        "Counts under 260000 (Django 3.2's) are cheap to guess at. They rise at the next login, where "
        "passwords.hasher asks for more.",
        about);
  }
  report.ok(text + ".", about);
}

void check_unreadable(Patient& patient, Report& report) {
  const UserCensus& users = *patient.users;
  if (users.unreadable == 0) return report.ok("Every stored password can be read, or is meant not to be.");
  std::string names;
  for (const auto& user : users.unreadable_names)
    names += (names.empty() ? "'" : ", '") + printable(user) + "'";
  report.warning(counted(users.unreadable, "password is", "passwords are") +
                     " stored in no encoding of Django's, or damaged; the users cannot log in: " + names +
                     ".",
                 "See what wrote them (a hasher of the site's own?). Otherwise have them reset.",
                 facts({{"unreadable", users.unreadable}}));
}

/// What we write must be read by the Django that shares the table, today or on the way back.
void check_way_back(Patient& patient, Report& report) {
  if (!patient.tables.contains("django_migrations")) return;
  const UserCensus& users = *patient.users;
  const std::string& hasher = patient.config->passwords.hasher;
  if (hasher == "scrypt" && django_lacks_memory_for_scrypt(patient.config->passwords)) {
    return report.problem(
        "With these parameters of scrypt a neighbouring Django fails at every login: its hasher takes "
        "32 MiB at most.",
        "128 * scrypt_r * (scrypt_n + scrypt_p + 2) up to 32 MiB; Django's own are 16384, 8 and 5 at most.");
  }
  const std::string advice =
      "Set passwords.hasher to what the site's PASSWORD_HASHERS has, with its parameters. pbkdf2_sha256 is "
      "there unless the site has taken it out; argon2id needs argon2-cffi and Argon2PasswordHasher, scrypt "
      "Django 4.0.";
  if (total(users.schemes) == 0) {
    return report.note("New passwords are written as " + hasher +
                           "; no password in the table shows whether the site's Django reads that.",
                       advice);
  }
  if (count_of(users, hasher) > 0) {
    return report.ok("New passwords are written as " + hasher + ", which is in the table already.");
  }
  report.warning("New and upgraded passwords are written as " + hasher +
                     ", which no password in the table is: a neighbouring Django may not read them.",
                 advice);
}

}  // namespace jwtauthd::doctor
