/** The table of tool kinds: adding a kind without a codec does not compile. */
import type { ToolKind, ToolOf } from '../wire/responses-request';
import { createCustomWriter, customCodec } from './custom';
import { createFunctionWriter, functionCodec } from './function';
import { createHostedWriter, hostedCodec } from './hosted';
import type { CallKind, CreateCallWriter, OfferContext, ToolCodec } from './kind';
import { createToolSearchWriter, toolSearchCodec } from './tool-search';

const CODECS: { readonly [K in ToolKind]: ToolCodec<K> } = {
  function: functionCodec,
  custom: customCodec,
  namespace: { declare: declareMembers },
  tool_search: toolSearchCodec,
  // Never a function: a search is a setting of the provider (translate/request).
  web_search: { declare: () => undefined },
  hosted: hostedCodec,
  unsupported: {
    declare: (tool, context) =>
      context.note(`dropped tool ${tool.kind}: it runs on OpenAI's servers and has no Chat Completions form`),
  },
};

const WRITERS: { readonly [K in CallKind]: CreateCallWriter } = {
  function: createFunctionWriter,
  custom: createCustomWriter,
  tool_search: createToolSearchWriter,
  local_shell: createHostedWriter,
  shell: createHostedWriter,
  apply_patch: createHostedWriter,
};

/** Declares a tool of any kind through its codec. */
export function declareTool<K extends ToolKind>(tool: ToolOf<K>, context: OfferContext): void {
  const codec: ToolCodec<K> = CODECS[tool.type];
  codec.declare(tool, context);
}

/** A namespace (an MCP server, agents, clocks) offers its tools one by one, under a joined name. */
function declareMembers(tool: ToolOf<'namespace'>, context: OfferContext): void {
  const inner: OfferContext = {
    ...context,
    namespace: { name: tool.name, ...(tool.description !== undefined && { description: tool.description }) },
  };
  for (const member of tool.tools) declareTool(member, inner);
}

/** The writer for a call of any kind. */
export const createCallWriter: CreateCallWriter = (target, place) => WRITERS[target.kind](target, place);
