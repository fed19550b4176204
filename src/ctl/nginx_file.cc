#include "ctl/nginx_file.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>

namespace jwtauthd {
namespace {

namespace fs = std::filesystem;
using Directives = std::vector<NginxDirective>;

constexpr std::string_view kDumpMarker = "# configuration file ";
constexpr std::string_view kDumpedFile = "configuration-file";

class Parser {
 public:
  Parser(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}

  util::Result<Directives> parse() {
    Directives found;
    if (!parse_block(found, 0)) return util::fail(file_ + ":" + std::to_string(line_) + ": " + error_);
    return found;
  }

 private:
  bool fail(std::string why) {
    error_ = std::move(why);
    return false;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  char take() {
    const char c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
  }

  void skip_space() {
    while (at_ < text_.size()) {
      const char c = peek();
      if (c == '#') {
        while (at_ < text_.size() && peek() != '\n') ++at_;
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        take();
      } else {
        return;
      }
    }
  }

  bool parse_word(std::string& word) {
    const char first = peek();
    if (first == '"' || first == '\'') {
      take();
      while (at_ < text_.size() && peek() != first) {
        if (peek() == '\\' && at_ + 1 < text_.size()) take();
        word += take();
      }
      if (at_ == text_.size()) return fail("a quoted word does not end");
      take();
      return true;
    }
    while (at_ < text_.size()) {
      const char c = peek();
      // `${name}` is part of a word; a brace otherwise begins or ends a block.
      if (c == '$' && at_ + 1 < text_.size() && text_[at_ + 1] == '{') {
        while (at_ < text_.size() && peek() != '}') word += take();
        if (at_ < text_.size()) word += take();
        continue;
      }
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';' || c == '{') break;
      if (c == '\\' && at_ + 1 < text_.size()) word += take();
      word += take();
    }
    return true;
  }

  bool parse_block(Directives& found, unsigned depth) {
    constexpr unsigned kDeepest = 32;
    if (depth > kDeepest) return fail("blocks are nested too deeply");
    for (;;) {
      skip_space();
      if (at_ == text_.size()) return depth == 0 || fail("a block does not end");
      if (peek() == '}') {
        if (depth == 0) return fail("} without a block");
        take();
        return true;
      }
      if (!parse_directive(found.emplace_back(), depth)) return false;
    }
  }

  bool parse_directive(NginxDirective& directive, unsigned depth) {
    directive.file = file_;
    directive.line = line_;
    for (bool first = true;; first = false) {
      skip_space();
      if (at_ == text_.size()) return fail("a directive does not end: ; is missing");
      if (peek() == ';' || peek() == '{') {
        if (first) return fail(std::string("a directive begins with ") + peek());
        directive.block = take() == '{';
        return !directive.block || parse_block(directive.inside, depth + 1);
      }
      std::string word;
      if (!parse_word(word)) return false;
      if (first) {
        directive.name = std::move(word);
      } else {
        directive.arguments.push_back(std::move(word));
      }
    }
  }

  std::string_view text_;
  std::string file_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
  std::string error_;
};

/// What stands behind each marker of `nginx -T`, by path. Empty: it is no such text.
std::vector<std::pair<std::string, std::string_view>> dumped_files(std::string_view text) {
  std::vector<std::pair<std::string, std::string_view>> files;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with(kDumpMarker) && line.ends_with(':')) {
      if (!files.empty()) {
        const auto from = static_cast<std::size_t>(files.back().second.data() - text.data());
        files.back().second = text.substr(from, at - from);
      }
      files.emplace_back(line.substr(kDumpMarker.size(), line.size() - kDumpMarker.size() - 1),
                         text.substr(std::min(end + 1, text.size())));
    }
    at = end + 1;
  }
  return files;
}

/// A path in one form, so that two names of one file are equal.
std::string plain(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(path, error);
  return error ? fs::path(path).lexically_normal().string() : whole.string();
}

/// The files that exist and match: the last part of the path may hold wildcards.
std::vector<std::string> matching(const fs::path& pattern) {
  std::error_code error;
  if (pattern.string().find_first_of("*?[") == std::string::npos) {
    if (fs::is_regular_file(pattern, error)) return {pattern.string()};
    return {};
  }
  std::vector<std::string> found;
  for (fs::directory_iterator at(pattern.parent_path(), error), end; !error && at != end;
       at.increment(error)) {
    if (::fnmatch(pattern.filename().c_str(), at->path().filename().c_str(), FNM_PERIOD) == 0) {
      found.push_back(at->path().string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

class Reader {
 public:
  util::Result<NginxText> read(const std::vector<std::string>& files) {
    std::vector<std::pair<std::string, Directives>> given;
    for (const auto& file : files) {
      auto parsed = load(file);
      if (!parsed) return util::unexpected<util::Error>(std::move(parsed.error()));
      for (auto& directive : *parsed) {
        if (directive.name != kDumpedFile) continue;
        given_.emplace(directive.arguments.front(), directive.inside);
        given.emplace_back(directive.arguments.front(), std::move(directive.inside));
      }
      if (parsed->empty() || parsed->front().name != kDumpedFile) {
        given_.emplace(plain(file), *parsed);
        given.emplace_back(plain(file), std::move(*parsed));
      }
    }
    std::vector<std::pair<std::string, Directives>> whole;
    for (auto& [path, directives] : given) whole.emplace_back(path, expand(directives, 0));
    NginxText text;
    text.root.block = true;
    for (auto& [path, directives] : whole) {
      if (included_.contains(path)) continue;
      std::move(directives.begin(), directives.end(), std::back_inserter(text.root.inside));
    }
    text.missing.assign(missing_.begin(), missing_.end());
    return text;
  }

 private:
  static util::Result<Directives> load(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) return util::fail("cannot read " + path);
    return parse_nginx(text, path);
  }

  Directives expand(const Directives& directives, unsigned depth) {
    constexpr unsigned kDeepest = 8;
    Directives out;
    for (const NginxDirective& directive : directives) {
      if (directive.name == "include" && directive.arguments.size() == 1 && depth < kDeepest) {
        Directives included = include(directive, depth);
        std::move(included.begin(), included.end(), std::back_inserter(out));
        continue;
      }
      NginxDirective copy = directive;
      copy.inside = expand(directive.inside, depth);
      out.push_back(std::move(copy));
    }
    return out;
  }

  Directives include(const NginxDirective& directive, unsigned depth) {
    const fs::path wanted = directive.arguments.front();
    std::vector<fs::path> places{wanted};
    if (wanted.is_relative()) {
      places.clear();
      fs::path directory = fs::path(plain(directive.file)).parent_path();
      for (int up = 0; up < 3; ++up, directory = directory.parent_path())
        places.push_back(directory / wanted);
    }
    Directives out;
    for (const fs::path& place : places) {
      const auto add = [&](const std::string& path, const Directives& found) {
        included_.insert(path);
        Directives inner = expand(found, depth + 1);
        std::move(inner.begin(), inner.end(), std::back_inserter(out));
      };
      bool any = false;
      for (const auto& [path, found] : given_) {
        if (::fnmatch(place.c_str(), path.c_str(), FNM_PATHNAME) != 0) continue;
        any = true;
        add(path, found);
      }
      if (any) return out;
      for (const auto& path : matching(place)) {
        const auto found = load(path);
        if (!found) continue;
        any = true;
        add(plain(path), *found);
      }
      if (any) return out;
    }
    // Snippets that are looked at where they are kept, not where nginx will have them.
    for (const auto& [path, found] : given_) {
      if (fs::path(path).filename() != wanted.filename()) continue;
      included_.insert(path);
      return expand(found, depth + 1);
    }
    // nginx's own lists (mime.types, fastcgi_params) and patterns that match nothing are no loss.
    if (wanted.string().find_first_of("*?[") == std::string::npos) {
      missing_.insert(directive.place() + ": include " + wanted.string());
    }
    return out;
  }

  std::map<std::string, Directives> given_;
  std::set<std::string> included_;
  std::set<std::string> missing_;
};

}  // namespace

util::Result<std::vector<NginxDirective>> parse_nginx(std::string_view text, const std::string& file) {
  const auto files = dumped_files(text);
  if (files.empty()) return Parser(text, file).parse();
  Directives out;
  for (const auto& [path, part] : files) {
    auto parsed = Parser(part, path).parse();
    if (!parsed) return util::unexpected<util::Error>(std::move(parsed.error()));
    NginxDirective& dumped = out.emplace_back();
    dumped.name = kDumpedFile;
    dumped.arguments.push_back(path);
    dumped.file = path;
    dumped.block = true;
    dumped.inside = std::move(*parsed);
  }
  return out;
}

util::Result<NginxText> read_nginx(const std::vector<std::string>& files) {
  return Reader().read(files);
}

}  // namespace jwtauthd
