/**
 * How long what is done in two steps takes in between, in ms: a file half written, a container not yet running. Some 10s of
 * ms, which a busy machine hides; a test that must see it asks for more.
 */
export const PAUSE_MS = Number(process.env.STAND_IN_PAUSE_MS ?? 40);
