// A Terminal with a script: answers in order, and everything that was said.
#pragma once

#include <deque>
#include <string>

#include "ctl/terminal.h"

namespace ctl_test {

class ScriptedTerminal final : public jwtauthd::Terminal {
 public:
  /// What is typed, hidden or not. When they run out, the input has ended.
  std::deque<std::string> answers;
  bool somebody_there = true;
  std::string output;
  std::string errors;
  /// Prompts and answers as they came; hidden answers as stars.
  std::string conversation;

  bool interactive() const override { return somebody_there; }
  void out(std::string_view line) override { output.append(line).append("\n"); }
  void err(std::string_view line) override { errors.append(line).append("\n"); }
  std::optional<std::string> ask(std::string_view prompt) override {
    auto answer = next();
    conversation.append(prompt).append(answer.value_or("^D")).append("\n");
    return answer;
  }
  std::optional<util::Secret> ask_hidden(std::string_view prompt) override {
    auto answer = next();
    conversation.append(prompt).append(answer ? "***" : "^D").append("\n");
    if (!answer) return std::nullopt;
    return util::Secret::take(std::move(*answer));
  }

 private:
  std::optional<std::string> next() {
    if (answers.empty()) return std::nullopt;
    std::string answer = std::move(answers.front());
    answers.pop_front();
    return answer;
  }
};

}  // namespace ctl_test
