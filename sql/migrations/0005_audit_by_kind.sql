-- What happened is searched by its kind: of millions of logins, the few lockouts. The primary key is a part of
-- the index, so that they are read in order.
--
-- MySQL has no ADD KEY IF NOT EXISTS. The index is built while rows are added.
SET @jwtauthd_change = IF(
  EXISTS (SELECT 1 FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND
          TABLE_NAME = 'jwtauthd_audit' AND INDEX_NAME = 'kind'),
  'DO 0',
  'ALTER TABLE jwtauthd_audit ADD KEY kind (kind)');
PREPARE jwtauthd_change FROM @jwtauthd_change;
EXECUTE jwtauthd_change;
DEALLOCATE PREPARE jwtauthd_change;
