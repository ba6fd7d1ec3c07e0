import { FILES } from "./chapters/files.ts";
import { TERMINAL } from "./chapters/terminal.ts";
import { INSIDE } from "./chapters.ts";
import { smolmachinesContender } from "./contenders/smolmachines.ts";
import { contract } from "./contract.ts";
import { WHOLE } from "./whole.ts";

// The oldest release that makes bottles: its input travels in files.
contract(smolmachinesContender("1.6.4"), WHOLE ? INSIDE : [FILES, TERMINAL]);
