import type { Toolchain } from "../../model/toolchain.ts";

/** SDKMAN: `candidates/<tool>/current` leads to the version in use, at times by absolute path. */
export const sdkman: Toolchain = {
  name: "sdkman",
  title: "Java of SDKMAN",
  programs: ["java"],
  places: {
    sdkman: { candidates: ["$SDKMAN_DIR", "~/.sdkman"], shows: ["candidates"], lists: ["candidates"] },
  },
  movable: false,
  arrange: ({ sdkman: place }) => {
    const tools = (place?.entries.candidates ?? []).filter((name) => /^[a-z0-9]+$/.test(name)).sort();
    if (place === undefined || tools.length === 0) return "no candidate is installed in it";
    const current = (tool: string) => `${place.guest}/candidates/${tool}/current`;
    return {
      bin: tools.map((tool) => `${current(tool)}/bin`),
      env: { ...(tools.includes("java") ? { JAVA_HOME: current("java") } : {}) },
    };
  },
};
