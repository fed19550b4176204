// JSON values over Jansson. A Value owns one reference; members keep their order of insertion.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct json_t;

namespace json {

enum class Type { null, boolean, integer, real, string, array, object };

class Value {
 public:
  Value() noexcept;  // null
  /// Text must be valid UTF-8; NUL is allowed. Throws std::invalid_argument otherwise.
  static Value string(std::string_view text);
  static Value integer(std::int64_t number);
  static Value real(double number);  // finite
  static Value boolean(bool b);
  static Value array();
  static Value array(std::span<const std::string> texts);
  static Value object();

  Value(const Value& other) noexcept;  // shares: Values are handed round, not mutated after sharing
  Value(Value&& other) noexcept;
  Value& operator=(Value other) noexcept;
  ~Value();

  Type type() const noexcept;
  bool is(Type t) const noexcept { return type() == t; }

  /// Each of these expects its type (checked by assert, neutral value otherwise).
  bool as_boolean() const noexcept;
  std::int64_t as_integer() const noexcept;
  double as_real() const noexcept;              // integers too
  std::string_view as_string() const noexcept;  // valid UTF-8; valid while this Value lives

  /// JSON text may escape half of a surrogate pair (`\\ud800`), which UTF-8 cannot hold: as_string() has
  /// U+FFFD in its place, and this tells the first such half. Members' keys only have the U+FFFD.
  std::optional<char16_t> lone_surrogate() const noexcept;

  /// Python's str() of an integer or a real: `7`, `1.5`, `1000.0`, `1e+16`. Empty for the rest.
  std::string number_text() const;

  /// Array or object members; 0 for the rest.
  std::size_t size() const noexcept;
  Value at(std::size_t index) const;
  void append(Value member);

  /// The member, or nothing when absent or when this is no object.
  std::optional<Value> get(std::string_view key) const;
  bool has(std::string_view key) const noexcept;
  /// Adds the member at the end, or replaces it where it stands.
  void set(std::string_view key, Value member);
  void erase(std::string_view key);
  /// Calls visit(std::string_view key, const Value&) in order.
  template <typename Visit>
  void each(Visit&& visit) const {
    for (void* it = first(); it != nullptr; it = next(it)) visit(key_of(it), value_of(it));
  }

  /// Compact, raw UTF-8, order kept; as Python's json.dumps(ensure_ascii=False) with U+2028 and U+2029
  /// escaped, as DRF does.
  std::string dump() const;
  /// One member a line, as Python's json.dumps(indent=spaces) writes it.
  std::string dump_indented(int spaces) const;

 private:
  friend struct Access;  // access.h: the parser and the writer see the tree
  explicit Value(json_t* owned) noexcept : json_(owned) {}
  void* first() const noexcept;
  void* next(void* iterator) const noexcept;
  static std::string_view key_of(void* iterator) noexcept;
  static Value value_of(void* iterator) noexcept;

  json_t* json_;
};

/// What Python calls the type, for messages such as `Expected a dictionary, but got list.`
std::string_view python_name(Type type) noexcept;

/// Seeds Jansson's hash tables and makes it wipe what it frees, because bodies hold passwords; once,
/// before threads start (a first use from two threads races) and before any Value exists.
void start();

}  // namespace json
