import { FILES } from "./chapters/files.ts";
import { CHAPTERS } from "./chapters.ts";
import { smolmachinesContender } from "./contenders/smolmachines.ts";
import { contract } from "./contract.ts";
import { WHOLE } from "./whole.ts";

// The first release whose input travels in pipes.
contract(smolmachinesContender("1.8.1"), WHOLE ? CHAPTERS : [FILES]);
