/** What was learnt about this machine before planning. Gathered by `host/facts`, pure data from there on. */
export interface HostFacts {
  readonly uid: number;
  readonly gid: number;
  readonly user: string;
  readonly home: string;
  readonly platform: string;
  /** As `process.arch`: `x64`, `arm64`. */
  readonly arch: string;
  readonly kernel: string;
  /** Absolute path of each host tool that was found in the system folders, never in workspace, cwd or node_modules. */
  readonly tools: Readonly<Record<string, string>>;
  /** Absolute path of the Node that runs us. */
  readonly node: string;
  readonly cgroup: CgroupFacts;
}

/** How control groups can be made here, if at all. */
export type CgroupFacts =
  | { readonly kind: "v1"; readonly roots: Readonly<Partial<Record<"memory" | "cpu" | "pids", string>>> }
  | { readonly kind: "v2"; readonly root: string }
  | { readonly kind: "systemd"; readonly scope: "user" | "system" }
  | { readonly kind: "none"; readonly why: string };
