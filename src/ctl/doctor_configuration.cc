// What the configuration says, and who may change it.
#include <sys/stat.h>

#include <array>
#include <sstream>

#include "ctl/doctor.h"

namespace jwtauthd::doctor {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

std::string octal(unsigned mode) {
  std::ostringstream text;
  text << '0' << std::oct << (mode & 07777U);
  return text.str();
}

/// Who else could put something of their own in the file's place.
void check_mode(const std::string& path, std::string_view what, Report& report) {
  struct stat status {};
  if (path.empty() || stat(path.c_str(), &status) != 0) return;
  constexpr mode_t kOthersWrite = S_IWOTH;
  constexpr mode_t kGroupWrites = S_IWGRP;
  const std::string file = std::string(what) + " " + path + " (mode " + octal(status.st_mode) + ")";
  if ((status.st_mode & kOthersWrite) != 0) {
    return report.problem(file + " can be changed by every user of this machine.", "chmod o-w " + path);
  }
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  struct stat above {};
  if (stat(directory.c_str(), &above) == 0 && (above.st_mode & kOthersWrite) != 0 &&
      (above.st_mode & S_ISVTX) == 0) {
    return report.problem(file + " can be replaced by every user of this machine: its directory has mode " +
                              octal(above.st_mode) + ".",
                          "chmod o-w " + directory);
  }
  if ((status.st_mode & kGroupWrites) != 0) {
    return report.warning(file + " can be changed by its group.", "chmod g-w " + path);
  }
  report.ok(file + " is changed by its owner only.");
}

}  // namespace

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

void check_configuration(Patient& patient, Report& report) {
  if (patient.config != nullptr) return report.ok(patient.config_path + " can be used.");
  std::istringstream lines(patient.config_error);
  for (std::string line; std::getline(lines, line);) {
    report.problem(line, "Correct it; `jwtauthctl config check` says whether the daemon would start.");
  }
}

void check_file_modes(Patient& patient, Report& report) {
  check_mode(patient.config_path, "The configuration", report);
  if (patient.config == nullptr) return;
  check_mode(patient.config->tokens.signing_key_file, "The signing key", report);
  check_mode(patient.config->database.tls_ca, "The database's authority", report);
}

void check_listener(Patient& patient, Report& report) {
  const config::Config::Server& server = patient.config->server;
  constexpr std::string_view kTcp = "tcp:";
  if (!server.listen.starts_with(kTcp)) {
    if ((server.socket_mode & S_IRWXO) != 0) {
      return report.problem("server.socket_mode is " + octal(server.socket_mode) +
                                ": every user of this machine may speak to the workers as nginx does.",
                            "Set server.socket_mode = \"0660\", and put nginx's user in the socket's group.");
    }
    return report.ok("Only the owner and the group of " + server.listen + " may speak to the workers.");
  }
  const std::string_view rest = std::string_view(server.listen).substr(kTcp.size());
  const std::string_view host = rest.substr(0, rest.rfind(':'));
  if (!is_loopback(host)) {
    return report.problem(
        "The workers listen on " + server.listen +
            ": FastCGI has no authentication, and passwords cross the network in the clear.",
        "Listen on a unix socket, or on 127.0.0.1.");
  }
  report.warning("The workers listen on " + server.listen + ": every user of this machine may speak to them.",
                 "Listen on a unix socket.");
}

void check_lifetimes(Patient& patient, Report& report) {
  const config::Config::Tokens& tokens = patient.config->tokens;
  bool fine = true;
  const auto told = [&](bool is, const std::string& text, const std::string& advice) {
    if (!is) return;
    fine = false;
    report.warning(text, advice);
  };
  told(tokens.access_token_lifetime > hours(24), "Access tokens are valid for over a day.",
       "Minutes are usual: a refresh is cheap here. See tokens.access_token_lifetime.");
  told(tokens.refresh_token_lifetime <= tokens.access_token_lifetime,
       "Refresh tokens do not outlive access tokens: nobody can ever refresh.",
       "Make tokens.refresh_token_lifetime longer than tokens.access_token_lifetime.");
  told(tokens.leeway > seconds(300),
       "tokens.leeway is over five minutes: expired tokens are taken that long.",
       "Keep the clocks in step instead (chrony, systemd-timesyncd).");
  if (fine) report.ok("Lifetimes of tokens are in order.");
}

}  // namespace jwtauthd::doctor
