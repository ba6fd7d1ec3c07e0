import { LIFE } from "./chapters.ts";
import { smolmachinesContender } from "./contenders/smolmachines.ts";
import { contract } from "./contract.ts";

contract(smolmachinesContender("1.9.3"), LIFE);
