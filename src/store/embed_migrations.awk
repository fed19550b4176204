# Writes embedded_migrations.cc from sql/migrations/NNNN_name.sql: awk -f embed_migrations.awk FILES
# Each line of a file becomes one string literal, so that no raw-string delimiter has to be guessed.

function escaped(line) {
  gsub(/\\/, "\\\\", line)
  gsub(/"/, "\\\"", line)
  gsub(/\t/, "\\t", line)
  gsub(/\?/, "\\?", line)  # no trigraphs
  return line
}

BEGIN {
  print "// Made by embed_migrations.awk; do not edit."
  print "#include \"store/migrator.h\"\n"
  print "namespace store {\n"
  print "std::vector<Migration> embedded_migrations() {"
  print "  return {"
}

FNR == 1 {
  if (started) print "      },"
  started = 1
  name = FILENAME
  sub(/.*\//, "", name)
  sub(/\.sql$/, "", name)
  if (name !~ /^[0-9][0-9][0-9][0-9]_[a-z0-9_]+$/) {
    print "embed_migrations.awk: " FILENAME " is not named NNNN_name.sql" > "/dev/stderr"
    failed = 1
    exit 1
  }
  number = substr(name, 1, 4) + 0
  if (number <= last) {
    print "embed_migrations.awk: " FILENAME " is out of order" > "/dev/stderr"
    failed = 1
    exit 1
  }
  last = number
  print "      {" number ", \"" name "\","
}

{ print "       \"" escaped($0) "\\n\"" }

END {
  if (failed) exit 1
  if (started) print "      },"
  print "  };"
  print "}\n"
  print "}  // namespace store"
}
