/* LD_PRELOAD: lets one call of the C library fail that touches a folder, or kills the process there.
 *
 * SOAK_FOLDER  only paths in it count, and what was opened by them
 * SOAK_AT      which call, counted from 0; -1: none
 * SOAK_ERRNO   the error, or 0 for kill -9 before the call
 * SOAK_FOREVER 1: all later calls fail, too, as on a disk that was unplugged
 * SOAK_LOG     a file for the calls' names, one a line
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;
static atomic_char tracked[65536];

static int in_folder(const char *path) {
  const char *folder = getenv("SOAK_FOLDER");
  return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_tracked(int fd) { return fd >= 0 && fd < 65536 && atomic_load(&tracked[fd]); }

/* Whether this call is to fail; errno is set then. */
static int fails(const char *name, int counts) {
  if (!counts) return 0;
  long n = atomic_fetch_add(&calls, 1);
  const char *log = getenv("SOAK_LOG"), *at = getenv("SOAK_AT"), *error = getenv("SOAK_ERRNO");
  if (log) {
    int fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    char line[64] = "";
    strcat(strncat(line, name, 60), "\n");
    syscall(SYS_write, fd, line, strlen(line));
    syscall(SYS_close, fd);
  }
  long wanted = at ? atol(at) : -1;
  if (wanted < 0 || (n != wanted && !(n > wanted && getenv("SOAK_FOREVER")))) return 0;
  if (!error || !atoi(error)) {
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) pause();
  }
  errno = atoi(error);
  return 1;
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

static int opened(int fd, int counts) {
  if (fd >= 0 && fd < 65536) atomic_store(&tracked[fd], (char)counts);
  return fd;
}

#define OPEN(name)                                                                       \
  int name(const char *path, int flags, ...) {                                           \
    va_list more;                                                                        \
    va_start(more, flags);                                                               \
    int mode = va_arg(more, int);                                                        \
    va_end(more);                                                                        \
    int counts = in_folder(path);                                                        \
    if (fails("open", counts)) return -1;                                                \
    return opened(REAL(int, #name, const char *, int, int)(path, flags, mode), counts);  \
  }
OPEN(open)
OPEN(open64)

#define ON_FD(type, name, params, types, ...)                                            \
  type name params {                                                                     \
    if (fails(#name, is_tracked(fd))) return -1;                                         \
    return REAL(type, #name, types)(__VA_ARGS__);                                        \
  }
#define COMMA ,
ON_FD(ssize_t, write, (int fd, const void *b, size_t n), int COMMA const void * COMMA size_t, fd, b, n)
ON_FD(ssize_t, writev, (int fd, const struct iovec *v, int n), int COMMA const struct iovec * COMMA int, fd, v, n)
ON_FD(ssize_t, read, (int fd, void *b, size_t n), int COMMA void * COMMA size_t, fd, b, n)
ON_FD(int, fsync, (int fd), int, fd)
ON_FD(int, fdatasync, (int fd), int, fd)
ON_FD(int, ftruncate64, (int fd, off64_t n), int COMMA off64_t, fd, n)

#define ON_PATH(name, params, types, ...)                                                \
  int name params {                                                                      \
    if (fails(#name, in_folder(path))) return -1;                                        \
    return REAL(int, #name, types)(__VA_ARGS__);                                         \
  }
ON_PATH(rename, (const char *path, const char *to), const char * COMMA const char *, path, to)
ON_PATH(unlink, (const char *path), const char *, path)
ON_PATH(mkdir, (const char *path, mode_t mode), const char * COMMA mode_t, path, mode)

/* Deno works on copies of its descriptors. */
#define DUPLICATES(name)                                                                 \
  int name(int fd, int command, ...) {                                                   \
    va_list more;                                                                        \
    va_start(more, command);                                                             \
    void *value = va_arg(more, void *);                                                  \
    va_end(more);                                                                        \
    int found = REAL(int, #name, int, int, ...)(fd, command, value);                     \
    return command == F_DUPFD || command == F_DUPFD_CLOEXEC                              \
      ? opened(found, is_tracked(fd)) : found;                                           \
  }
DUPLICATES(fcntl)
DUPLICATES(fcntl64)

/* A descriptor is forgotten before it can be another file's. */
int close(int fd) {
  if (fd >= 0 && fd < 65536) atomic_store(&tracked[fd], 0);
  return REAL(int, "close", int)(fd);
}
