/** The method of a proposal about a push: no HTTP request has it. */
export const PUSH_METHOD = "PUSH";
