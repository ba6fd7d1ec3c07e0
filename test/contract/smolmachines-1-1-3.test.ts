import { FILES } from "./chapters/files.ts";
import { INSIDE } from "./chapters.ts";
import { smolmachinesContender } from "./contenders/smolmachines.ts";
import { contract } from "./contract.ts";
import { WHOLE } from "./whole.ts";

// The first release whose input travels in pipes.
contract(smolmachinesContender("1.1.3"), WHOLE ? INSIDE : [FILES]);
