import { loadBackend } from "../../src/backends/builtins.ts";
import { skipWithout } from "../support/needs.ts";
import { bottleContract } from "./bottle-contract.ts";

bottleContract("bubblewrap", () => loadBackend("bubblewrap"), skipWithout("bubblewrap", "perl"));
