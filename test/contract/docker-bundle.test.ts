import { INSIDE } from "./chapters.ts";
import { dockerBundleContender } from "./contenders/docker.ts";
import { contract } from "./contract.ts";

contract(dockerBundleContender(), INSIDE);
