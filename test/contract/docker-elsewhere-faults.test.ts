import { useUnseenFolder } from "../support/docker/unseen-folder.ts";
import { FAULTS } from "./chapters/faults.ts";
import { dockerElsewhereContender } from "./contenders/docker.ts";
import { contract } from "./contract.ts";

useUnseenFolder();
contract(dockerElsewhereContender(), [FAULTS]);
