import { useUnseenFolder } from "../support/docker/unseen-folder.ts";
import { FOLDERS } from "./chapters/folders.ts";
import { LIFECYCLE } from "./chapters/lifecycle.ts";
import { dockerElsewhereContender } from "./contenders/docker.ts";
import { contract } from "./contract.ts";

useUnseenFolder();
contract(dockerElsewhereContender(), [LIFECYCLE, FOLDERS]);
