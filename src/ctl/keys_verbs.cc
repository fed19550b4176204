// The command line of jwtauthctl keys.
#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

#include "ctl/keys.h"
#include "ctl/verbs.h"

namespace jwtauthd {
namespace {

struct Words {
  std::string subject;  // a kid, or a file
  std::string file;
  std::string algorithm;
  bool now = false;
  bool to_secret = false;
  bool force = false;
  bool jwks = false;
  bool json = false;

  NewKey new_key() const { return {algorithm.empty() ? std::nullopt : jwt::algorithm_of(algorithm), now}; }
};

/// The configuration, and the directory where `work` wants it.
ExitCode with_config(const std::string& path, Terminal& terminal,
                     const std::function<ExitCode(const config::Config&)>& work) {
  const auto loaded = config::load(path);
  if (loaded) return work(*loaded);
  terminal.err(loaded.error().message);
  return ExitCode::configuration;
}

using Work = ExitCode (*)(const KeyRoom&, const Words&, Terminal&);

ExitCode in_room(const config::Config& config, const Words& words, Terminal& terminal, Work work) {
  const util::SystemClock clock;
  auto room = key_room(config, clock);
  if (room) {
    tell_audit(*room, config, terminal);
    return work(*room, words, terminal);
  }
  terminal.err("Error: " + room.error().message);
  return ExitCode::refused;
}

void run_in_room(CLI::App& verb, CommandLine& line, std::shared_ptr<Words> words, Work work) {
  verb.callback([&line, words = std::move(words), work] {
    line.chosen = [&line, words, work](Terminal& terminal) {
      return with_config(line.config_path, terminal, [&](const config::Config& config) {
        return in_room(config, *words, terminal, work);
      });
    };
  });
}

void add_algorithm(CLI::App& verb, Words& words, const std::string& meaning) {
  verb.add_option("--algorithm", words.algorithm, meaning)
      ->type_name("ALG")
      ->check(CLI::IsMember(
          {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}));
}

void add_list(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("list", "List the keys, in the order in which they sign.");
  auto words = std::make_shared<Words>();
  verb->add_flag("--json", words->json, "Answer in JSON: an array, times in UTC.");
  verb->footer(lesson(
      "next: published, signs later. active: signs. retiring: verifies what it has signed. retired: neither.",
      "jwtauthctl keys list\njwtauthctl keys list --json | jq -r '.[] | select(.state == \"active\").kid'"));
  run_in_room(*verb, line, words, [](const KeyRoom& room, const Words& w, Terminal& terminal) {
    return list_keys(room, w.json, terminal);
  });
}

void add_generate(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("generate", "Make the first key of the directory, or a key file.");
  auto words = std::make_shared<Words>();
  add_algorithm(*verb, *words, "What it is for; without: tokens.algorithm.");
  verb->add_flag("--now", words->now, "Sign with it at once, also where a secret signs now.");
  verb->add_option("--file", words->file, "Write a key file for tokens.signing_key_file instead.")
      ->type_name("FILE");
  verb->footer(lesson(
      "The first key signs at once; beside the secret of an HS* algorithm, after keys.publish_ahead.",
      "jwtauthctl keys generate\njwtauthctl keys generate --file ./signing-key.pem --algorithm EdDSA"));
  verb->callback([&line, words] {
    line.chosen = [&line, words](Terminal& terminal) {
      if (!words->file.empty()) {
        return generate_key_file(words->file, words->new_key().algorithm.value_or(jwt::Algorithm::es256),
                                 terminal);
      }
      return with_config(line.config_path, terminal, [&](const config::Config& config) {
        return in_room(config, *words, terminal, [](const KeyRoom& room, const Words& w, Terminal& t) {
          return generate_first_key(room, w.new_key(), t);
        });
      });
    };
  });
}

void add_rotate(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("rotate", "Publish a new key, which signs after keys.publish_ahead.");
  auto words = std::make_shared<Words>();
  add_algorithm(*verb, *words, "What the new key is for; without: tokens.algorithm.");
  verb->add_flag("--now", words->now, "Sign with the next key at once; where there is none, with a new one.");
  verb->add_flag("--to-secret", words->to_secret, "Back to the secret of an HS* algorithm.");
  verb->footer(lesson("The key that signs now goes on verifying until its last token is over.",
                      "jwtauthctl keys rotate\njwtauthctl keys rotate --algorithm EdDSA"));
  run_in_room(*verb, line, words, [](const KeyRoom& room, const Words& w, Terminal& terminal) {
    return w.to_secret ? rotate_to_secret(room, w.now, terminal) : rotate_keys(room, w.new_key(), terminal);
  });
}

void add_retire(CLI::App& group, CommandLine& line) {
  CLI::App* verb =
      group.add_subcommand("retire", "Have everything refused that a key has signed, and delete it.");
  auto words = std::make_shared<Words>();
  verb->add_option("kid", words->subject, "The key, or the beginning of its name.")->required();
  verb->add_flag("--force", words->force,
                 "Also the one that signs: the next one, or a new one, signs at once.");
  verb->footer(
      lesson("For a key that somebody else may have: whoever has tokens of it must log in again. A KID that\n"
             "begins with - stands behind --.",
             "jwtauthctl keys retire 9sDfX2\njwtauthctl keys retire --force -- -k3Tq9"));
  run_in_room(*verb, line, words, [](const KeyRoom& room, const Words& w, Terminal& terminal) {
    return retire_key(room, w.subject, w.force, terminal);
  });
}

void add_import(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("import", "Take a private key from a PEM file over as the next one.");
  auto words = std::make_shared<Words>();
  verb->add_option("file", words->subject, "A PEM file that is not readable by others. It stays.")
      ->required()
      ->type_name("FILE");
  add_algorithm(*verb, *words, "What it is for; without: tokens.algorithm, where it fits.");
  verb->add_flag("--now", words->now, "Sign with it at once.");
  verb->footer(lesson(
      "The first key of a directory signs at once: this is how the key of tokens.signing_key_file moves in.",
      "jwtauthctl keys import /etc/jwtauthd/signing-key.pem"));
  run_in_room(*verb, line, words, [](const KeyRoom& room, const Words& w, Terminal& terminal) {
    return import_key(room, w.subject, w.new_key(), terminal);
  });
}

void add_export(CLI::App& group, CommandLine& line) {
  CLI::App* verb =
      group.add_subcommand("export-public", "Print public keys: of one key, or of all that are published.");
  auto words = std::make_shared<Words>();
  verb->add_option("kid", words->subject, "The key, or the beginning of its name.");
  verb->add_flag("--jwks", words->jwks, "As a JWK set (RFC 7517); without: PEM.");
  verb->footer(lesson("", "jwtauthctl keys export-public\njwtauthctl keys export-public --jwks > jwks.json"));
  run_in_room(*verb, line, words, [](const KeyRoom& room, const Words& w, Terminal& terminal) {
    return export_public(room, w.subject, w.jwks, terminal);
  });
}

}  // namespace

void add_keys(CLI::App& root, CommandLine& line) {
  CLI::App* group = root.add_subcommand("keys", "Change the keys that sign tokens, while the service runs.");
  group->require_subcommand(1);
  add_list(*group, line);
  add_generate(*group, line);
  add_rotate(*group, line);
  add_retire(*group, line);
  add_import(*group, line);
  add_export(*group, line);
}

}  // namespace jwtauthd
