/** What a tool call of the model stands for on the client's side: the tool's kind, its exact name and namespace. */

export interface CallTarget {
  readonly kind: 'function' | 'custom' | 'tool_search' | 'local_shell' | 'shell' | 'apply_patch';
  readonly name: string;
  /** The namespace string exactly as the client declared it. */
  readonly namespace?: string;
}
export type CallKind = CallTarget['kind'];
