import { userInfo } from "node:os";

/** Login name of who runs this process; its uid where it has none. */
export function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    // A uid without an entry in the user database, as in many containers.
    return `uid ${process.getuid?.() ?? "?"}`;
  }
}
