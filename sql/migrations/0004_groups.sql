-- Django's groups, where they are missing: what the gateway tells upstreams, and its rules ask for.
--
-- Column for column what Django 3.2 to 5.2 creates. Its foreign keys are left out: Django adds none to a table
-- that is there, and must be able to alter auth_user. A deleted account takes its memberships with it
-- (src/store/session_ending.cc). A Django site has the tables, and they are left as they are.
CREATE TABLE IF NOT EXISTS auth_group (
  id int NOT NULL AUTO_INCREMENT,
  name varchar(150) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY name (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS auth_user_groups (
  id bigint NOT NULL AUTO_INCREMENT,
  user_id int NOT NULL,
  group_id int NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY user_id (user_id, group_id),
  KEY group_id (group_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
