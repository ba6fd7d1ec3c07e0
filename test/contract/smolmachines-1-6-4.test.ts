import { FILES } from "./chapters/files.ts";
import { TERMINAL } from "./chapters/terminal.ts";
import { CHAPTERS } from "./chapters.ts";
import { smolmachinesContender } from "./contenders/smolmachines.ts";
import { contract } from "./contract.ts";
import { WHOLE } from "./whole.ts";

// The first release that hands in a socket; its input travels in files.
contract(smolmachinesContender("1.6.4"), WHOLE ? CHAPTERS : [FILES, TERMINAL]);
