import { networkInterfaces } from "node:os";

/** Addresses of this host's own interfaces, without zone: no name may lead a bottle to them (attack row 31). */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => address.replace(/%.*$/, ""));
}
