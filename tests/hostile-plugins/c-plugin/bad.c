/*
 * A plugin that breaks the rules of the boundary: one rule for each switch. Without a
 * switch it keeps them all.
 */
#ifdef LARGER_ENTRY
/* The entry is of a larger type here than the header declares. */
#define guildhall_plugin_v1 entry_as_the_header_declares_it
#include "guildhall.h"
#undef guildhall_plugin_v1
#else
#include "guildhall.h"
#endif

#include <string.h>

#ifdef MARKER /* Path of a file that is made as soon as the library is loaded. */
#include <stdio.h>
__attribute__((constructor)) static void initialiser(void) {
  FILE *file = fopen(MARKER, "a");
  if (file != NULL) {
    fclose(file);
  }
}
#endif

#ifndef ID
#define ID "bad-c-plugin"
#endif
#ifdef BAD_PROTOCOL
#define PROTOCOL "^2"
#else
#define PROTOCOL "^1"
#endif
#ifdef SAYS_ABORT
#define PANIC "abort"
#else
#define PANIC "none"
#endif

#ifdef NOT_JSON
#define JSON "{\"id\": this is no JSON"
#elif defined(BAD_SCHEMA)
#define JSON                                                                             \
  "{\"id\":\"" ID "\",\"version\":\"1.0.0\",\"protocol\":\"" PROTOCOL "\",\"panic\":\"" PANIC \
  "\",\"capabilities\":[{\"name\":\"bad.call\",\"version\":\"1.0.0\",\"input\":"         \
  "{\"type\":\"no-such-type\"}}]}"
#else
#define JSON                                                                             \
  "{\"id\":\"" ID "\",\"version\":\"1.0.0\",\"protocol\":\"" PROTOCOL "\",\"panic\":\"" PANIC \
  "\",\"capabilities\":[{\"name\":\"bad.call\",\"version\":\"1.0.0\"}]}"
#endif

#ifdef GARBAGE_SECTION
GH_IN_SECTION static const char gh_manifest[] = "this is no record of a manifest";
#define MANIFEST_SLICE {(const uint8_t *)gh_manifest, sizeof gh_manifest - 1}
#elif defined(SHORT_SECTION)
GH_IN_SECTION static const char gh_manifest[] = "GHM";
#define MANIFEST_SLICE {(const uint8_t *)gh_manifest, sizeof gh_manifest - 1}
#elif defined(LONG_RECORD)
/* The length in the record goes beyond the section. */
GH_IN_SECTION static const char gh_manifest[] = "GHMANIF\x01\xff\xff\xff\xff\xff\xff\xff\x7f{}";
#define MANIFEST_SLICE {(const uint8_t *)gh_manifest, sizeof gh_manifest - 1}
#elif defined(NO_SECTION)
static const char json[] = JSON;
#define MANIFEST_SLICE {(const uint8_t *)json, sizeof json - 1}
#else
GH_MANIFEST(JSON);
#if defined(OTHER_MANIFEST)
static const char other[] = "{\"id\":\"somebody-else\"}";
#define MANIFEST_SLICE {(const uint8_t *)other, sizeof other - 1}
#elif defined(NULL_MANIFEST)
#define MANIFEST_SLICE {NULL, sizeof(gh_manifest.json) - 1}
#elif defined(ENDLESS_MANIFEST)
#define MANIFEST_SLICE {(const uint8_t *)gh_manifest.json, SIZE_MAX}
#else
#define MANIFEST_SLICE GH_MANIFEST_SLICE
#endif
#endif

static uint32_t answer(GhMessage *out, uint32_t status, const char *json) {
  out->head.ptr = (const uint8_t *)json;
  out->head.len = strlen(json);
  return status;
}

static uint32_t call(void *state, uint32_t operation, const GhCall *call,
                     const GhMessage *request, GhMessage *out) {
  (void)state, (void)call, (void)request, (void)out, (void)answer;
  if (operation != GH_OPERATION_EXECUTE) {
    return GH_STATUS_OK;
  }
#if defined(UNKNOWN_STATUS)
  return 77;
#elif defined(PENDING_STATUS)
  return GH_STATUS_PENDING;
#elif defined(HEAD_NOT_JSON)
  return answer(out, GH_STATUS_OK, "this is no JSON");
#elif defined(HEAD_NOT_UTF8)
  return answer(out, GH_STATUS_OK, "{\"output\":\"\xff\xfe\"}");
#elif defined(HEAD_MISSING)
  return GH_STATUS_OK;
#elif defined(ERROR_NOT_JSON)
  return answer(out, GH_STATUS_ERROR, "this is no error record");
#elif defined(ERROR_MISSING)
  return GH_STATUS_ERROR;
#elif defined(ENDLESS_HEAD)
  answer(out, GH_STATUS_OK, "{}");
  out->head.len = SIZE_MAX;
  return GH_STATUS_OK;
#elif defined(ENDLESS_ATTACHMENTS)
  out->attachments = &out->head;
  out->attachment_count = SIZE_MAX;
  return answer(out, GH_STATUS_OK, "{\"output\":null}");
#elif defined(UNNAMED_ATTACHMENT)
  static GhBlob attachment = {(const uint8_t *)"data", 4, NULL, NULL};
  out->attachments = &attachment;
  out->attachment_count = 1;
  return answer(out, GH_STATUS_OK, "{\"output\":null}");
#elif defined(SHORT_BLOB_VTABLE)
  static GhBlobVtable vtable = {.size = 1};
  answer(out, GH_STATUS_OK, "{\"output\":\"kept\"}");
  out->head.vtable = &vtable;
  return GH_STATUS_OK;
#else
  return answer(out, GH_STATUS_OK, "{\"output\":\"fine\"}");
#endif
}

#if defined(FUTURE_WITHOUT_VTABLE) || defined(FUTURE_WITHOUT_POLL) || \
    defined(NEVER_READY) || defined(UNKNOWN_POLL_STATUS)
/* The state of a future is a pointer to its operation: only tasks go wrong. */
static const uint32_t operations[] = {GH_OPERATION_EXECUTE, GH_OPERATION_START,
                                      GH_OPERATION_STOP};

static uint32_t poll(void *state, const GhWaker *waker, GhMessage *out) {
  (void)waker, (void)out;
  if (*(const uint32_t *)state != GH_OPERATION_EXECUTE) {
    return GH_STATUS_OK;
  }
#ifdef UNKNOWN_POLL_STATUS
  return 99;
#else
  return GH_STATUS_PENDING;
#endif
}

static void drop(void *state) { (void)state; }

static const GhFutureVtable sound_future = {
    .size = sizeof(GhFutureVtable), .poll = poll, .drop = drop};
static const GhFutureVtable future_without_poll = {
    .size = sizeof(GhFutureVtable), .poll = NULL, .drop = drop};

static uint32_t begin(void *state, uint32_t operation, const GhCall *gh_call,
                      const GhMessage *request, GhFuture *out, GhMessage *error) {
  const GhFutureVtable *broken = &sound_future;
#if defined(FUTURE_WITHOUT_VTABLE)
  broken = NULL;
#elif defined(FUTURE_WITHOUT_POLL)
  broken = &future_without_poll;
#endif
  (void)state, (void)gh_call, (void)request, (void)error, (void)future_without_poll;
  out->state = (void *)&operations[operation];
  out->vtable = operation == GH_OPERATION_EXECUTE ? broken : &sound_future;
  return GH_STATUS_OK;
}
#define BEGIN begin
#else
#define BEGIN NULL
#endif

#ifdef NO_FUNCTIONS
#define CALL NULL
#else
#define CALL call
#endif

static const GhInstanceVtable instance = {
#ifdef SHORT_INSTANCE
    .size = 8,
#else
    .size = sizeof(GhInstanceVtable),
#endif
    .begin = BEGIN,
    .call = CALL};

__attribute__((unused)) static uint32_t create(const GhHost *host, GhSlice config,
                                               GhInstance *out, GhMessage *error) {
  (void)host, (void)config, (void)instance, (void)call;
#if defined(CREATE_FAILS)
  (void)out;
  return answer(error, GH_STATUS_ERROR, "{\"code\":\"no-luck\",\"message\":\"it will not\"}");
#elif defined(CREATE_FAILS_SILENTLY)
  (void)out, (void)error;
  return GH_STATUS_ERROR;
#elif defined(CREATE_UNKNOWN_STATUS)
  (void)out, (void)error;
  return 12345;
#elif defined(NO_INSTANCE)
  (void)out, (void)error;
  return GH_STATUS_OK;
#else
  (void)error;
  out->vtable = &instance;
  return GH_STATUS_OK;
#endif
}

#ifdef LARGER_ENTRY
/* A plugin of a later minor version: the entry has grown. */
typedef struct Entry {
  GhEntry known;
  const char *appended;
  size_t more;
} Entry;
GH_EXPORT const Entry guildhall_plugin_v1 = {
    .known = {.size = sizeof(Entry),
              .abi_major = GH_ABI_MAJOR,
              .abi_minor = GH_ABI_MINOR + 7,
              .panic = GH_PANIC_NONE,
              .manifest = MANIFEST_SLICE,
              .create = create},
    .appended = "appended",
    .more = 42};
#else
#if defined(OTHER_MAJOR_SYMBOL)
#define ENTRY guildhall_plugin_v2
#elif defined(NO_ENTRY)
#define ENTRY no_entry_by_this_name
#else
#define ENTRY guildhall_plugin_v1
#endif
GH_EXPORT const GhEntry ENTRY = {
#ifdef SHORT_ENTRY
    .size = 16,
#else
    .size = sizeof(GhEntry),
#endif
#ifdef OTHER_MAJOR_FIELD
    .abi_major = GH_ABI_MAJOR + 1,
#else
    .abi_major = GH_ABI_MAJOR,
#endif
    .abi_minor = GH_ABI_MINOR,
#ifdef ENTRY_SAYS_ABORT
    .panic = GH_PANIC_ABORT,
#else
    .panic = GH_PANIC_NONE,
#endif
    .manifest = MANIFEST_SLICE,
#ifdef NO_CREATE
    .create = NULL
#else
    .create = create
#endif
};
#endif
