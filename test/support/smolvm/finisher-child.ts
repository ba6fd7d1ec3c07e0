/** Gives a guest what it lacks when it has come up, after a `start` of the FAKE smolvm that was told so too early: NAME. */
import { setTimeout as delay } from "node:timers/promises";
import { finish } from "./lifecycle.ts";
import { runningOf, vmOf } from "./machines.ts";
import { knownMachine, machineFolder } from "./store.ts";

const name = process.argv[2] ?? "";
const version = process.env.STAND_IN_VERSION ?? "1.9.3";
while (runningOf(name) === null && vmOf(machineFolder(name)) !== null) await delay(5);
await finish(version, knownMachine(name));
