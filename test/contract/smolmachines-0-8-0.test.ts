import { NETWORK } from "./chapters/network.ts";
import { TERMINAL } from "./chapters/terminal.ts";
import { CHAPTERS } from "./chapters.ts";
import { smolmachinesContender } from "./contenders/smolmachines.ts";
import { contract } from "./contract.ts";
import { WHOLE } from "./whole.ts";

// The oldest release, with every remedy on.
contract(smolmachinesContender("0.8.0"), WHOLE ? CHAPTERS : [TERMINAL, NETWORK]);
