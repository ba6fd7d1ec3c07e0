import { test } from "node:test";
import { skipWithout } from "../support/needs.ts";
import { holdsForOrdinaryUser } from "../support/ordinary-contract.ts";

const skip = skipWithout("docker", "docker-images", "perl", "engine-user");

test("docker-socket.test.ts of the contract holds for an ordinary user who may use the engine", { skip }, () =>
  holdsForOrdinaryUser("docker-socket.test.ts", true),
);
