// UserStore over MySQL/MariaDB.
#pragma once

#include "mysql/pool.h"
#include "store/user_store.h"

namespace store {

class MysqlUserStore final : public UserStore {
 public:
  explicit MysqlUserStore(mysql::Pool& pool, Auditing auditing = Auditing::on)
      : pool_(pool), auditing_(auditing) {}

  std::optional<User> find_by_username(std::string_view username) override;
  std::optional<User> find_by_id(std::int64_t id) override;
  std::vector<User> find_by_ids(std::span<const std::int64_t> ids) override;
  std::vector<Membership> groups_of(std::span<const std::int64_t> ids) override;
  bool username_exists(std::string_view username) override;
  bool email_exists(std::string_view email) override;
  Inserted insert(User& user, bool unique_email, const AuditEvent* event = nullptr) override;
  ProfileUpdate update_profile(std::int64_t id, const ProfileChange& change, bool unique_email,
                               const AuditEvent* event = nullptr) override;
  bool set_password(std::int64_t id, std::string_view encoded,
                    std::optional<std::string_view> expected_old) override;
  bool has_password(std::int64_t id, std::string_view encoded) override;
  bool set_last_login(std::int64_t id, util::TimePoint when) override;
  bool activate(std::int64_t id, const AuditEvent* event = nullptr) override;
  std::vector<User> list(const UserFilter& filter) override;

 private:
  mysql::Pool& pool_;
  const Auditing auditing_;
};

}  // namespace store
