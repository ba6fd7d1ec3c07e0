import { NETWORK } from "./chapters/network.ts";
import { CHAPTERS } from "./chapters.ts";
import { smolmachinesContender } from "./contenders/smolmachines.ts";
import { contract } from "./contract.ts";
import { WHOLE } from "./whole.ts";

// The gateway is reached over the inputs and outputs of commands, which come up at once.
contract(smolmachinesContender("1.4.1"), WHOLE ? CHAPTERS : [NETWORK]);
