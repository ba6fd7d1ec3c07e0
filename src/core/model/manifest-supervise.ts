/** What a bottle definition says of supervise. */
export interface SuperviseDefinition {
  /** false: the agent has no MCP server by which it could ask. */
  readonly supervise?: boolean | undefined;
}
