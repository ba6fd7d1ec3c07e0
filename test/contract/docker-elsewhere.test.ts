import { useUnseenFolder } from "../support/docker/unseen-folder.ts";
import { EXEC } from "./chapters/exec.ts";
import { FILES } from "./chapters/files.ts";
import { INSIDE } from "./chapters.ts";
import { dockerElsewhereContender } from "./contenders/docker.ts";
import { contract } from "./contract.ts";
import { WHOLE } from "./whole.ts";

useUnseenFolder();
// Network, walls, limits and terminal are those of a bundle's cage.
contract(dockerElsewhereContender(), WHOLE ? INSIDE : [EXEC, FILES]);
