/** The tools of a Responses request, after edge validation. Spec: Responses API, tools. */
import type { JsonObject, UnknownRecord } from '../base/json';

export interface FunctionTool {
  readonly type: 'function';
  readonly name: string;
  readonly description?: string;
  /** A JSON Schema; absent when the client declared none. */
  readonly parameters?: JsonObject;
  readonly strict?: boolean;
}
export interface CustomTool {
  readonly type: 'custom';
  readonly name: string;
  readonly description?: string;
  readonly format?: { readonly type: string; readonly syntax?: string; readonly definition?: string };
}
export interface NamespaceTool {
  readonly type: 'namespace';
  readonly name: string;
  readonly description?: string;
  readonly tools: readonly ResponsesTool[];
}
export interface ToolSearchTool {
  readonly type: 'tool_search';
  /** Only `client` can be bridged: the client searches its own deferred tools. */
  readonly execution: 'client' | 'server';
  readonly description?: string;
  readonly parameters?: JsonObject;
}
export interface WebSearchTool { readonly type: 'web_search'; readonly raw: UnknownRecord }
/** Hosted tools that the client runs itself: local_shell, shell, apply_patch. */
export interface HostedTool { readonly type: 'hosted'; readonly tool: 'local_shell' | 'shell' | 'apply_patch' }
/** A tool that only OpenAI's servers can run (file_search, image_generation, remote MCP …) or one from the future. */
export interface UnsupportedTool { readonly type: 'unsupported'; readonly kind: string }

export interface ToolKinds {
  function: FunctionTool;
  custom: CustomTool;
  namespace: NamespaceTool;
  tool_search: ToolSearchTool;
  web_search: WebSearchTool;
  hosted: HostedTool;
  unsupported: UnsupportedTool;
}
export type ToolKind = keyof ToolKinds;
export type ToolOf<K extends ToolKind = ToolKind> = { [P in K]: { readonly type: P } & ToolKinds[P] }[K];
export type ResponsesTool = ToolOf;

/** A tool named by `tool_choice`: its wire kind, and its name where the kind has one. */
export interface ToolReference { readonly kind: string; readonly name?: string; readonly namespace?: string }

export type ToolChoice =
  | { readonly mode: 'auto' | 'none' | 'required' }
  | { readonly mode: 'named'; readonly tool: ToolReference }
  | { readonly mode: 'allowed'; readonly require: boolean; readonly tools: readonly ToolReference[] };
