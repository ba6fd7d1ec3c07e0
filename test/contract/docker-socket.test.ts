import { INSIDE } from "./chapters.ts";
import { dockerSocketContender } from "./contenders/docker.ts";
import { contract } from "./contract.ts";

contract(dockerSocketContender(), INSIDE);
