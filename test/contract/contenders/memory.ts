import type { Contender } from "../../support/contender.ts";
import { failingTools } from "../../support/failing-tools.ts";
import { createMemoryBackend } from "../../support/memory-backend.ts";
import { programPath } from "../../support/needs.ts";

const backend = createMemoryBackend();
const CALLER = "commands run as the caller";
const PROCESS = "its bottles are known to the process that made them only";
const WORKSHOP = "it has no workshop";

export const memoryContender = (): Contender => ({
  column: "memory, a fake",
  load: async () => backend,
  skip: () => (programPath("perl") === null ? "perl is not installed" : false),
  exempt: {
    "exec-user": CALLER,
    "start-files": `${CALLER}, who may write there`,
    "terminal-none": `${CALLER}, in no namespace of devices`,
    "life-open": PROCESS,
    "faults-calls": "it makes no call that could fail",
    "faults-killed": PROCESS,
    "faults-killed-early": PROCESS,
    "workshop-result": WORKSHOP,
    "workshop-sealed": WORKSHOP,
    "workshop-bounds": WORKSHOP,
    "workshop-tmp": WORKSHOP,
    "workshop-refused": WORKSHOP,
  },
  unconfined: "commands run on the host, without a cage",
  services: "host",
  writable: {},
  spareProcesses: 0,
  interrupt: (nth) => failingTools([], nth),
  census: async (bottle) => backend.census(bottle),
  platform: async () => "in the memory of a test",
  shown: false,
});
