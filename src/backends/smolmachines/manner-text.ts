import { firstWith, type Manner } from "./manner.ts";
import { releaseText } from "./versions.ts";

const NETWORK = "no network, on any release: below 1.1.3 no allow list is enforced, and above one leaves names open";
const WAY = {
  socket: "its unix socket, which smolvm hands in",
  exec: "a command in the machine that is held, whose input and output carry the connections",
} as const;

/** What a plan says of network and gateway; which smolvm will be found is not known yet. */
export const WAYS: readonly string[] = [
  NETWORK,
  `the gateway at 127.0.0.1 inside; from smolvm ${releaseText(firstWith("way"))} on by ${WAY.socket}; below by ${WAY.exec}`,
];

/** PURE: how a release is driven and why, for a person; the way out comes first. */
export function describe(manner: Manner): readonly string[] {
  const below = (key: keyof Manner) => releaseText(firstWith(key));
  const lines: readonly (readonly [keyof Manner, string, string])[] = [
    ["source", "pack", "machines are made from packs, since a saved image can be read"],
    ["input", "files", "what a command reads travels in files, since a pipe carries any length"],
    ["bringUp", "one", "its commands come up one after another, since they may come up at once"],
    ["starts", "one", "machines start one after another, since each says itself that it is up"],
    ["rights", "few", "/tmp lies on the machine's disk and is as large as that, since places of a size can be made"],
    ["sizes", "bridge", "a program of ours tells terminals their size, since smolvm does"],
  ];
  const remedies = lines.flatMap(([key, value, text]) =>
    manner[key] === value ? [`${text} from ${below(key)} on only`] : [],
  );
  const why = manner.way === "exec" ? `, since sockets reach a machine from ${below("way")} on only` : "";
  return ["no network at all", `the gateway by ${WAY[manner.way]}${why}`, ...remedies];
}
