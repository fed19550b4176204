#include "ctl/roff.h"

#include <algorithm>

namespace jwtauthd::roff {

std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool line_start = out.empty() || out.back() == '\n';
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) {
  return "\\fB" + plain(text) + "\\fR";
}

std::string italic(std::string_view text) {
  return "\\fI" + plain(text) + "\\fR";
}

std::string title(std::string_view name, std::string_view section, std::string_view version) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return ".TH \"" + plain(upper) + "\" " + std::string(section) + " \"\" \"jwtauthd " + plain(version) +
         "\" \"jwtauthd\"\n";
}

std::string heading(std::string_view text) {
  return ".SH " + plain(text) + "\n";
}

std::string verbatim(std::string_view lines) {
  std::string out = ".PP\n.nf\n" + plain(lines);
  if (out.back() != '\n') out += '\n';
  return out + ".fi\n";
}

}  // namespace jwtauthd::roff
