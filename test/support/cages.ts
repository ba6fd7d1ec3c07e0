import type { Need } from "./needs.ts";

/** What suites that attack from inside have to know of a backend: data, so that no test asks for a name. */
export interface CageKind {
  readonly title: string;
  readonly backend: string;
  readonly needs: readonly Need[];
  /** Socket files that are there: ways to the gateway and nothing else. */
  readonly sockets: readonly string[];
}

export const CAGES: readonly CageKind[] = [
  { title: "bubblewrap", backend: "bubblewrap", needs: ["bubblewrap", "perl"], sockets: [] },
  { title: "docker, socket", backend: "docker", needs: ["docker-images", "perl"], sockets: ["/run/way/socket"] },
];
