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
// A compiler that allocates in the background can hang the process for ever while it ends (nodejs/node 54918, 64274).
["concurrent-sparkplug", "maglev-build-code-on-background", "maglev-deopt-data-on-background"].forEach((flag) => {
  require("node:v8").setFlagsFromString("--no-" + flag);
});
require("node:module").enableCompileCache();
require("./start.cjs");
