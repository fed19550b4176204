#include "api/docs_page.h"

#include <map>
#include <set>

namespace api {
namespace {

using json::Value;

constexpr std::string_view kHead =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>jwtauthd: endpoints</title>\n<link rel=\"stylesheet\" href=\"docs.css\">\n</head>\n<body>\n"
    "<h1>Endpoints</h1>\n"
    "<p>Bodies may be JSON, form-encoded or multipart. For programs, the same as "
    "<a href=\"../schema/\">OpenAPI 3.1</a>.</p>\n"
    "<p>The commands want <code>HOST=https://…</code> and, where they name it, <code>ACCESS=…</code>, "
    "an access token.</p>\n";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string element(std::string_view name, std::string_view html) {
  return std::string("<").append(name).append(">").append(html).append("</").append(name).append(">");
}

std::string text_of(const Value& object, std::string_view name) {
  const auto member = object.get(name);
  return member && member->is(json::Type::string) ? std::string(member->as_string()) : std::string();
}

/// Nothing where the member is missing: it has no members then, either.
Value within(const Value& object, std::string_view name) {
  return object.get(name).value_or(Value());
}

std::string upper_case(std::string_view word) {
  std::string out(word);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c & ~0x20);
  }
  return out;
}

/// Without what would have to be escaped in a fragment.
std::string anchor(std::string_view method, std::string_view path) {
  std::string out(method);
  for (const char c : path) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (is_word) {
      out += c;
    } else if (!out.ends_with('-')) {
      out += '-';
    }
  }
  return out;
}

Value form_of(const Value& operation) {
  return within(within(within(within(operation, "requestBody"), "content"), "application/json"), "schema");
}

std::set<std::string> required_of(const Value& form) {
  const Value list = within(form, "required");
  std::set<std::string> names;
  for (std::size_t i = 0; i < list.size(); ++i) names.emplace(list.at(i).as_string());
  return names;
}

std::string type_of(const Value& schema) {
  std::string type = text_of(schema, "type");
  if (const auto format = text_of(schema, "format"); !format.empty()) type = format;
  if (const auto longest = schema.get("maxLength"); longest && longest->is(json::Type::integer))
    type += ", at most " + longest->number_text();
  return type;
}

std::string fields_table(const Value& form) {
  if (within(form, "properties").size() == 0) return {};
  const auto required = required_of(form);
  std::string out = "<h4>Fields</h4>\n<table>\n";
  within(form, "properties").each([&](std::string_view name, const Value& schema) {
    const bool is_required = required.contains(std::string(name));
    out += "<tr>" + element("th", element("code", escaped(name))) + element("td", escaped(type_of(schema))) +
           element("td", is_required ? "required" : "") +
           element("td", escaped(text_of(schema, "description"))) + "</tr>\n";
  });
  return out + "</table>\n";
}

std::string answers_table(const Value& operation) {
  std::map<std::string, std::string> by_status;
  within(operation, "responses").each([&](std::string_view status, const Value& answer) {
    by_status.emplace(status, text_of(answer, "description"));
  });
  std::string out = "<h4>Answers</h4>\n<table>\n";
  for (const auto& [status, meaning] : by_status) {
    out += "<tr>" + element("th", escaped(status)) + element("td", escaped(meaning)) + "</tr>\n";
  }
  return out + "</table>\n";
}

class Page {
 public:
  explicit Page(const Value& openapi)
      : paths_(within(openapi, "paths")),
        tags_(within(openapi, "tags")),
        schemes_(within(within(openapi, "components"), "securitySchemes")) {}

  std::string html() const {
    std::string contents;
    std::string sections;
    for (std::size_t i = 0; i < tags_.size(); ++i) {
      const std::string tag = text_of(tags_.at(i), "name");
      sections += "<section>\n" + element("h2", escaped(tag)) + "\n";
      each_of(tag, [&](std::string_view method, std::string_view path, const Value& operation) {
        const std::string id = anchor(method, path);
        const std::string title = element("code", escaped(upper_case(method) + " " + std::string(path)));
        contents += "<li><a href=\"#" + id + "\">" + title + "</a></li>\n";
        sections += article(id, method, path, operation);
      });
      sections += "</section>\n";
    }
    return std::string(kHead) + "<nav>\n<ul>\n" + contents + "</ul>\n</nav>\n<main>\n" + sections +
           "</main>\n</body>\n</html>\n";
  }

 private:
  template <typename Visit>
  void each_of(std::string_view tag, Visit visit) const {
    paths_.each([&](std::string_view path, const Value& item) {
      item.each([&](std::string_view method, const Value& operation) {
        const Value tags = within(operation, "tags");
        if (tags.size() > 0 && tags.at(0).as_string() == tag) visit(method, path, operation);
      });
    });
  }

  std::string article(const std::string& id, std::string_view method, std::string_view path,
                      const Value& operation) const {
    std::string out = "<article id=\"" + id + "\">\n<h3><span class=\"method\">" +
                      escaped(upper_case(method)) + "</span> " + element("code", escaped(path)) + "</h3>\n" +
                      element("p", element("strong", escaped(text_of(operation, "summary")))) + "\n";
    if (const auto text = text_of(operation, "description"); !text.empty())
      out += element("p", escaped(text)) + "\n";
    if (const auto ways = ways_in(operation); !ways.empty()) out += element("p", escaped(ways)) + "\n";
    return out + element("pre", element("code", escaped(command(method, path, operation)))) + "\n" +
           fields_table(form_of(operation)) + answers_table(operation) + "</article>\n";
  }

  /// With what one gets in, or nothing where all do.
  std::string ways_in(const Value& operation) const {
    const Value security = within(operation, "security");
    std::string out;
    for (std::size_t i = 0; i < security.size(); ++i) {
      out += out.empty() ? "With " : ", or with ";
      if (security.at(i).size() == 0) out += "the token in the body";
      security.at(i).each([&](std::string_view name, const Value&) {
        const Value scheme = within(schemes_, name);
        const std::string cookie = text_of(scheme, "name");
        out += cookie.empty() ? "the header Authorization: " + word_of(scheme) + " ACCESS"
                              : "the cookie " + cookie;
      });
    }
    return out.empty() ? out : out + ".";
  }

  /// What stands before the token. Documents have the registered name in lower case.
  static std::string word_of(const Value& scheme) {
    const std::string word = text_of(scheme, "scheme");
    return word == "bearer" ? "Bearer" : word;
  }

  std::string command(std::string_view method, std::string_view path, const Value& operation) const {
    const Value form = form_of(operation);
    const Value fields = within(form, "properties");
    std::string out = "curl ";
    if (method != (fields.size() > 0 ? "post" : "get")) out += "-X " + upper_case(method) + " ";
    out += "\"$HOST";
    for (const char c : path) {  // curl would take a brace for a list
      if (c != '{' && c != '}') out += c;
    }
    out += '"';
    const Value security = within(operation, "security");
    if (security.size() > 0 && security.at(0).has("bearer"))
      out += " -H \"Authorization: " + word_of(within(schemes_, "bearer")) + " $ACCESS\"";
    const auto required = required_of(form);
    fields.each([&](std::string_view name, const Value&) {
      if (!required.empty() && !required.contains(std::string(name))) return;
      out.append(" -d ").append(name).append("=").append(upper_case(name));
    });
    return out;
  }

  Value paths_;
  Value tags_;
  Value schemes_;
};

}  // namespace

std::string docs_page(const json::Value& openapi) {
  return Page(openapi).html();
}

}  // namespace api
