const { BOT_BOTTLE_CONTRACT, BOT_BOTTLE_RECORD } = process.env;

/** All of the contract, as for the record: BOT_BOTTLE_CONTRACT=whole. A usual run leaves out what another column has shown. */
export const WHOLE = BOT_BOTTLE_CONTRACT === "whole" || BOT_BOTTLE_RECORD !== undefined;
