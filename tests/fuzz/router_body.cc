// Bodies of every row that takes one, in each media type: `<row><type>body`, two characters before the body.
// As JSON, forms and multipart, in UTF-8 and Latin-1.
#include <string>
#include <vector>

#include "api/openapi.h"
#include "api/routes.h"
#include "router_house.h"
#include "target.h"

namespace {

constexpr std::string_view types[] = {
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "application/json; charset=latin-1",
    "application/x-www-form-urlencoded; charset=iso-8859-1",
    "multipart/form-data; boundary=\"b\"; charset=latin-1",
    "",
    "*/*",
};

struct Row {
  std::string_view method;
  std::string path;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = [] {
    std::vector<Row> made;
    for (const auto& route : api::routes()) {
      if (route.fields(api::everything()).empty()) continue;
      std::string path(route.path);
      if (const auto open = path.find('{'); open != std::string::npos) {
        path.replace(open, path.find('}') - open + 1, std::string(32, 'a'));
      }
      made.push_back({route.method, std::move(path)});
    }
    return made;
  }();
  return all;
}

void run(std::string_view input) {
  if (input.size() < 2) return;
  const Row& row = rows()[static_cast<unsigned char>(input[0]) % rows().size()];
  http::Request request;
  request.method = row.method;
  request.path = row.path;
  request.content_type = types[static_cast<unsigned char>(input[1]) % std::size(types)];
  request.authorization = "Bearer {access}";
  request.client = "192.0.2.1";
  request.body = input.substr(2);
  fuzz::answer(request);
}

const fuzz::Registered registered("router_body", run);

}  // namespace
