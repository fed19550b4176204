-- Django's user table where it is missing, and the claims that keep e-mail addresses unique.
--
-- Every statement of every migration can be run again: MySQL commits at each CREATE and ALTER, so one
-- that was interrupted starts anew from its first line.

-- Column for column what Django 3.2 to 5.2 creates. A table that is there already is left as it is.
-- The one index that Django has not is for the question whether an e-mail is taken. Without it that
-- reads the whole table, which is what an adopted Django database does until its owner adds
--   CREATE INDEX jwtauthd_email ON auth_user (email);
CREATE TABLE IF NOT EXISTS auth_user (
  id int NOT NULL AUTO_INCREMENT,
  password varchar(128) NOT NULL,
  last_login datetime(6) DEFAULT NULL,
  is_superuser tinyint(1) NOT NULL,
  username varchar(150) NOT NULL,
  first_name varchar(150) NOT NULL,
  last_name varchar(150) NOT NULL,
  email varchar(254) NOT NULL,
  is_staff tinyint(1) NOT NULL,
  is_active tinyint(1) NOT NULL,
  date_joined datetime(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY username (username),
  KEY jwtauthd_email (email)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Django's auth_user has no unique e-mail, and rows may exist that break it. Whether an address is
-- taken is therefore always asked of auth_user; this table only makes two who register the same
-- address at once meet at one row, on one server or on two nodes of a cluster. One of them waits or is
-- told to begin again, and then sees the other's user. A claim whose user is gone or has another address
-- by now is taken over, so nothing here needs repair after Django's admin has been at work.
-- claim: SHA-256 of the address's WEIGHT_STRING, so that equal means equal in auth_user's collation, and
-- a deleted user's address is not kept.
CREATE TABLE IF NOT EXISTS jwtauthd_email_claim (
  claim binary(32) NOT NULL,
  user_id bigint NOT NULL,
  PRIMARY KEY (claim),
  KEY user_id (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
