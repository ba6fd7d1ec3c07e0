import { NETWORK } from "./chapters/network.ts";
import { INSIDE } from "./chapters.ts";
import { smolmachinesContender } from "./contenders/smolmachines.ts";
import { contract } from "./contract.ts";
import { WHOLE } from "./whole.ts";

// The gateway is reached over the inputs and outputs of commands.
contract(smolmachinesContender("1.4.1"), WHOLE ? INSIDE : [NETWORK]);
