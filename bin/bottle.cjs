#!/usr/bin/env node
"use strict";
// The published command. This file must parse on every Node since version 4, so that an old one gets a sentence
// instead of a syntax error: no syntax newer than ES2015 here, and nothing is loaded before the version is known.
var version = process.versions.node;
if (Number(version.split(".")[0]) < 24) {
  process.stderr.write("bottle: needs Node 24 or newer, and this is Node " + version + "\n");
  process.exit(4);
}
// With a listener of ours the signal does not open the inspector (attack row 138).
process.on("SIGUSR1", () => {});
// The compilers that work in the background can hang the process for ever while it ends (nodejs/node 54918, 64274).
require("node:v8").setFlagsFromString("--no-maglev");
require("node:v8").setFlagsFromString("--no-concurrent-sparkplug");
require("node:module").enableCompileCache();
require("./start.cjs");
