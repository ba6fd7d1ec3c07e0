import { memoryContender } from "./contenders/memory.ts";
import { contract } from "./contract.ts";

contract(memoryContender());
