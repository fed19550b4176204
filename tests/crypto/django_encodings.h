// What Django itself wrote, and the password. Made with Django 3.2.25, argon2-cffi 21.1.0 and bcrypt 3.2.2:
// `Hasher().encode(password, salt)` of the class that the row names.
#pragma once

namespace django_encodings {

struct Row {
  const char* made_by;  // "…": the class above
  const char* password;
  const char* encoded;
};

inline constexpr Row rows[] = {
    {"PBKDF2PasswordHasher, its default of 260,000", "Correct-horse-7battery",
     "pbkdf2_sha256$260000$t8eNoqvUpJE5gypnSNpRFM$baZQLDt0DyGoe1DKSFfFCklkB7RQ05n9SHZGvFNDca4="},
    {"… 1,000 iterations, not ASCII", "lètmein ☃ пароль",
     "pbkdf2_sha256$1000$seasalt$X5Lsfg7L+GPzDoVNLsr1wf9ra1SvagbJj3bABFchGFE="},
    {"… a password beyond the block, a salt that is not ASCII",
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012"
     "3456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
     "pbkdf2_sha256$999$søløsalt$QNBy4EdNkT3700KlhS+y838QkDWKO21lcYt7mLqTTiU="},
    {"… one iteration, an empty password", "",
     "pbkdf2_sha256$1$seasalt$7uPyO44geqCt/Nv3ztly1adSqh5hHCYtGPDoMYOOBWU="},
    {"PBKDF2SHA1PasswordHasher", "Correct-horse-7battery",
     "pbkdf2_sha1$2000$BOYLnGAAOcp83ng0DSp28Q$lD9e6Ouqa7K7ylgR2GI1T+dMCHU="},
    {"…", "lètmein ☃ пароль", "pbkdf2_sha1$1$seasalt$a62uB4TMa3i5XzK5KQdvzQUOHno="},
    {"Argon2PasswordHasher, its defaults", "Correct-horse-7battery",
     "argon2$argon2id$v=19$m=102400,t=2,p=8$Qmw1dHZQcWNPdjBrODA2VVd2a2Zubg$4CB3+no3xktRm2tbXFbF4A"},
    {"… memory_cost 512, parallelism 2", "lètmein ☃ пароль",
     "argon2$argon2id$v=19$m=512,t=2,p=2$UDNTZzJXZ3lRUVpXUXZoTGo2V21xYw$pHUqQhafFJkn9Z+uV/LsHA"},
    {"…",
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012"
     "3456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
     "argon2$argon2id$v=19$m=512,t=2,p=2$emVkOWNHTWx2YmVLR1Jva2dFM3lRYw$EHO3vJMaIiWE2xTzxwt6cw"},
    {"… argon2i as Django 1.10 to 3.1 wrote it (argon2-cffi, hash_len 16)", "Correct-horse-7battery",
     "argon2$argon2i$v=19$m=512,t=2,p=2$c29tZXNhbHQxMjM0$ttBJjDdUMS63nQskJJxmvg"},
    {"ScryptPasswordHasher of Django 4.0, the example of Django's own suite", "lètmein",
     "scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/"
     "NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw=="},
    {"… p=5 as Django 5.1 writes it, by Django's formula over hashlib.scrypt", "Correct-horse-7battery",
     "scrypt$16384$Wq3rTg8ZpL0mXc5VbNhJkA$8$5$NjcrUETAcPwqxllSCn6VBs2+"
     "uBkgTsrsYSyiFTzCKXJrZZL0YVzjlRJ2JQf5Xr5aikcTPHjn89yAUvCrAD7bHg=="},
    {"…", "lètmein ☃ пароль",
     "scrypt$2$seasalt$1$1$z/w6IndvPAfyZ5Qp0cLoTfoUXrpsC5vcuw/zs847ieTfwPiQ4rK597HYN16YT878oG9jQY+cYIDhz+3/"
     "ZcH7wg=="},
    {"BCryptSHA256PasswordHasher, its default of 12", "Correct-horse-7battery",
     "bcrypt_sha256$$2b$12$5N8AsDrtAH/UV4mYARIvYesauxZsiYJzyWo8w/pv/qN3Be351TZDu"},
    {"… rounds 4", "lètmein ☃ пароль",
     "bcrypt_sha256$$2b$04$Ld5pG/WVASNh9bRpfpts..cMN8jzD8Mo1izaQgnnRWFkPTqXyeBhO"},
    {"… longer than bcrypt takes",
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012"
     "3456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
     "bcrypt_sha256$$2b$04$Dwsx2K9PCB0Z8L70xSaMQewiye11mqsrtMO9rQcQkl6pjc2eU3OZa"},
    {"BCryptPasswordHasher, rounds 4", "Correct-horse-7battery",
     "bcrypt$$2b$04$RSvY97KnF3Ux2tFtQnYYrOeWbmnCeXBL3h.yJu5FCPDYqnkXNit9y"},
    {"… bytes above 127", "ÿÿ£ lètmein ☃ пароль",
     "bcrypt$$2b$04$zRRCAvVyykCiVKLujm58H.eigaXgTvOtuPr.N3xv1tZdX/ELxSU9i"},
    {"… prefix 2a, as Django wrote with py-bcrypt", "Correct-horse-7battery",
     "bcrypt$$2a$04$esSGoUczZd0ISBLRzDvzUOZ7AfvqwhOkIgkCI38SiPiX9vtCbl.Hu"},
    {"… exactly the 72 bytes that bcrypt takes",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "bcrypt$$2b$04$JlG/gw6j3bPD85pR5Za9pulZLgtFhQ8.yopQEE.cLLMYcbvcs6pTa"},
    {"SHA1PasswordHasher", "Correct-horse-7battery",
     "sha1$cUdfkKPQjrEewlK0u0NPkS$5cb8acb6d068087633fc48c5f17f1950348a7844"},
    {"…", "lètmein ☃ пароль", "sha1$seasalt$c6e69a23de7e48a46b7d5fca48560471e97bd0f2"},
    {"MD5PasswordHasher", "Correct-horse-7battery",
     "md5$393fMIqA0hM82T90RsIFHC$06a92cdacaed21f984fe45acc603e917"},
    {"…", "lètmein ☃ пароль", "md5$seasalt$2dafef9d507d10e63a336f9de5ce7902"},
    {"UnsaltedSHA1PasswordHasher", "Correct-horse-7battery",
     "sha1$$debe81c162cc613a5a9d686ee4cfcb372271da64"},
    {"UnsaltedMD5PasswordHasher", "Correct-horse-7battery", "95f649e7199eefd595a5593b0b5ecdb9"},
    {"… with the marker of Django 1.4", "Correct-horse-7battery", "md5$$95f649e7199eefd595a5593b0b5ecdb9"},
};

inline constexpr const char* unusable = "!OI3AFcvAe1LflWAHy2uY703RUCcyEfTA3N2zqr3r";

}  // namespace django_encodings
