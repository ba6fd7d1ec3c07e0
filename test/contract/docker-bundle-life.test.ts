import { LIFE } from "./chapters.ts";
import { dockerBundleContender } from "./contenders/docker.ts";
import { contract } from "./contract.ts";

// Beside the other half, since each bottle of an engine takes a second.
contract(dockerBundleContender(), LIFE);
