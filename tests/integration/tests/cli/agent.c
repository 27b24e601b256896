/*
 * An agent in plain C whose manifest the test writes (MANIFEST, a string).
 *
 *   MARKER="path"  a file that is made as soon as the library is loaded
 *   FAILS          its tasks fail
 *   WAITS="path"   its tasks open this named pipe, which the test reads, and work
 *                  until they are asked to end
 */
#define _POSIX_C_SOURCE 200809L
#include "guildhall.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

GH_MANIFEST(MANIFEST);

#ifdef MARKER
__attribute__((constructor)) static void initialiser(void) {
  FILE *file = fopen(MARKER, "a");
  if (file != NULL) {
    fclose(file);
  }
}
#endif

static uint32_t answer(GhMessage *out, uint32_t status, const char *json) {
  out->head.ptr = (const uint8_t *)json;
  out->head.len = strlen(json);
  return status;
}

#ifdef WAITS
static uint32_t carry_out(const GhCall *call, GhMessage *out) {
  struct timespec pause = {0, 1000000};
  FILE *file = fopen(WAITS, "w");
  if (file != NULL) {
    fclose(file);
  }
  while (!call->vtable->is_cancelled(call->ctx)) {
    nanosleep(&pause, NULL);
  }
  return answer(out, GH_STATUS_ERROR,
                "{\"code\":\"cancelled\",\"message\":\"the task was cancelled\"}");
}
#elif defined(FAILS)
static uint32_t carry_out(const GhCall *call, GhMessage *out) {
  (void)call;
  return answer(out, GH_STATUS_ERROR,
                "{\"code\":\"failed\",\"message\":\"no luck today\"}");
}
#else
static uint32_t carry_out(const GhCall *call, GhMessage *out) {
  (void)call;
  return answer(out, GH_STATUS_OK, "{\"output\":\"done in C\"}");
}
#endif

static uint32_t call(void *state, uint32_t operation, const GhCall *context,
                     const GhMessage *request, GhMessage *out) {
  (void)state, (void)request;
  return operation == GH_OPERATION_EXECUTE ? carry_out(context, out) : GH_STATUS_OK;
}

static const GhInstanceVtable instance = {
    .size = sizeof(GhInstanceVtable), .begin = NULL, .call = call};

static uint32_t create(const GhHost *host, GhSlice config, GhInstance *out,
                       GhMessage *error) {
  (void)host, (void)config, (void)error;
  out->vtable = &instance;
  return GH_STATUS_OK;
}

GH_EXPORT const GhEntry guildhall_plugin_v1 = {.size = sizeof(GhEntry),
                                               .abi_major = GH_ABI_MAJOR,
                                               .abi_minor = GH_ABI_MINOR,
                                               .panic = GH_PANIC_NONE,
                                               .manifest = GH_MANIFEST_SLICE,
                                               .create = create};
