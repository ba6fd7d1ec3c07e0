/** Where things are inside every bottle. Known before the bottle exists, so that the plan can name them. */
export const GUEST_HOME = "/home/agent";
export const GUEST_WORKSPACE = "/workspace";
