// What a user sees and changes of his own account, up to its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "accounts/credentials.h"
#include "accounts/field_errors.h"
#include "store/origin.h"
#include "store/session_store.h"
#include "store/user_store.h"
#include "util/clock.h"

namespace accounts {

/// Fields as the client sent them, stripped; what he did not send is nothing and stays as it is.
struct ProfileForm {
  std::optional<std::string> email;
  std::optional<std::string> first_name;
  std::optional<std::string> last_name;
};

struct ProfileOptions {
  bool unique_email = true;
};

/// Throws util::Outage.
class Profile {
 public:
  Profile(store::UserStore& users, store::SessionStore& sessions, Credentials& credentials,
          const util::Clock& clock, ProfileOptions options);

  struct NoSuchUser {};  // deleted since the token was checked
  std::optional<store::User> show(std::int64_t user_id);
  /// The user as he is then, committed, or every complaint at once; `found`: the reader's.
  std::variant<store::User, FieldErrors, NoSuchUser> change(std::int64_t user_id, ProfileForm form,
                                                            const FieldErrors& found,
                                                            const store::Origin& origin);

  struct Deleted {};
  struct ReferredTo {};  // by a table of the site's own: nothing was changed
  /// The password is asked again. `ending` says how the user's sessions end.
  std::variant<Deleted, ReferredTo, BadCredentials, Throttled> remove(const LoggedIn& who,
                                                                      std::string_view password,
                                                                      const store::Ending& ending,
                                                                      const store::Origin& origin);

 private:
  store::UserStore& users_;
  store::SessionStore& sessions_;
  Credentials& credentials_;
  const util::Clock& clock_;
  const ProfileOptions options_;
};

}  // namespace accounts
