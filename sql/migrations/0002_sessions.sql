-- Sessions, what ended before its time, failed logins, and the record of what happened.
--
-- No table here has a foreign key to auth_user: an adopted one may have an id of another width or another
-- engine, and Django must be able to alter it. Sessions of a user who is gone refresh nothing, because a
-- refresh looks at auth_user, and are purged at their end.

-- One row a login. id is a UUIDv7, ordered by time, so that new rows go to the end of the table. The index
-- on idle_expires_at is the purge's. changed_at is by the database's clock, the rest by those of the hosts.
CREATE TABLE IF NOT EXISTS jwtauthd_session (
  id binary(16) NOT NULL,
  user_id bigint NOT NULL,
  created_at datetime(6) NOT NULL,
  last_used_at datetime(6) NOT NULL,
  changed_at datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  expires_at datetime(6) NOT NULL,
  idle_expires_at datetime(6) NOT NULL,
  address varchar(64) CHARACTER SET ascii NOT NULL,
  user_agent varchar(255) NOT NULL,
  current_jti binary(32) NOT NULL,
  previous_jti binary(32) DEFAULT NULL,
  generation bigint NOT NULL,
  revoked_at datetime(6) DEFAULT NULL,
  revoked_for varchar(32) CHARACTER SET ascii NOT NULL DEFAULT '',
  PRIMARY KEY (id),
  KEY user_id (user_id),
  KEY idle_expires_at (idle_expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Append-only; every worker polls what is new in it. By user_id and session a token that names no session
-- is looked up before one begins with it. created_at is the database's clock. Times of tokens
-- are seconds since 1970, as the tokens have them.
CREATE TABLE IF NOT EXISTS jwtauthd_revocation (
  id bigint NOT NULL AUTO_INCREMENT,
  created_at datetime(6) NOT NULL,
  user_id bigint NOT NULL,
  session binary(16) NOT NULL,
  not_before bigint NOT NULL,
  expires bigint NOT NULL,
  PRIMARY KEY (id),
  KEY created_at (created_at),
  KEY user_id (user_id, session),
  KEY expires (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Failed logins of an account or of an address. The name that was typed is not kept: people type passwords
-- there. For an account that exists the hash is of its stored name, so that all that the collation takes
-- for that name counts together.
CREATE TABLE IF NOT EXISTS jwtauthd_throttle (
  subject binary(32) NOT NULL,
  kind char(1) CHARACTER SET ascii NOT NULL,
  failures bigint NOT NULL,
  last_failed_at datetime(6) NOT NULL,
  blocked_until datetime(6) DEFAULT NULL,
  user_id bigint NOT NULL,
  address varchar(64) CHARACTER SET ascii NOT NULL,
  PRIMARY KEY (subject),
  KEY last_failed_at (last_failed_at),
  KEY user_id (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Append-only. Rows outlive the user and the session that they name.
CREATE TABLE IF NOT EXISTS jwtauthd_audit (
  id bigint NOT NULL AUTO_INCREMENT,
  happened_at datetime(6) NOT NULL,
  kind varchar(32) CHARACTER SET ascii NOT NULL,
  user_id bigint NOT NULL,
  session binary(16) NOT NULL,
  address varchar(64) CHARACTER SET ascii NOT NULL,
  request_id varchar(64) CHARACTER SET ascii NOT NULL,
  reason varchar(64) CHARACTER SET ascii NOT NULL,
  PRIMARY KEY (id),
  KEY happened_at (happened_at),
  KEY user_id (user_id),
  KEY address (address)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
