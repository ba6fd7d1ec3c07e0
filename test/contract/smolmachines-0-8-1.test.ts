import { FILES } from "./chapters/files.ts";
import { INSIDE } from "./chapters.ts";
import { smolmachinesContender } from "./contenders/smolmachines.ts";
import { contract } from "./contract.ts";
import { WHOLE } from "./whole.ts";

// The first release whose input travels in pipes.
contract(smolmachinesContender("0.8.1"), WHOLE ? INSIDE : [FILES]);
