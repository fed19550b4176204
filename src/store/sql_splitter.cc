#include "store/sql_splitter.h"

#include <cctype>

#include "util/ascii.h"

namespace store {
namespace {

bool is_space(char c) noexcept {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

class Splitter {
 public:
  explicit Splitter(std::string_view sql) : rest_(sql) {}

  util::Result<std::vector<std::string>> split() {
    while (!rest_.empty() && problem_.empty()) step();
    if (!problem_.empty()) return util::fail(problem_);
    finish_statement();
    return std::move(statements_);
  }

 private:
  void step() {
    const char c = rest_.front();
    if (trimmed(statement_).empty() && delimiter_line()) return;
    if (rest_.starts_with(delimiter_)) {
      rest_.remove_prefix(delimiter_.size());
      finish_statement();
    } else if (c == '\'' || c == '"' || c == '`') {
      keep(quoted_length(c));
    } else if (c == '#' || is_dash_comment()) {
      const auto end = rest_.find('\n');
      drop(end == std::string_view::npos ? rest_.size() : end);
    } else if (rest_.starts_with("/*")) {
      block_comment();
    } else {
      keep(1);
    }
  }

  /// `--` starts a comment only before white space or the end; `5--2` is arithmetic.
  bool is_dash_comment() const noexcept {
    return rest_.starts_with("--") && (rest_.size() == 2 || is_space(rest_[2]));
  }

  bool delimiter_line() {
    constexpr std::string_view word = "delimiter ";
    if (rest_.size() < word.size()) return false;
    if (util::ascii::lower(rest_.substr(0, word.size())) != word) return false;
    const auto end = rest_.find('\n');
    const auto line = rest_.substr(0, end);
    delimiter_ = trimmed(line.substr(word.size()));
    if (delimiter_.empty()) problem_ = "a DELIMITER line without a delimiter";
    drop(line.size());
    return true;
  }

  std::size_t quoted_length(char quote) {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\' && quote != '`') {
        ++i;
      } else if (rest_[i] == quote) {
        return i + 1;  // a doubled quote is two quoted texts in a row, which comes to the same
      }
    }
    problem_ = std::string("a ") + quote + " that is not closed";
    return rest_.size();
  }

  void block_comment() {
    const auto end = rest_.find("*/", 2);
    if (end == std::string_view::npos) {
      problem_ = "a /* that is not closed";
      return;
    }
    const auto length = end + 2;
    const bool for_the_server =
        rest_.starts_with("/*!") || rest_.starts_with("/*+") || rest_.starts_with("/*M!");
    if (for_the_server) {
      keep(length);
    } else {
      drop(length);
      statement_ += ' ';
    }
  }

  void keep(std::size_t length) {
    statement_ += rest_.substr(0, length);
    rest_.remove_prefix(length);
  }
  void drop(std::size_t length) { rest_.remove_prefix(length); }

  void finish_statement() {
    if (const auto text = trimmed(statement_); !text.empty()) statements_.emplace_back(text);
    statement_.clear();
  }

  std::string_view rest_;
  std::string delimiter_ = ";";
  std::string statement_;
  std::vector<std::string> statements_;
  std::string problem_;
};

}  // namespace

util::Result<std::vector<std::string>> split_statements(std::string_view sql) {
  return Splitter(sql).split();
}

}  // namespace store
