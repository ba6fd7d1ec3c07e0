import { WALLS } from "./chapters/walls.ts";
import { CHAPTERS } from "./chapters.ts";
import { smolmachinesContender } from "./contenders/smolmachines.ts";
import { contract } from "./contract.ts";
import { WHOLE } from "./whole.ts";

// Machines are made from saved images, and root inside has few rights.
contract(smolmachinesContender("1.1.3"), WHOLE ? CHAPTERS : [WALLS]);
