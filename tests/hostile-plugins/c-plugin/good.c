/*
 * A plugin in plain C: no SDK, no futures, one blocking function.
 *
 *   c.greet   answers, with a line in the log and a report on progress
 *   c.wait    works until it is asked to end
 *   c.echo    gives the attachments back without a copy
 *   c.config  answers with its configuration
 *   c.relay   calls c.greet (or whoever offers it) and waits for the answer
 *   c.ask     asks the host's service "notes" and waits for the answer
 */
#define _POSIX_C_SOURCE 200809L
#include "guildhall.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CAPABILITY(name) "{\"name\":\"" name "\",\"version\":\"1.0.0\"}"

GH_MANIFEST("{\"id\":\"c-plugin\",\"version\":\"1.0.0\",\"protocol\":\"^1\","
            "\"summary\":\"A plugin in C\",\"panic\":\"none\",\"capabilities\":["
            CAPABILITY("c.greet") "," CAPABILITY("c.wait") "," CAPABILITY("c.echo") ","
            CAPABILITY("c.config") "," CAPABILITY("c.relay") "," CAPABILITY("c.ask") "],"
            "\"config\":{\"type\":\"object\",\"required\":[\"name\"],"
            "\"properties\":{\"name\":{\"type\":\"string\"}}}}");

#define SLICE(text) ((GhSlice){(const uint8_t *)(text), sizeof(text) - 1})

/* What an instance knows. */
typedef struct Plugin {
  size_t config_length;
  char config[];
} Plugin;

/* Answers with a constant: a blob without a vtable is copied by the host. */
static uint32_t answer(GhMessage *out, uint32_t status, const char *json) {
  out->head.ptr = (const uint8_t *)json;
  out->head.len = strlen(json);
  return status;
}

static bool asks_for(const GhMessage *request, const char *capability) {
  char wanted[64] = "\"capability\":\"";
  strcat(strcat(wanted, capability), "\"");
  size_t length = strlen(wanted);
  const char *head = (const char *)request->head.ptr;
  for (size_t at = 0; at + length <= request->head.len; at++) {
    if (memcmp(head + at, wanted, length) == 0) {
      return true;
    }
  }
  return false;
}

static uint32_t greet(const GhCall *call, GhMessage *out) {
  call->vtable->log(call->ctx, SLICE("{\"level\":\"info\",\"message\":\"greeting\"}"));
  call->vtable->progress(call->ctx, SLICE("{\"done\":1,\"total\":1}"));
  return answer(out, GH_STATUS_OK, "{\"output\":\"hello from C\"}");
}

static uint32_t wait_for_cancel(const GhCall *call, GhMessage *out) {
  struct timespec pause = {0, 1000000};
  /* Tells the caller that the work has begun. */
  call->vtable->progress(call->ctx, SLICE("{\"done\":0}"));
  while (!call->vtable->is_cancelled(call->ctx)) {
    nanosleep(&pause, NULL);
  }
  return answer(out, GH_STATUS_ERROR,
                "{\"code\":\"cancelled\",\"message\":\"the task was cancelled\"}");
}

/* Blobs of our own: the memory comes from malloc and has one owner at a time, so
 * there is no retain: whoever wants to keep more than the one reference copies. */
static void free_blob(void *owner) { free(owner); }

static const GhBlobVtable own_blob = {
    .size = sizeof(GhBlobVtable), .retain = NULL, .release = free_blob};

static uint32_t echo(const GhMessage *request, GhMessage *out) {
  size_t count = request->attachment_count;
  size_t size = count * sizeof(GhBlob);
  GhBlob *attachments = malloc(size > 0 ? size : 1);
  if (attachments == NULL) {
    return answer(out, GH_STATUS_ERROR, "{\"code\":\"failed\",\"message\":\"no memory\"}");
  }
  for (size_t at = 0; at < count; at++) {
    attachments[at] = request->attachments[at];
    attachments[at].vtable->retain(attachments[at].owner);
  }
  out->attachments = attachments;
  out->attachment_count = count;
  out->storage = (GhBlob){(const uint8_t *)attachments, size, attachments, &own_blob};
  return answer(out, GH_STATUS_OK,
                "{\"output\":null,\"attached\":[{\"name\":\"data\","
                "\"media_type\":\"application/octet-stream\"}]}");
}

static uint32_t tell_config(const Plugin *plugin, GhMessage *out) {
  static const char before[] = "{\"output\":", after[] = "}";
  size_t length = sizeof before - 1 + plugin->config_length + sizeof after - 1;
  char *json = malloc(length + 1);
  if (json == NULL) {
    return answer(out, GH_STATUS_ERROR, "{\"code\":\"failed\",\"message\":\"no memory\"}");
  }
  memcpy(json, before, sizeof before - 1);
  memcpy(json + sizeof before - 1, plugin->config, plugin->config_length);
  memcpy(json + sizeof before - 1 + plugin->config_length, after, sizeof after);
  out->head = (GhBlob){(const uint8_t *)json, length, json, &own_blob};
  return GH_STATUS_OK;
}

/* A waker for a thread that waits: shared by the thread and by whoever kept a clone. */
typedef struct Signal {
  atomic_uint references;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool woken;
} Signal;

static GhWaker clone_signal(const void *data);

static void drop_signal(const void *data) {
  Signal *signal = (Signal *)data;
  if (atomic_fetch_sub(&signal->references, 1) == 1) {
    pthread_cond_destroy(&signal->changed);
    pthread_mutex_destroy(&signal->lock);
    free(signal);
  }
}

static void wake_by_ref(const void *data) {
  Signal *signal = (Signal *)data;
  pthread_mutex_lock(&signal->lock);
  signal->woken = true;
  pthread_cond_signal(&signal->changed);
  pthread_mutex_unlock(&signal->lock);
}

static void wake(const void *data) {
  wake_by_ref(data);
  drop_signal(data);
}

static const GhWakerVtable signal_vtable = {.size = sizeof(GhWakerVtable),
                                            .clone = clone_signal,
                                            .wake = wake,
                                            .wake_by_ref = wake_by_ref,
                                            .drop = drop_signal};

static GhWaker clone_signal(const void *data) {
  atomic_fetch_add(&((Signal *)data)->references, 1);
  return (GhWaker){data, &signal_vtable};
}

static void wait_for(Signal *signal) {
  pthread_mutex_lock(&signal->lock);
  while (!signal->woken) {
    pthread_cond_wait(&signal->changed, &signal->lock);
  }
  signal->woken = false;
  pthread_mutex_unlock(&signal->lock);
}

/* Waits for a future of the host and passes its result on: the reply is an outcome or
 * an error record, as ours is to be. */
static uint32_t wait_for_future(GhFuture future, GhMessage *out) {
  Signal *signal = calloc(1, sizeof(Signal));
  if (signal == NULL) {
    future.vtable->drop(future.state);
    return answer(out, GH_STATUS_ERROR, "{\"code\":\"failed\",\"message\":\"no memory\"}");
  }
  atomic_init(&signal->references, 1);
  pthread_mutex_init(&signal->lock, NULL);
  pthread_cond_init(&signal->changed, NULL);
  GhWaker waker = {signal, &signal_vtable};
  uint32_t status;
  while ((status = future.vtable->poll(future.state, &waker, out)) == GH_STATUS_PENDING) {
    wait_for(signal);
  }
  future.vtable->drop(future.state);
  drop_signal(signal);
  return status;
}

static uint32_t relay(const GhCall *call, GhMessage *out) {
  static const char head[] = "{\"capability\":\"c.greet\",\"input\":null}";
  GhMessage request = {.head = {(const uint8_t *)head, sizeof head - 1, NULL, NULL}};
  GhFuture future = {NULL, NULL};
  if (call->vtable->call(call->ctx, &request, &future) != GH_STATUS_OK) {
    return answer(out, GH_STATUS_ERROR, "{\"code\":\"failed\",\"message\":\"no call\"}");
  }
  return wait_for_future(future, out);
}

static uint32_t ask(const GhCall *call, GhMessage *out) {
  static const char head[] = "{\"service\":\"notes\",\"method\":\"read\",\"input\":{\"line\":1}}";
  GhMessage request = {.head = {(const uint8_t *)head, sizeof head - 1, NULL, NULL}};
  GhFuture future = {NULL, NULL};
  const GhServiceVtable *services =
      call->vtable->extension(call->ctx, SLICE(GH_EXTENSION_SERVICE));
  if (services == NULL || call->vtable->extension(call->ctx, SLICE("guildhall.none/1")) != NULL) {
    return answer(out, GH_STATUS_ERROR,
                  "{\"code\":\"no-such-service\",\"message\":\"the host is too old\"}");
  }
  if (services->request(call->ctx, &request, &future) != GH_STATUS_OK) {
    return answer(out, GH_STATUS_ERROR, "{\"code\":\"failed\",\"message\":\"no request\"}");
  }
  return wait_for_future(future, out);
}

static uint32_t call(void *state, uint32_t operation, const GhCall *call,
                     const GhMessage *request, GhMessage *out) {
  if (operation != GH_OPERATION_EXECUTE) {
    return GH_STATUS_OK;
  }
  if (asks_for(request, "c.greet")) {
    return greet(call, out);
  }
  if (asks_for(request, "c.wait")) {
    return wait_for_cancel(call, out);
  }
  if (asks_for(request, "c.echo")) {
    return echo(request, out);
  }
  if (asks_for(request, "c.config")) {
    return tell_config(state, out);
  }
  if (asks_for(request, "c.relay")) {
    return relay(call, out);
  }
  if (asks_for(request, "c.ask")) {
    return ask(call, out);
  }
  return answer(out, GH_STATUS_ERROR,
                "{\"code\":\"no-such-capability\",\"message\":\"there is no such capability\"}");
}

static void destroy(void *state) { free(state); }

static const GhInstanceVtable instance = {
    .size = sizeof(GhInstanceVtable), .call = call, .destroy = destroy};

static uint32_t create(const GhHost *host, GhSlice config, GhInstance *out,
                       GhMessage *error) {
  (void)host;
  if (config.len == 0) {
    return answer(error, GH_STATUS_ERROR,
                  "{\"code\":\"invalid-input\",\"message\":\"the configuration is missing\"}");
  }
  Plugin *plugin = malloc(sizeof(Plugin) + config.len);
  if (plugin == NULL) {
    return answer(error, GH_STATUS_ERROR, "{\"code\":\"failed\",\"message\":\"no memory\"}");
  }
  plugin->config_length = config.len;
  memcpy(plugin->config, config.ptr, config.len);
  *out = (GhInstance){plugin, &instance};
  return GH_STATUS_OK;
}

GH_EXPORT const GhEntry guildhall_plugin_v1 = {.size = sizeof(GhEntry),
                                               .abi_major = GH_ABI_MAJOR,
                                               .abi_minor = GH_ABI_MINOR,
                                               .panic = GH_PANIC_NONE,
                                               .manifest = GH_MANIFEST_SLICE,
                                               .create = create};
