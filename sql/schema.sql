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

-- Makes two who register one e-mail address at once meet at one row. Tells nothing by itself: whether an
-- address is taken is asked of auth_user.
CREATE TABLE jwtauthd_email_claim (
  claim binary(32) NOT NULL,            -- SHA-256 of the address's WEIGHT_STRING
  user_id bigint NOT NULL,
  PRIMARY KEY (claim),
  KEY user_id (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
