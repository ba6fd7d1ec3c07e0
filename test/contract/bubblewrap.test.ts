import { bubblewrapContender } from "./contenders/bubblewrap.ts";
import { contract } from "./contract.ts";

contract(bubblewrapContender());
