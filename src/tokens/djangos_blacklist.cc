#include "tokens/djangos_blacklist.h"

namespace tokens {

bool DjangosBlacklist::has(std::string_view jti) {
  if (are_ == Tables::unknown) are_ = tables_.may_be_asked() ? Tables::there : Tables::missing;
  return are_ == Tables::there && tables_.is_blacklisted(jti);
}

}  // namespace tokens
