/* A web server that asks one question and does nothing else: what a subrequest takes at the workers' socket, without
 * nginx. One request at a time, on a kept connection, or each on a connection of its own.
 *
 *   question SOCKET kept|anew SECONDS PATH <TOKENS       one access token a line, which take turns
 *   question SOCKET kept COUNT PATH count <TOKENS        so many requests instead
 *
 * PATH is /gateway/ (204 is right) or /api/dashboard/ (200 is). Prints one line of JSON: requests, wrong statuses,
 * p50 and p99 in microseconds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, MOST = 4000000, ROOM = 16384, TOKENS = 100000 };

static unsigned char request[ROOM], answer[ROOM];
static size_t request_size, params_at;
static uint32_t taken[MOST]; /* nanoseconds */
static char *tokens[TOKENS];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int open_connection(const char *path) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  strncpy(name.sun_path, path, sizeof name.sun_path - 1);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof name) != 0) fail(path);
  return fd;
}

static void put_header(size_t at, int type, size_t size) {
  unsigned char header[8] = {1, (unsigned char)type, 0, 1, (unsigned char)(size >> 8), (unsigned char)size, 0, 0};
  memcpy(request + at, header, sizeof header);
}

static void add(const char *name, const char *value) {
  size_t lengths[2] = {strlen(name), strlen(value)};
  for (int i = 0; i < 2; i++) {
    if (lengths[i] > 127)
      for (int shift = 24; shift >= 0; shift -= 8)
        request[request_size++] = (unsigned char)(lengths[i] >> shift | (shift == 24 ? 0x80 : 0));
    else
      request[request_size++] = (unsigned char)lengths[i];
  }
  memcpy(request + request_size, name, lengths[0]);
  memcpy(request + request_size + lengths[0], value, lengths[1]);
  request_size += lengths[0] + lengths[1];
}

/* What nginx/auth-gateway-request.conf, or jwtauthd-fastcgi.conf, has nginx send for a small request. */
static void make_request(const char *token, const char *path, int keep) {
  char bearer[8300];
  snprintf(bearer, sizeof bearer, "Bearer %s", token);
  request_size = 0;
  put_header(0, BEGIN, 8);
  unsigned char body[8] = {0, 1, (unsigned char)keep};
  memcpy(request + 8, body, 8);
  params_at = 16;
  request_size = params_at + 8;
  add("REQUEST_METHOD", "GET");
  add("DOCUMENT_URI", path);
  add("QUERY_STRING", "");
  add("CONTENT_LENGTH", "");
  add("REMOTE_ADDR", "127.0.0.1");
  add("REQUEST_ID", "0123456789abcdef0123456789abcdef");
  if (strcmp(path, "/gateway/") == 0) {
    add("JWTAUTHD_RULE", "/jwtauthd-gateway");
    add("JWTAUTHD_METHOD", "GET");
  }
  add("HTTP_HOST", "127.0.0.1");
  add("HTTP_AUTHORIZATION", bearer);
  put_header(params_at, PARAMS, request_size - params_at - 8);
  put_header(request_size, PARAMS, 0);
  put_header(request_size + 8, STDIN, 0);
  request_size += 16;
}

/* Reads to the end of the answer; whether its status is the right one. */
static int ask(int fd, const char *right) {
  size_t have = 0, at = 0;
  if (write(fd, request, request_size) != (ssize_t)request_size) fail("write");
  for (;;) {
    ssize_t got = read(fd, answer + have, sizeof answer - have);
    if (got <= 0) fail("read");
    have += (size_t)got;
    while (have >= at + 8) {
      size_t size = (size_t)(answer[at + 4] << 8 | answer[at + 5]) + answer[at + 6];
      if (have < at + 8 + size) break;
      if (answer[at + 1] == END) return memcmp(answer + 8, right, strlen(right)) == 0;
      at += 8 + size;
    }
    if (have == sizeof answer) fail("an answer that is too long");
  }
}

static int ascending(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: question SOCKET kept|anew SECONDS PATH <TOKENS\n       question SOCKET kept COUNT PATH count <TOKENS\n");
    return 2;
  }
  size_t number = 0, done = 0, wrong = 0, capacity = 0;
  while (number < TOKENS) {
    char *line = NULL;
    if (getline(&line, &capacity, stdin) <= 0) break;
    capacity = 0;
    line[strcspn(line, "\n")] = '\0';
    tokens[number++] = line;
  }
  const int keep = strcmp(argv[2], "kept") == 0;
  const int counted = argc > 5;
  const size_t count = counted ? (size_t)atol(argv[3]) : MOST;
  const int64_t end = now() + (int64_t)(atof(argv[3]) * 1e9);
  const char *right = strcmp(argv[4], "/gateway/") == 0 ? "Status: 204" : "Status: 200";
  int fd = keep ? open_connection(argv[1]) : -1;
  while (number > 0 && done < count && (counted || now() < end)) {
    make_request(tokens[done % number], argv[4], keep);
    const int64_t begun = now();
    if (!keep) fd = open_connection(argv[1]);
    wrong += !ask(fd, right);
    if (!keep) close(fd);
    taken[done++] = (uint32_t)(now() - begun);
  }
  if (done == 0) return 1;
  qsort(taken, done, sizeof taken[0], ascending);
  printf("{\"requests\":%zu,\"refused\":%zu,\"p50us\":%.2f,\"p99us\":%.2f}\n", done, wrong, taken[done / 2] / 1e3,
         taken[done - 1 - done / 100] / 1e3);
  return 0;
}
