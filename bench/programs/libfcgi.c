/* The floor under every FastCGI server: libfcgi as its manual shows it, one thread per connection, and an answer
 * that costs nothing. No token is checked.
 *
 *   libfcgi SOCKET THREADS
 *
 * A kept connection holds its thread while it is idle, so there must be more threads than nginx keeps connections.
 */
#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const char answer[] =
    "Status: 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "Allow: GET, HEAD, OPTIONS\r\n"
    "Vary: Accept\r\n"
    "X-Frame-Options: DENY\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "\r\n"
    "{\"message\":\"Welcome to your dashboard\",\"username\":\"bench0000\"}";

static void *serve(void *listening) {
  FCGX_Request request;
  if (FCGX_InitRequest(&request, *(int *)listening, 0) != 0) exit(1);
  while (FCGX_Accept_r(&request) == 0) {
    /* The one look at the request that a protected route cannot do without. */
    const char *status = FCGX_GetParam("HTTP_AUTHORIZATION", request.envp) ? answer : "Status: 401\r\n\r\n";
    FCGX_PutS(status, request.out);
    FCGX_Finish_r(&request);
  }
  return NULL;
}

int main(int argc, char **argv) {
  const int threads = argc == 3 ? atoi(argv[2]) : 0;
  if (threads < 1) {
    fprintf(stderr, "usage: libfcgi SOCKET THREADS\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  int listening = FCGX_Init() == 0 ? FCGX_OpenSocket(argv[1], 4096) : -1;
  if (listening < 0) return 1;
  pthread_attr_t small; /* of a stack, only the touched pages count */
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 256 * 1024);
  pthread_t thread;
  for (int i = 1; i < threads; i++)
    if (pthread_create(&thread, &small, serve, &listening) != 0) return 1;
  serve(&listening);
  return 0;
}
