/** A way to run that was tried and cannot be used; a row below the parity table of docs/backends.md. */
export interface Refused {
  readonly what: string;
  /** What happens to who tries. */
  readonly outcome: string;
  readonly why: string;
  /** Words of the refusal, by which the test knows that it is still this one. */
  readonly words: readonly string[];
  /** The test that shows it; null: it was tried by hand, and nothing here can run it. */
  readonly test: string | null;
}

export const GVISOR: Refused = {
  what: "docker with the runtime `runsc` (gVisor 0.0~20221219, Debian 12)",
  outcome: "the seal check ends the start (SEAL_BROKEN)",
  why: "inside, its kernel tells neither `NoNewPrivs` nor `CapAmb`, says that there is no seccomp filter, and opens netlink families that the filter refuses; newer versions were not tried, and run if they pass the seal check",
  words: ["CapAmb", "NoNewPrivs", "Seccomp", "family_netlink_other"],
  test: "test/e2e/docker/gvisor.test.ts",
};

const PODMAN: Refused = {
  what: "Podman 4.3 by its Docker socket",
  outcome: "no container is made (CREATE_FAILED)",
  why: "it takes no seccomp profile over that socket, and without one no cage is made",
  words: [],
  test: null,
};

export const TRIED_AND_REFUSED: readonly Refused[] = [GVISOR, PODMAN];
