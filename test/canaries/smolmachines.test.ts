/**
 * Holds the real smolvm of this machine to the contract, and says in what it differs from the fake one that the other tests
 * run on. Run by `npm test -- canaries`; never part of the default run. BOT_BOTTLE_SMOLVM names the program,
 * BOT_BOTTLE_SMOLVM_IMAGE a saved image with perl, python3 and util-linux in it.
 */
import { realSmolmachinesContender } from "../contract/contenders/smolmachines.ts";
import { contract } from "../contract/contract.ts";

contract(realSmolmachinesContender());
