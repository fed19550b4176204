-- Personal access tokens. Of the token itself only a hash is kept: it has 178 random bits, so that one round
-- of SHA-256 is enough. id is a UUIDv7, by which the feed of what ended tells of it, as of a session's. The
-- index on expires_at is the purge's. As in 0002, no foreign key to auth_user: a row whose user is gone opens
-- nothing, because whoever is let in is looked up there, and is purged.
CREATE TABLE IF NOT EXISTS jwtauthd_personal_token (
  id binary(16) NOT NULL,
  user_id bigint NOT NULL,
  name varchar(100) NOT NULL,
  token_hash binary(32) NOT NULL,
  hint char(4) CHARACTER SET ascii NOT NULL,
  scope varchar(1000) CHARACTER SET ascii NOT NULL,
  created_at datetime(6) NOT NULL,
  expires_at datetime(6) DEFAULT NULL,
  last_used_at datetime(6) DEFAULT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY token_hash (token_hash),
  KEY user_id (user_id),
  KEY expires_at (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
