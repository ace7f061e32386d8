#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The adapter: a command a line on stdin, a reply a line on stdout (conformance/protocol.md).
import { createInterface } from "node:readline";

import { load } from "./checkpoint.js";
import { Refused } from "./record.js";

const HELLO = { protocol: 1, name: "my-reader", version: "0.1", language: "js", commands: ["load"], features: [] };

function answer(message) {
  switch (message.cmd) {
    case "hello":
      return { ok: HELLO };
    case "bye":
      return { ok: {} };
    case "load":
      try {
        return { ok: load(message.ckpt, message.out) };
      } catch (e) {
        if (e instanceof Refused) return { err: { class: e.cls, rule: e.rule, message: e.message } };
        if (e.syscall) return { err: { class: "environment", rule: "RS-05", message: e.message } };
        throw e;
      }
    default:
      return { err: { class: "unsupported", message: `there is no command ${message.cmd}` } };
  }
}

const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  const message = JSON.parse(line);
  process.stdout.write(JSON.stringify({ seq: message.seq, ...answer(message) }) + "\n");
  if (message.cmd === "bye") break;
}
