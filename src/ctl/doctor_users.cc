// Who is in auth_user, and who might be taken for somebody else.
#include "ctl/doctor.h"
#include "ctl/user_text.h"

namespace jwtauthd::doctor {
namespace {

std::string quoted(std::string_view text) {
  return "'" + printable(text) + "'";
}

std::string listed(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : ", ") + quoted(text);
  return out;
}

/// "'Ann' (id 1) and 'ann' (id 7); …" of the first few groups.
std::string shown(Patient& patient, const Likeness& likeness, std::string store::NamedUser::*what) {
  store::Survey survey(*patient.pool);
  std::string out;
  for (const auto& ids : likeness.examples()) {
    if (!out.empty()) out += "; ";
    bool first = true;
    for (const auto& user : survey.users_named(ids)) {
      if (!std::exchange(first, false)) out += " and ";
      out += quoted(user.*what) + " (id " + std::to_string(user.id) + ")";
    }
  }
  return likeness.groups() > static_cast<std::int64_t>(likeness.examples().size()) ? out + "; …" : out;
}

json::Value groups(const Likeness& likeness) {
  return facts({{"groups", likeness.groups()}, {"users", likeness.users()}});
}

}  // namespace

void take_census(Patient& patient, Report& report) {
  UserCensus census;
  store::Survey(*patient.pool).each_user([&](const store::SurveyedUser& user) {
    census.add(user, *patient.hashes);
  });
  census.finish();
  report.ok("There are " + counted(census.count, "user") + ", " + std::to_string(census.without_email) +
                " without e-mail address.",
            facts({{"users", census.count}, {"without_email", census.without_email}}));
  patient.users = std::move(census);
}

void check_repeated_names(Patient& patient, Report& report) {
  store::Survey survey(*patient.pool);
  if (survey.has_index("auth_user", "username", true)) {
    return report.ok("No two usernames are the same to the column's collation: its index is unique.");
  }
  constexpr unsigned kShown = 5;
  const auto names = survey.repeated_usernames(kShown);
  if (names.empty()) return report.ok("No two usernames are the same to the column's collation.");
  report.problem("Several users have one name by the column's collation: " + listed(names) +
                     (names.size() == kShown ? ", …" : "") + "; which of them logs in is a matter of luck.",
                 "Rename all but one of each (jwtauthctl user list --search NAME shows them).");
}

void check_normalised_names(Patient& patient, Report& report) {
  const UserCensus& users = *patient.users;
  if (users.not_normalised == 0) return report.ok("All usernames are stored in NFKC, as Django stores them.");
  store::Survey survey(*patient.pool);
  std::int64_t lost = 0;
  std::int64_t taken = 0;
  std::string example;
  for (const auto& user : users.renamed) {
    const auto found = survey.user_called(user.normalised);
    if (found && found->id == user.id) continue;
    found ? ++taken : ++lost;
    if (example.empty()) {
      example = quoted(user.stored) + " (id " + std::to_string(user.id) + "), looked up as " +
                quoted(user.normalised) +
                (found ? ", is " + quoted(found->username) + " (id " + std::to_string(found->id) + ")"
                       : ", is nobody");
    }
  }
  const json::Value about = facts({{"not_nfkc", users.not_normalised},
                                   {"looked_up", static_cast<std::int64_t>(users.renamed.size())},
                                   {"nobody", lost},
                                   {"somebody_else", taken}});
  const std::string text =
      counted(users.not_normalised, "username is", "usernames are") + " not stored in NFKC";
  if (lost + taken == 0) {
    return report.note(text + "; the column's collation finds them all the same.",
                       "Rename them to what they read as.", about);
  }
  report.problem(text + ", and a login normalises what was typed: " + std::to_string(lost) +
                     " cannot log in, " + std::to_string(taken) + " would be taken for somebody else. " +
                     example + ".",
                 "Rename them, in Django's admin or with UPDATE, before the switch.", about);
}

void check_long_names(Patient& patient, Report& report) {
  const UserCensus& users = *patient.users;
  if (users.too_long == 0) return report.ok("No username is longer than 150 characters in NFKC.");
  report.problem(counted(users.too_long, "username is", "usernames are") +
                     " longer than 150 characters in NFKC, and cannot be found: " + listed(users.long_names) +
                     ".",
                 "Rename them.", facts({{"too_long", users.too_long}}));
}

void check_similar_names(Patient& patient, Report& report) {
  const Likeness& names = patient.users->names;
  if (names.groups() == 0) return report.ok("No two usernames differ only in case or form (NFKC).");
  report.warning(counted(names.groups(), "name belongs", "names belong") +
                     " to several users who differ only in case or form (NFKC): " +
                     shown(patient, names, &store::NamedUser::username) + ".",
                 "Rename those that are one person's, and those that could pass for somebody else.",
                 groups(names));
}

void check_emails(Patient& patient, Report& report) {
  const UserCensus& users = *patient.users;
  const Likeness& most =
      users.emails.users() >= users.collated_emails.users() ? users.emails : users.collated_emails;
  if (most.groups() == 0) return report.ok("No two users have one e-mail address.");
  const std::string text =
      counted(most.groups(), "e-mail address belongs", "e-mail addresses belong") +
      " to several users, case apart: " + shown(patient, most, &store::NamedUser::email) + ".";
  if (!patient.config->accounts.unique_email) {
    return report.note(text, "accounts.unique_email is off, as in Django: nothing needs to be done.",
                       groups(most));
  }
  std::string advice = "They go on working; nobody else can register with these addresses.";
  if (users.collated_emails.groups() < users.emails.groups()) {
    advice += " The column tells upper from lower case, so a registration in another case is taken.";
  }
  report.warning(text, advice, groups(most));
}

}  // namespace jwtauthd::doctor
