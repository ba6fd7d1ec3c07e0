import { FILES } from "./chapters/files.ts";
import { CHAPTERS } from "./chapters.ts";
import { smolmachinesContender } from "./contenders/smolmachines.ts";
import { contract } from "./contract.ts";
import { WHOLE } from "./whole.ts";

// The first release that takes NAME as an option; machines are made from packs.
contract(smolmachinesContender("1.0.2"), WHOLE ? CHAPTERS : [FILES]);
