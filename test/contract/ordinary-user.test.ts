import { test } from "node:test";
import { skipWithout } from "../support/needs.ts";
import { holdsForOrdinaryUser } from "../support/ordinary-contract.ts";

const skip = skipWithout("bubblewrap", "perl", "ordinary-user");

test("the contract of bubblewrap holds for an ordinary user too", { skip }, () =>
  holdsForOrdinaryUser("bubblewrap.test.ts", false),
);
