/** Builds the sidecar's image as `bottle image build` does; started, and killed, by images.test.ts: REPOSITORY BASE PROGRAM. */
import { engineHere } from "../../../src/backends/docker/engine.ts";
import { imageStore } from "../../../src/backends/docker/images.ts";

const [repository = "", base = "", path = ""] = process.argv.slice(2);
const say = (line: string) => console.log(line);
const options = { base, offline: true, fresh: false, say, signal: new AbortController().signal };
const program = { path, identity: "a program that takes long to send" };
await imageStore(engineHere(), repository).build({ name: "sidecar", program }, options);
