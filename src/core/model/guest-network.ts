/**
 * What a bottle has beside `lo`. `none`: nothing, its gateway listens in its own network namespace. `gateway-only`: one
 * interface, on a network on which there is nothing but the bottle and the sidecar with its gateway.
 */
export type GuestNetwork = "none" | "gateway-only";
