/**
 * node:http without its module namespace: to make that, Node reads every export, and the getters of WebSocket and its
 * events load the whole undici inside Node, which nothing here uses. 25 ms of each start.
 */
export const http = process.getBuiltinModule("node:http");
