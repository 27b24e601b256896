/*
 * guildhall.h: the boundary between the Guildhall host and a plugin.
 *
 * Generated from crates/guildhall-abi/src/raw.rs; do not edit it by hand.
 * Renew it: GUILDHALL_BLESS=1 cargo test -p guildhall-abi --test header
 *
 * How a plugin is made
 * --------------------
 * A plugin is a shared library that exports one data symbol, `guildhall_plugin_v1`, of
 * the type GhEntry. The symbol's name carries the major version of the boundary.
 * The smallest one:
 *
 *     #include "guildhall.h"
 *
 *     GH_MANIFEST(
 *       "{\"id\":\"my-plugin\",\"version\":\"1.0.0\",\"protocol\":\"^1\",\"panic\":\"none\","
 *       "\"capabilities\":[{\"name\":\"my.answer\",\"version\":\"1.0.0\"}]}");
 *
 *     static uint32_t call(void *state, uint32_t operation, const GhCall *call,
 *                          const GhMessage *request, GhMessage *out) {
 *       static const char answer[] = "{\"output\":42}";
 *       (void)state, (void)call, (void)request;
 *       if (operation == GH_OPERATION_EXECUTE) {
 *         out->head.ptr = (const uint8_t *)answer;
 *         out->head.len = sizeof answer - 1;
 *       }
 *       return GH_STATUS_OK;
 *     }
 *
 *     static const GhInstanceVtable instance = {
 *       .size = sizeof(GhInstanceVtable), .call = call};
 *
 *     static uint32_t create(const GhHost *host, GhSlice config, GhInstance *out,
 *                            GhMessage *error) {
 *       (void)host, (void)config, (void)error;
 *       out->vtable = &instance;
 *       return GH_STATUS_OK;
 *     }
 *
 *     GH_EXPORT const GhEntry guildhall_plugin_v1 = {
 *       .size = sizeof(GhEntry),
 *       .abi_major = GH_ABI_MAJOR,
 *       .abi_minor = GH_ABI_MINOR,
 *       .panic = GH_PANIC_NONE,
 *       .manifest = GH_MANIFEST_SLICE,
 *       .create = create};
 *
 * Built with `cc -std=c11 -fPIC -shared -I DIRECTORY my-plugin.c -o libmy-plugin.so`.
 *
 * The manifest's section
 * ----------------------
 * The host reads the manifest from the file before it runs any code of the plugin.
 * It stands in a section of its own, named `.guildhall.manifest` in ELF files,
 * `__guildhall` (segment `__DATA`) in Mach-O files and `.ghmanif` in PE files:
 *
 *     offset  length  what
 *     0       8       the bytes `GHMANIF\x01`, of which the last is the record's version
 *     8       8       length of the JSON text in bytes, least significant byte first
 *     16      length  the JSON text, UTF-8, without a byte after it
 *
 * GH_MANIFEST writes this record, GH_MANIFEST_SLICE leads to its text. The manifest in
 * the entry must be the same text, byte for byte, else the plugin is refused.
 *
 * The rules
 * ---------
 * - A struct that is read through a pointer begins with `size`, its size in bytes as its
 *   writer knows it. Later versions append fields; a field is read only where `size`
 *   covers it. Whatever is optional is an extension that is found by name.
 * - What is given as an argument is borrowed for that call. To keep a blob, call its
 *   `retain`; where its `vtable` is null, copy the bytes. To keep a GhHost or a GhCall,
 *   copy the struct and call its `retain`.
 * - A blob that is written to an `out` pointer is handed over with one reference. With a
 *   null `vtable` the receiver copies the bytes before it gives control back, so they
 *   may be constants. `out` and `error` are set to zero before the call.
 * - Of an instance's functions one suffices: `begin` for futures, or `call`, which comes
 *   back when the work is done. Any thread may call them, and several at once.
 * - A `call` that runs for long asks `is_cancelled` now and then. Where it ignores a
 *   withdrawn task for longer than the host's grace, the plugin is quarantined.
 * - No exception and no longjmp may cross the boundary.
 * - A failure is GH_STATUS_ERROR with JSON: {"code": "...", "message": "..."}. The code is
 *   made of lower-case words joined by `-`; `help` and `retryable` are optional.
 */

#ifndef GUILDHALL_H
#define GUILDHALL_H

#include <stddef.h>
#include <stdint.h>

/* Makes a definition visible to the host. */
#if defined(_WIN32)
#define GH_EXPORT __declspec(dllexport)
#else
#define GH_EXPORT __attribute__((visibility("default")))
#endif

/* Puts a definition into the manifest's section. */
#if defined(_MSC_VER)
#pragma section(".ghmanif", read)
#define GH_IN_SECTION __declspec(allocate(".ghmanif"))
#elif defined(_WIN32)
#define GH_IN_SECTION __attribute__((section(".ghmanif"), used))
#elif defined(__APPLE__)
#define GH_IN_SECTION __attribute__((section("__DATA,__guildhall"), used))
#else
#define GH_IN_SECTION __attribute__((section(".guildhall.manifest"), used))
#endif

/* One byte of a length, counted from the least significant one. */
#define GH_LENGTH_BYTE(length, at) ((uint8_t)((((uint64_t)(length)) >> (8 * (at))) & 0xff))

/* Defines the manifest's record in its section; `json_text` is a string literal. */
#define GH_MANIFEST(json_text)                                    \
  GH_IN_SECTION static const struct {                             \
    uint8_t magic[8];                                             \
    uint8_t length[8];                                            \
    char json[sizeof(json_text)];                                 \
  } gh_manifest = {                                                \
      {0x47, 0x48, 0x4d, 0x41, 0x4e, 0x49, 0x46, 0x01},           \
      {GH_LENGTH_BYTE(sizeof(json_text) - 1, 0),                  \
       GH_LENGTH_BYTE(sizeof(json_text) - 1, 1),                  \
       GH_LENGTH_BYTE(sizeof(json_text) - 1, 2),                  \
       GH_LENGTH_BYTE(sizeof(json_text) - 1, 3),                  \
       GH_LENGTH_BYTE(sizeof(json_text) - 1, 4),                  \
       GH_LENGTH_BYTE(sizeof(json_text) - 1, 5),                  \
       GH_LENGTH_BYTE(sizeof(json_text) - 1, 6),                  \
       GH_LENGTH_BYTE(sizeof(json_text) - 1, 7)},                 \
      json_text}

/* The text of the record that GH_MANIFEST defined, for the entry. */
#define GH_MANIFEST_SLICE \
  {(const uint8_t *)gh_manifest.json, sizeof(gh_manifest.json) - 1}

/* Name of the extension of a call by which a plugin asks services of the host: where the
 * host has it, GhCallVtable.extension gives a GhServiceVtable. */
#define GH_EXTENSION_SERVICE "guildhall.service/1"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Major version of the boundary; it is part of the name of the entry symbol.
 */
#define GH_ABI_MAJOR 1

/**
 * Minor version of the boundary: fields were appended, none changed.
 */
#define GH_ABI_MINOR 0

/**
 * The call succeeded, or the future is ready with a result.
 */
#define GH_STATUS_OK 0

/**
 * The future is not ready; the waker will be called.
 */
#define GH_STATUS_PENDING 1

/**
 * The call failed, or the future is ready with an error record.
 */
#define GH_STATUS_ERROR 2

/**
 * The other side panicked; the message holds an error record.
 */
#define GH_STATUS_PANICKED 3

/**
 * Carry out a task. Head of the request: a task; of the reply: an outcome.
 */
#define GH_OPERATION_EXECUTE 0

/**
 * Get ready for tasks. Both heads are empty.
 */
#define GH_OPERATION_START 1

/**
 * End the instance's work. Both heads are empty.
 */
#define GH_OPERATION_STOP 2

/**
 * A panic unwinds and is caught inside the plugin.
 */
#define GH_PANIC_UNWIND 0

/**
 * A panic ends the process.
 */
#define GH_PANIC_ABORT 1

/**
 * The plugin's language has no panics.
 */
#define GH_PANIC_NONE 2

/**
 * Log level "trace".
 */
#define GH_LOG_TRACE 0

/**
 * Log level "debug".
 */
#define GH_LOG_DEBUG 1

/**
 * Log level "info".
 */
#define GH_LOG_INFO 2

/**
 * Log level "warn".
 */
#define GH_LOG_WARN 3

/**
 * Log level "error".
 */
#define GH_LOG_ERROR 4

/**
 * Bytes that are borrowed for the duration of one call.
 */
typedef struct GhSlice {
  /**
   * First byte; may be null where `len` is 0.
   */
  const uint8_t *ptr;
  /**
   * Number of bytes.
   */
  size_t len;
} GhSlice;

/**
 * What the owner of a blob's memory offers.
 */
typedef struct GhBlobVtable {
  /**
   * Size of this struct in bytes.
   */
  size_t size;
  /**
   * Adds a reference. Any thread may call it.
   */
  void (*retain)(void *owner);
  /**
   * Drops a reference; the last one frees the bytes. Any thread may call it.
   */
  void (*release)(void *owner);
} GhBlobVtable;

/**
 * Reference-counted bytes. With a null `vtable` they are borrowed for the
 * duration of one call and must be copied to be kept.
 */
typedef struct GhBlob {
  /**
   * First byte; may be null where `len` is 0.
   */
  const uint8_t *ptr;
  /**
   * Number of bytes. They never change while a reference is held.
   */
  size_t len;
  /**
   * Handed to the functions of `vtable`.
   */
  void *owner;
  /**
   * Functions of the owner, or null.
   */
  const struct GhBlobVtable *vtable;
} GhBlob;

/**
 * An encoded head (JSON) and attachments beside it.
 *
 * Given as an argument it is borrowed for the call: a blob that is kept is
 * retained. Written to an `out` pointer it is handed over: the receiver releases
 * the head, each attachment, and `storage`, which owns the array.
 */
typedef struct GhMessage {
  /**
   * The head.
   */
  struct GhBlob head;
  /**
   * First attachment; may be null where there is none.
   */
  const struct GhBlob *attachments;
  /**
   * Number of attachments.
   */
  size_t attachment_count;
  /**
   * Owner of the array of attachments; its bytes are not read.
   */
  struct GhBlob storage;
} GhMessage;

/**
 * Tells the poller of a future that it can make progress. Any thread may use it.
 */
typedef struct GhWaker {
  /**
   * Handed to the functions of `vtable`.
   */
  const void *data;
  /**
   * Functions of the waker.
   */
  const struct GhWakerVtable *vtable;
} GhWaker;

/**
 * Functions of a waker.
 */
typedef struct GhWakerVtable {
  /**
   * Size of this struct in bytes.
   */
  size_t size;
  /**
   * Makes another waker, which must be woken or dropped.
   */
  struct GhWaker (*clone)(const void *data);
  /**
   * Wakes and uses the waker up.
   */
  void (*wake)(const void *data);
  /**
   * Wakes and keeps the waker.
   */
  void (*wake_by_ref)(const void *data);
  /**
   * Drops the waker without waking.
   */
  void (*drop)(const void *data);
} GhWakerVtable;

/**
 * Functions of a future.
 */
typedef struct GhFutureVtable {
  /**
   * Size of this struct in bytes.
   */
  size_t size;
  /**
   * Polls. The waker is borrowed for the call; `out` is written unless the
   * result is pending. Never called again after another result, never by two
   * threads at once, but not always by the same thread.
   */
  uint32_t (*poll)(void *state, const struct GhWaker *waker, struct GhMessage *out);
  /**
   * Asks the future to end soon. May be called during a poll, by any thread,
   * more than once; never during or after drop.
   */
  void (*cancel)(void *state);
  /**
   * Frees the future; never during a poll.
   */
  void (*drop)(void *state);
} GhFutureVtable;

/**
 * Something that will be done.
 */
typedef struct GhFuture {
  /**
   * Handed to the functions of `vtable`.
   */
  void *state;
  /**
   * Functions of the future.
   */
  const struct GhFutureVtable *vtable;
} GhFuture;

/**
 * What a plugin can use during a call.
 */
typedef struct GhCallVtable {
  /**
   * Size of this struct in bytes.
   */
  size_t size;
  /**
   * Adds a reference. Any thread may call it.
   */
  void (*retain)(void *ctx);
  /**
   * Drops a reference. Any thread may call it.
   */
  void (*release)(void *ctx);
  /**
   * 1 once the caller has withdrawn the task, else 0.
   */
  uint32_t (*is_cancelled)(void *ctx);
  /**
   * Tells how far the task is: JSON `{"done", "total"?, "message"?}`. Never blocks.
   */
  void (*progress)(void *ctx, struct GhSlice progress);
  /**
   * Writes a line to the host's log: JSON `{"level", "message", "target"?, "fields"?}`.
   */
  void (*log)(void *ctx, struct GhSlice line);
  /**
   * Calls another agent. Head of the request: JSON `{"capability", "input",
   * "timeout_ms"?, "attached"?}`; of the reply: an outcome or an error record.
   */
  uint32_t (*call)(void *ctx, const struct GhMessage *request, struct GhFuture *out);
  /**
   * A service that is not part of this struct, by name, or null.
   */
  const void *(*extension)(void *ctx, struct GhSlice name);
} GhCallVtable;

/**
 * The services that the host offers a task: what `GhCallVtable.extension` gives for
 * `GH_EXTENSION_SERVICE`. Constant, and valid as long as the process runs.
 */
typedef struct GhServiceVtable {
  /**
   * Size of this struct in bytes.
   */
  size_t size;
  /**
   * Asks a service. `ctx` is the call's. Head of the request: JSON `{"service",
   * "method", "input", "attached"?}`; of the reply: an outcome or an error record.
   */
  uint32_t (*request)(void *ctx, const struct GhMessage *request, struct GhFuture *out);
} GhServiceVtable;

/**
 * What a plugin can use during a call; valid during the call unless retained.
 */
typedef struct GhCall {
  /**
   * Handed to the functions of `vtable`.
   */
  void *ctx;
  /**
   * Functions of the call.
   */
  const struct GhCallVtable *vtable;
} GhCall;

/**
 * What a plugin can use between calls.
 */
typedef struct GhHostVtable {
  /**
   * Size of this struct in bytes.
   */
  size_t size;
  /**
   * Adds a reference. Any thread may call it.
   */
  void (*retain)(void *ctx);
  /**
   * Drops a reference. Any thread may call it.
   */
  void (*release)(void *ctx);
  /**
   * Writes a line to the host's log, as in `GhCallVtable`.
   */
  void (*log)(void *ctx, struct GhSlice line);
  /**
   * 1 where the host keeps lines of this level (one of the `GH_LOG_` values), else 0.
   */
  uint32_t (*log_enabled)(void *ctx, uint32_t level);
  /**
   * A service that is not part of this struct, by name, or null.
   */
  const void *(*extension)(void *ctx, struct GhSlice name);
} GhHostVtable;

/**
 * The host as a plugin sees it; valid during the call unless retained.
 */
typedef struct GhHost {
  /**
   * Handed to the functions of `vtable`.
   */
  void *ctx;
  /**
   * Functions of the host.
   */
  const struct GhHostVtable *vtable;
} GhHost;

/**
 * Functions of an instance. One of `begin` and `call` must be there; a host
 * prefers `begin`.
 */
typedef struct GhInstanceVtable {
  /**
   * Size of this struct in bytes.
   */
  size_t size;
  /**
   * Begins an operation as a future, which is written to `out` unless the
   * result is an error; `error` is written then. Any thread, several at once.
   */
  uint32_t (*begin)(void *state,
                    uint32_t operation,
                    const struct GhCall *call,
                    const struct GhMessage *request,
                    struct GhFuture *out,
                    struct GhMessage *error);
  /**
   * Carries out an operation and comes back when it is done: for plugins
   * without futures. Any thread, several at once.
   */
  uint32_t (*call)(void *state,
                   uint32_t operation,
                   const struct GhCall *call,
                   const struct GhMessage *request,
                   struct GhMessage *out);
  /**
   * Frees the instance; nothing of it runs any more.
   */
  void (*destroy)(void *state);
  /**
   * A service that is not part of this struct, by name, or null.
   */
  const void *(*extension)(void *state, struct GhSlice name);
} GhInstanceVtable;

/**
 * A running agent.
 */
typedef struct GhInstance {
  /**
   * Handed to the functions of `vtable`.
   */
  void *state;
  /**
   * Functions of the instance.
   */
  const struct GhInstanceVtable *vtable;
} GhInstance;

/**
 * The one thing that a plugin exports, as a data symbol named
 * `guildhall_plugin_v1`.
 */
typedef struct GhEntry {
  /**
   * Size of this struct in bytes.
   */
  size_t size;
  /**
   * `GH_ABI_MAJOR` of the plugin.
   */
  uint32_t abi_major;
  /**
   * `GH_ABI_MINOR` of the plugin.
   */
  uint32_t abi_minor;
  /**
   * One of the `GH_PANIC_` values.
   */
  uint32_t panic;
  /**
   * Zero; there for the alignment.
   */
  uint32_t reserved;
  /**
   * The manifest's JSON: the same bytes as in the section.
   */
  struct GhSlice manifest;
  /**
   * Makes an instance from a configuration (JSON; empty for none). `out` is
   * written where the result is `GH_STATUS_OK`, else `error`.
   */
  uint32_t (*create)(const struct GhHost *host,
                     struct GhSlice config,
                     struct GhInstance *out,
                     struct GhMessage *error);
  /**
   * A service that is not part of this struct, by name, or null.
   */
  const void *(*extension)(struct GhSlice name);
} GhEntry;

/* What a plugin defines. */
extern GH_EXPORT const GhEntry guildhall_plugin_v1;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* GUILDHALL_H */
