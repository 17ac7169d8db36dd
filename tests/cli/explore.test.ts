import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { it } from "node:test";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { ask } from "../explore/served";
import { MAIN, run } from "./run";

const HEAD = join(__dirname, "..", "..", "models", "neuron_l2_n52_20261122_120000");

it("explore serves until Ctrl-C, and then ends in good order", async (t) => {
  const args = ["--import", require.resolve("tsx"), MAIN, "explore", "--no-open", "--port", "0"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  const address = await new Promise<URL>((done) => {
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      const [url] = output.match(/http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f]{64}/) ?? [];
      if (url) done(new URL(url));
    });
  });
  const { status } = await ask(Number(address.port), { path: address.pathname + address.search });
  assert.equal(status, 200);
  child.kill("SIGINT");
  const [code, signal] = await once(child, "exit");
  assert.deepEqual([code, signal], [0, null], output);
  assert.match(output, /^tslens explore: http:\S+\nCtrl-C ends it\.\n$/);
});

it("explore fails in one line where it cannot start", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  t.after(() => taken.close());
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const folder = temporaryFolder();
  const failures: [args: string[], expected: RegExp][] = [
    [["--port", String(port)], /another program uses this port; found port \d+/],
    [["--port", "http"], /--port is no port; found "http", expected a whole number/],
    [["--port", "65536"], /--port is no port/],
    [
      ["--host", "203.0.113.7", "--port", "0"],
      /this is no address of this machine; found 203\.0\.113\.7/,
    ],
    [[join(folder, "none")], /none: .*there is no/],
    [[folder], /there is no trained head/],
    [[HEAD, "--base", join(folder, "none")], /none/],
  ];
  for (const [args, expected] of failures) {
    const { code, stdout, stderr } = await run("explore", "--no-open", ...args);
    assert.equal(code, 1, args.join(" "));
    assert.equal(stdout, "");
    assert.match(stderr, /^tslens: [^\n]+\n$/);
    assert.match(stderr, expected);
  }
});
