#include "ctl/man_page.h"
#include "ctl/roff.h"

namespace jwtauthd {
namespace {

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

/// Reads the example file: comments gather until the section or the key that they are about.
class Page {
 public:
  void read(std::string_view line) {
    if (line.starts_with("[")) {
      section(line);
    } else if (line.starts_with("# ")) {
      comment_.append(line.substr(2)).append("\n");
    } else if (line == "#") {
      comment_ += "\n";
    } else if (line.starts_with("#")) {
      key(line.substr(1));
    } else if (line.empty() && !any_section_) {
      prologue_ += take_comment();
    }
  }

  std::string text() const { return roff::heading("DESCRIPTION") + prologue_ + sections_; }

 private:
  std::string take_comment() {
    std::string out;
    for (std::string_view rest = comment_; !rest.empty();) {
      const std::string_view line = take_line(rest);
      out += line.empty() ? ".PP\n" : roff::plain(line) + "\n";
    }
    comment_.clear();
    return out;
  }

  void section(std::string_view line) {
    any_section_ = true;
    sections_ += roff::heading(line) + take_comment();
  }

  void key(std::string_view line) { sections_ += ".TP\n" + roff::bold(line) + "\n" + take_comment(); }

  std::string comment_;
  std::string prologue_;
  std::string sections_;
  bool any_section_ = false;
};

}  // namespace

std::string configuration_page(std::string_view example, std::string_view version) {
  Page page;
  while (!example.empty()) page.read(take_line(example));
  std::string out = roff::title("jwtauthd.toml", "5", version);
  out += roff::heading("NAME") + roff::plain("jwtauthd.toml - configuration of jwtauthd") + "\n";
  out += page.text();
  out += roff::heading("SEE ALSO") + roff::bold("jwtauthd") + "(8), " + roff::bold("jwtauthctl") + "(8)\n";
  return out;
}

}  // namespace jwtauthd
