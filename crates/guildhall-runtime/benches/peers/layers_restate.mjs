// A graph of 1,000 tasks in layers of 10 as durable steps of Restate.
//
// Starts the service and a server of its own in the folder that is given, runs the graph
// once to warm up and once to measure, and prints the seconds as JSON.

import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";

import * as restate from "@restatedev/restate-sdk";

// The SDK needs what Node 22 brings.
Promise.withResolvers ??= function withResolvers() {
  let resolve;
  let reject;
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};

const LAYERS = 100;
const WIDTH = 10;
const [folder, server] = process.argv.slice(2);

const graph = restate.service({
  name: "graph",
  handlers: {
    run: async (ctx) => {
      for (let layer = 0; layer < LAYERS; layer += 1) {
        const steps = [];
        for (let place = 0; place < WIDTH; place += 1) {
          steps.push(ctx.run(`t${layer}-${place}`, () => 1));
        }
        await restate.RestatePromise.all(steps);
      }
      return LAYERS * WIDTH;
    },
  },
});

async function until(url, options) {
  for (;;) {
    try {
      const response = await fetch(url, options);
      if (response.ok) return response;
    } catch {
      // Not there yet.
    }
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

async function call() {
  const started = performance.now();
  const response = await fetch("http://127.0.0.1:18080/graph/run", { method: "POST" });
  const tasks = await response.json();
  if (tasks !== LAYERS * WIDTH) throw new Error(`${response.status} ${tasks}`);
  return (performance.now() - started) / 1000;
}

await restate.serve({ services: [graph], port: 19080 });
const child = spawn(server, ["--base-dir", folder], {
  stdio: "ignore",
  env: {
    ...process.env,
    RESTATE_INGRESS__BIND_ADDRESS: "127.0.0.1:18080",
    RESTATE_ADMIN__BIND_ADDRESS: "127.0.0.1:19070",
    RESTATE_BIND_ADDRESS: "127.0.0.1:15122",
    RESTATE_LOG_FILTER: "error",
  },
});
try {
  await until("http://127.0.0.1:19070/health");
  await until("http://127.0.0.1:19070/deployments", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ uri: "http://127.0.0.1:19080", use_http_11: false }),
  });
  await call();
  const seconds = await call();
  console.log(JSON.stringify({ seconds, tasks: LAYERS * WIDTH }));
} finally {
  child.kill("SIGKILL");
  await once(child, "exit");
}
process.exit(0);
