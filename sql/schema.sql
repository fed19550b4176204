-- The schema as a whole, for reading. A test builds it from the migrations, builds it from this file, and
-- fails when the two differ. Times are UTC.

-- Which migrations have run, from what text.
CREATE TABLE jwtauthd_migrations (
  number int unsigned NOT NULL,
  name varchar(190) NOT NULL,
  checksum char(64) CHARACTER SET ascii NOT NULL,  -- SHA-256 of the file, hexadecimal
  started_at datetime(6) NOT NULL,
  finished_at datetime(6) DEFAULT NULL,            -- NULL: begun, not finished; runs again
  PRIMARY KEY (number)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Django's. Created only where there is none.
CREATE TABLE auth_user (
  id int NOT NULL AUTO_INCREMENT,
  password varchar(128) NOT NULL,       -- Django's encoding, `algorithm$…`
  last_login datetime(6) DEFAULT NULL,
  is_superuser tinyint(1) NOT NULL,
  username varchar(150) NOT NULL,       -- NFKC
  first_name varchar(150) NOT NULL,
  last_name varchar(150) NOT NULL,
  email varchar(254) NOT NULL,          -- empty: none
  is_staff tinyint(1) NOT NULL,
  is_active tinyint(1) NOT NULL,
  date_joined datetime(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY username (username),
  KEY jwtauthd_email (email)            -- ours; an adopted table has it if its owner added it
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Django's groups. Created only where there are none.
CREATE TABLE auth_group (
  id int NOT NULL AUTO_INCREMENT,
  name varchar(150) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY name (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE auth_user_groups (
  id bigint NOT NULL AUTO_INCREMENT,
  user_id int NOT NULL,
  group_id int NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY user_id (user_id, group_id),
  KEY group_id (group_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Makes two who register one e-mail address at once meet at one row. Tells nothing by itself: whether an
-- address is taken is asked of auth_user.
CREATE TABLE jwtauthd_email_claim (
  claim binary(32) NOT NULL,            -- SHA-256 of the address's WEIGHT_STRING
  user_id bigint NOT NULL,
  PRIMARY KEY (claim),
  KEY user_id (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A login, from its first token to its end. A refresh changes the row and adds none.
CREATE TABLE jwtauthd_session (
  id binary(16) NOT NULL,               -- UUIDv7, the claim `sid`; or what stands for a token without
  user_id bigint NOT NULL,
  created_at datetime(6) NOT NULL,
  last_used_at datetime(6) NOT NULL,    -- login or last refresh
  -- The database's clock; the other times are by those of the hosts.
  changed_at datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  expires_at datetime(6) NOT NULL,      -- absolute
  idle_expires_at datetime(6) NOT NULL, -- end of the current refresh token; purged after it
  address varchar(64) CHARACTER SET ascii NOT NULL,
  user_agent varchar(255) NOT NULL,
  current_jti binary(32) NOT NULL,      -- SHA-256 of the refresh token's jti
  previous_jti binary(32) DEFAULT NULL, -- of its immediate predecessor
  generation bigint NOT NULL,           -- refreshes so far
  revoked_at datetime(6) DEFAULT NULL,  -- NULL: it lives
  revoked_for varchar(32) CHARACTER SET ascii NOT NULL DEFAULT '',
  PRIMARY KEY (id),
  KEY user_id (user_id),
  KEY idle_expires_at (idle_expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What ended before its time, append-only: what every worker polls.
CREATE TABLE jwtauthd_revocation (
  id bigint NOT NULL AUTO_INCREMENT,
  created_at datetime(6) NOT NULL,      -- by the database's clock
  user_id bigint NOT NULL,
  session binary(16) NOT NULL,          -- all zero: the user's tokens without session
  not_before bigint NOT NULL,           -- of those, issued up to this second
  expires bigint NOT NULL,              -- second at which all tokens that it ends are over
  PRIMARY KEY (id),
  KEY created_at (created_at),
  KEY user_id (user_id, session),
  KEY expires (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A user's personal access token, until he deletes it, or it is over and purged.
CREATE TABLE jwtauthd_personal_token (
  id binary(16) NOT NULL,               -- UUIDv7; in jwtauthd_revocation, as a session
  user_id bigint NOT NULL,
  name varchar(100) NOT NULL,           -- what its owner calls it
  token_hash binary(32) NOT NULL,       -- SHA-256 of the token
  hint char(4) CHARACTER SET ascii NOT NULL, -- its last characters
  scope varchar(1000) CHARACTER SET ascii NOT NULL, -- RFC 6749: words, one space between
  created_at datetime(6) NOT NULL,
  expires_at datetime(6) DEFAULT NULL,  -- NULL: never
  last_used_at datetime(6) DEFAULT NULL, -- within ten minutes or so
  PRIMARY KEY (id),
  UNIQUE KEY token_hash (token_hash),
  KEY user_id (user_id),
  KEY expires_at (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Failed logins, for all workers and hosts.
CREATE TABLE jwtauthd_throttle (
  subject binary(32) NOT NULL,          -- SHA-256 of kind and name, or address
  kind char(1) CHARACTER SET ascii NOT NULL, -- n: account, by name; a: address
  failures bigint NOT NULL,             -- in a row
  last_failed_at datetime(6) NOT NULL,
  blocked_until datetime(6) DEFAULT NULL,
  user_id bigint NOT NULL,              -- 0: no account of that name
  address varchar(64) CHARACTER SET ascii NOT NULL, -- of kind a; an IPv6 /64
  PRIMARY KEY (subject),
  KEY last_failed_at (last_failed_at),
  KEY user_id (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What happened to accounts and sessions, append-only.
CREATE TABLE jwtauthd_audit (
  id bigint NOT NULL AUTO_INCREMENT,    -- in no order of commit
  happened_at datetime(6) NOT NULL,
  kind varchar(32) CHARACTER SET ascii NOT NULL,
  user_id bigint NOT NULL,              -- 0: none
  session binary(16) NOT NULL,          -- all zero: none
  address varchar(64) CHARACTER SET ascii NOT NULL,
  request_id varchar(64) CHARACTER SET ascii NOT NULL,
  reason varchar(64) CHARACTER SET ascii NOT NULL,
  PRIMARY KEY (id),
  KEY happened_at (happened_at),
  KEY user_id (user_id),
  KEY address (address),
  KEY kind (kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
