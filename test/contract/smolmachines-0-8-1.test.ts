import { TERMINAL } from "./chapters/terminal.ts";
import { CHAPTERS } from "./chapters.ts";
import { smolmachinesContender } from "./contenders/smolmachines.ts";
import { contract } from "./contract.ts";
import { WHOLE } from "./whole.ts";

// The first release that tells terminals their size.
contract(smolmachinesContender("0.8.1"), WHOLE ? CHAPTERS : [TERMINAL]);
